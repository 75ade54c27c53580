"""The page of the Python API: what `import ganlab` offers, and the base classes of components."""

import ast

from configuration_files import CONF
from markdown_text import cell, code, docstring, join, signature, table
from source_code import Definition, find, public_names, source_link

EXAMPLE = """```python
import ganlab

config = ganlab.compose(["experiment=ring", "iterations=500"])
result = ganlab.train(config)
points = ganlab.load(result.run_dir).sample(1000, seed=1)
```"""
SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Functions", "From a list of settings to a trained generator.", ("compose", "train", "load", "instantiate")),
    ("Results", "What `train` and `load` return.", ("Result", "Sampler")),
    ("Data of a step", "What networks, losses and regularizers receive and return.",
     ("Spec", "Batch", "DiscriminatorOutput", "BatchView", "Random")),
    ("Base classes", "Subclass one of these and write a yaml file for it; the how-to pages show each step.",
     ("AdversarialLoss", "Regularizer", "Augment", "Latent", "Game", "UpdateSchedule", "DataSet", "Metric")),
    ("Errors", "", ("ConfigurationError",)),
)  # fmt: skip
FURTHER: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Further base classes", "Import these from their modules.",
     ("ganlab.data.Distribution", "ganlab.data.PointDataSet", "ganlab.data.MixtureDataSet", "ganlab.data.ImageDataSet",
      "ganlab.data.SequenceDataSet", "ganlab.metrics.ModelMetric", "ganlab.features.Features", "ganlab.ema.EMA",
      "ganlab.lr_schedules.LearningRateSchedule", "ganlab.recovery.Recovery")),
    ("Protocols of networks", "Optional methods of a network that some components use; a network needs no base class.",
     ("ganlab.core.interfaces.ShowsFeatures", "ganlab.core.interfaces.StyleGenerator",
      "ganlab.core.interfaces.SupportsTruncation", "ganlab.core.interfaces.ReportsSettings")),
)  # fmt: skip
INTRODUCTION = """Everything in the first five sections is imported from `ganlab` itself. Names are loaded when they are
first used, so `import ganlab` does not import torch. The how-to pages build a component step by step:
[loss](../howto/loss.md), [regularizer](../howto/regularizer.md), [network](../howto/network.md),
[data set](../howto/data.md), [metric](../howto/metric.md), [callback](../howto/callback.md)."""


def python_page() -> str:
    """Return the page; raises LookupError if ganlab exports a name that no section has."""
    listed = {name for _, _, names in SECTIONS for name in names}
    unlisted = sorted(public_names().keys() ^ listed)
    if unlisted:
        raise LookupError(f"{', '.join(unlisted)}: SECTIONS of scripts/documentation/python_page.py and the names in "
                          "ganlab/__init__.py differ")  # fmt: skip
    lines = ["# Python API", "", EXAMPLE, "", INTRODUCTION, ""]
    for title, text, names in SECTIONS:
        lines += _section(title, text, [find(f"ganlab.{name}") for name in names])
    for title, text, names in FURTHER:
        lines += _section(title, text, [find(name) for name in names])
    return join(lines)


def _section(title: str, text: str, definitions: list[Definition]) -> list[str]:
    lines = [f"## {title}", "", *([text, ""] if text else [])]
    for definition in definitions:
        lines += _entry(definition)
    return lines


def _entry(definition: Definition) -> list[str]:
    name = definition.name.removeprefix("ganlab.") if definition.name.count(".") == 1 else definition.name
    is_class = isinstance(definition.node, ast.ClassDef)
    path = definition.path.relative_to(CONF.parent).as_posix()
    lines = [f"### {name.rpartition('.')[2]}", "", source_link(definition.path, path), ""]
    lines += signature(definition.call)
    lines += docstring(definition.docstring)
    if not is_class:
        return lines
    fields = [
        (code(field.name), code(field.kind), code(field.default), cell(field.comment))
        for field in definition.attributes()
    ]
    if any(comment for *_, comment in fields) or not definition.call.arguments:
        lines += table(("attribute", "type", "default", "meaning"), fields)
    for method in definition.methods():
        lines += [f"#### {name.rpartition('.')[2]}.{method.call.name}", "", *signature(method.call)]
        lines += docstring(method.docstring)
    return lines
