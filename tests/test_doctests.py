"""The examples in docstrings give the results that they show."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import ganlab

ROOT = Path(ganlab.__file__).parent
MODULES = [
    ".".join(("ganlab", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
    for path in sorted(ROOT.rglob("*.py"))
    if ">>>" in path.read_text()
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_give_the_shown_results(name, capsys):
    results = doctest.testmod(import_module(name))
    assert results.attempted, f"{name} contains >>>, but no example in a docstring"
    assert not results.failed, capsys.readouterr().out


def test_base_classes_have_an_example():
    classes = [
        *(ganlab.AdversarialLoss, ganlab.Augment, ganlab.Game, ganlab.Latent, ganlab.Regularizer),
        *(ganlab.UpdateSchedule, import_module("ganlab.ema").EMA, import_module("ganlab.recovery").Recovery),
        import_module("ganlab.lr_schedules").LearningRateSchedule,
    ]
    for kind in classes:
        assert ">>> class" in kind.__doc__, f"{kind.__name__} has no example of a subclass"
