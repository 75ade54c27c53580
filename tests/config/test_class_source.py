"""Docstrings and parameters are read from source files; what is read is not executed."""

import inspect
import sys

import pytest

from ganlab.config import locate
from ganlab.config.class_source import Parameter, find_source


@pytest.mark.parametrize(
    "target",
    [
        *("ganlab.regularizers.R1", "ganlab.generators.DCGAN", "ganlab.protocols.Protocol", "ganlab.data.Ring"),
        *("ganlab.features.auto_features", "ganlab.callbacks.Best", "torch.optim.Adam", "ganlab.losses.Hinge"),
    ],
)
def test_source_and_imported_class_agree(target):
    parameters = inspect.signature(locate(target)).parameters
    source = find_source(target)
    named = [n for n, p in parameters.items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    assert [*source.parameters] == named
    for name, parameter in source.parameters.items():
        default = parameters[name].default
        assert bool(parameter.default) == (default is not inspect.Parameter.empty)
        if isinstance(default, bool | int | float):
            assert float(parameter.default) == default if not isinstance(default, bool) else str(default)
    if target.startswith("ganlab."):  # torch.optim sets its docstrings while it is imported
        assert source.docstring.splitlines()[0] == inspect.getdoc(locate(target)).splitlines()[0]


def test_own_packages_are_read_without_importing_them(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "own_parts"
    package.mkdir()
    (package / "__init__.py").write_text("from .inner import Mine as Renamed\nraise SystemExit(3)\n")
    (package / "inner.py").write_text(
        'class Base:\n    def __init__(self, width: "int" = 3, *rest, name=None, **more): ...\n'
        'class Mine(Base):\n    """What it is."""\n'
    )
    (package / "circle.py").write_text("from own_parts.circle import Loop\n")
    (package / "broken.py").write_text("class (:")
    source = find_source("own_parts.Renamed")
    assert source.docstring == "What it is."
    assert source.parameters == {"width": Parameter("'int'", "3"), "name": Parameter("", "None")}
    (package / "loss.py").write_text("from ganlab import AdversarialLoss\nclass Mine(AdversarialLoss): ...\n")
    assert find_source("own_parts.loss.Mine").parameters == find_source("ganlab.losses.Hinge").parameters
    assert "own_parts" not in sys.modules
    for target in (
        "own_parts.circle.Loop",
        "own_parts.broken.X",
        "own_parts.none.X",
        "own_parts.X",
        "X",
        "",
        "math.pi",
    ):
        assert find_source(target).parameters == {}
