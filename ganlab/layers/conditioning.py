"""The ways that class labels enter networks, by name."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from torch import nn

from ganlab.core.interfaces import Spec
from ganlab.layers.checks import one_of
from ganlab.layers.class_norm import NormLabels
from ganlab.layers.labels import ClassLabels, LabelInput

GENERATOR_MODES = ("concat", "norm")  # beside "none"
DISCRIMINATOR_MODES = ("concat", "projection")


def generator_labels(labels: str, spec: Spec) -> LabelInput:
    """Build the label input of a generator that passes labels to its normalisations; ValueError as `label_specs`."""
    seen = label_specs(labels, spec, *GENERATOR_MODES)
    return NormLabels(seen["norm"]) if labels == "norm" else ClassLabels(seen["concat"])


def label_specs(labels: str | None, spec: Spec, *modes: str) -> dict[str, Spec]:
    """Return what each of a network's ways for labels is to see of the data: the chosen one classes, the others none.

    The first way is the network's own, which None stands for; "none" is always among them. Raises ValueError for
    another way, and for one that the data has no labels for, unless they only join the input.
    """
    one_of("labels", modes[0] if labels is None else labels, (*modes, "none"))
    if labels not in (None, "concat", "none") and not spec.classes:
        raise ValueError(f"labels={labels} needs class labels, but the data is used without; write data.labels=true")
    blind = replace(spec, cond=None, classes=0) if spec.classes else spec
    return {way: spec if way == (labels or modes[0]) else blind for way in modes}


def with_labels(critic: Callable[..., nn.Module], labels: str | None) -> Callable[[Spec], nn.Module]:
    """Tell a critic inside another which way labels enter it; None leaves it its own."""
    return critic if labels is None else partial(critic, labels=labels)
