"""Classes of torchmetrics in a configuration: checked by name and settings, built only when training starts."""

import json

import pytest
import torch
import torchmetrics
from support.small_runs import DIGITS, assert_same, go, state

from ganlab.config import compose
from ganlab.core.errors import ConfigurationError, UserError
from ganlab.sweeps.jobs.objectives import score_directions


class Unbuildable(torchmetrics.Metric):
    """Stands for a class that downloads weights."""

    full_state_update = False
    higher_is_better = True

    def __init__(self, quality: int = 1) -> None:
        raise OSError("its weights are not here")

    def update(self, images: torch.Tensor) -> None: ...

    def compute(self) -> torch.Tensor: ...


def node(target, **settings):
    lines = [f"+metric.mine._target_={target}"]
    return [*lines, *(f"+metric.mine.{key}={value}" for key, value in settings.items())]


@pytest.fixture
def _allowed(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", __name__.partition(".")[0])


def sentence_of(lines):
    with pytest.raises(ConfigurationError) as raised:
        compose(lines)
    (sentence,) = raised.value.issues
    return sentence


@pytest.mark.usefixtures("_allowed")
def test_a_check_builds_no_metric_and_training_says_why_it_cannot(tmp_path):
    lines = [*DIGITS, *node(f"{__name__}.Unbuildable", quality=3)]
    config = compose(lines)
    assert config.metric.mine._partial_ is True
    assert score_directions(config)["mine"] is True
    with pytest.raises(UserError, match=r"metric\.mine: Unbuildable cannot be built \(OSError: its weights are not"):
        go(tmp_path, *lines)


@pytest.mark.usefixtures("_allowed")
def test_an_unknown_setting_is_reported_with_a_suggestion():
    sentence = sentence_of([*DIGITS, *node(f"{__name__}.Unbuildable", qualty=3)])
    assert sentence == "metric.mine.qualty: Unbuildable has no such setting; did you mean 'quality'?"


def test_a_setting_that_the_class_would_only_refuse_when_built_is_reported():
    sentence = sentence_of([*DIGITS, *node("torchmetrics.image.fid.FrechetInceptionDistance", feture=64)])
    assert sentence == "metric.mine: FrechetInceptionDistance has no setting 'feture'; did you mean 'feature'?"


def test_a_class_that_compares_with_targets_is_reported():
    sentence = sentence_of([*DIGITS, *node("torchmetrics.image.StructuralSimilarityIndexMeasure")])
    assert "StructuralSimilarityIndexMeasure compares preds with target" in sentence


def test_training_is_the_same_to_the_bit_with_it_and_its_score_is_written(tmp_path):
    lines = [*DIGITS, "evaluate_every=2", "protocol.samples=20", "optimized_metric=mine"]
    scored = go(tmp_path / "with", *lines, *node("torchmetrics.image.TotalVariation", reduction="mean"))
    assert scored.metrics["mine"] > 0
    content = json.loads((tmp_path / "with" / "scores.json").read_text())
    assert content["protocol"]["metrics"]["mine"] == {
        "class": "torchmetrics.image.tv.TotalVariation", "reduction": "mean",
    }  # fmt: skip
    assert content["floor"]["mine"] > 0
    assert content["higher_is_better"]["mine"] is False
    go(tmp_path / "without", *DIGITS)
    assert_same(state(tmp_path / "with"), state(tmp_path / "without"))
