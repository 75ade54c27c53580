"""Metrics of the way back: closed forms, and a run that trains, scores, saves samples and exports."""

import json

import pytest
import torch
from support.config_issues import issues_of
from support.image_pairs import PAIRS, ImagePairs, PairDiscriminator
from support.metric_contexts import assert_unchanged, build_context
from support.small_runs import go
from torch import nn

import ganlab
from ganlab.augments import Identity as NoAugmentation
from ganlab.core.interfaces import Spec
from ganlab.data import normalize
from ganlab.features import Identity, RandomConvolution
from ganlab.games import CycleGAN, Regression
from ganlab.latents import NoLatents
from ganlab.losses import LeastSquares
from ganlab.metrics import CycleError, ReverseFID
from ganlab.metrics.frechet import rows_distance
from ganlab.metrics.metric import UnsuitableMetricError
from ganlab.regularizers import PixelL1


class Scaled(nn.Module):
    """Multiplies its condition by a weight."""

    def __init__(self, spec, factor=1.0):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor))

    def forward(self, latents, cond):
        return self.factor * cond


@pytest.fixture
def data():
    return ImagePairs(paired=False, count=60)


def context_of(data, there=1.0, back=1.0):
    game = CycleGAN(data.spec, Scaled, PairDiscriminator, LeastSquares(), {}, NoAugmentation(), NoLatents())
    with torch.no_grad():
        game.generators.to_target.factor.fill_(there)
        game.generators.to_source.factor.fill_(back)
    test = normalize(data.batch(data.split("test"), None))
    return build_context(game, data.spec, RandomConvolution(data), test=test), test


@pytest.mark.parametrize(
    ("there", "back", "expected"), [(1.0, 1.0, 0.0), (0.5, 2.0, 0.0), (0.5, 1.0, 0.5), (-1.0, 1.0, 2.0)]
)
def test_the_cycle_error_of_scaling_has_a_closed_form(data, there, back, expected):
    context, test = context_of(data, there, back)
    with assert_unchanged(context.game):
        score = CycleError(context.features, data).measure(context)["cycle_error"]
    assert score == pytest.approx(expected * test.cond.abs().mean().item() / 2, abs=1e-6)


def test_the_reverse_distance_is_that_of_translated_targets_and_real_sources(data):
    context, test = context_of(data, back=-1.0)
    score = ReverseFID(context.features, data).measure(context)["reverse_fid"]
    features = context.features
    sources, targets = (((x + 1) * 127.5).round().to(torch.uint8) for x in (test.cond, -test.sample))
    assert score == pytest.approx(rows_distance(features(sources).features, features(targets).features), abs=1e-6)
    # A source is the negative of a target, here in another order, so the two sets of pictures are the same.
    identity, _ = context_of(data, back=1.0)
    assert score < ReverseFID(features, data).measure(identity)["reverse_fid"]


def test_other_games_and_other_data_are_refused(data, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    for metric in ("cycle_error", "reverse_fid"):
        (issue,) = issues_of(*PAIRS, f"metric=[{metric}]")
        assert issue == (
            f"metric={metric} requires a translation of samples back to conditions, which AdversarialGame does not "
            f"have; remove {metric} from metric"
        )
    game = Regression(data.spec, Scaled, {"pixel_l1": PixelL1()}, NoLatents())
    for kind in (CycleError, ReverseFID):
        with pytest.raises(UnsuitableMetricError, match="which Regression does not have"):
            kind(RandomConvolution(data), data).measure(build_context(game, data.spec, RandomConvolution(data)))
        with pytest.raises(UnsuitableMetricError, match="needs data whose conditions are images"):
            kind(Identity(type("Points", (), {"spec": Spec((2,))})()), type("Points", (), {"spec": Spec((2,))})())
    other = ImagePairs(paired=False, source_channels=1)
    with pytest.raises(UnsuitableMetricError, match="sources have 1 channels and targets 3"):
        ReverseFID(RandomConvolution(other), other)


@pytest.mark.parametrize("game", ["cyclegan", "cut", "regression"])
def test_a_run_trains_scores_draws_and_exports(tmp_path, monkeypatch, game):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    lines = [line for line in PAIRS if not line.startswith("callback=")]
    metrics = "fid,cycle_error,reverse_fid" if game == "cyclegan" else "fid"
    folder = tmp_path / "run"
    more = ["+data.paired=false"] if game != "regression" else ["regularizer=[pixel_l1]"]
    go(
        folder, *lines, *more, f"game={game}", f"metric=[{metrics}]", "evaluate_every=3", "sample_every=3",
        "checkpoint_every=3", "protocol.samples=4", "protocol.split=test", "protocol.selection_split=validation",
    )  # fmt: skip
    scores = json.loads((folder / "scores.json").read_text())["scores"]
    assert scores.keys() >= set(metrics.split(","))
    assert all(value >= 0 for value in scores.values())
    assert list((folder / "samples").iterdir())
    sampler = ganlab.load(folder)
    sources = normalize(ImagePairs().batch(torch.arange(3), None)).cond
    assert sampler.sample(3, cond=sources).shape == (3, 3, 8, 8)
    if game == "cyclegan":
        assert sampler.game.translate_back(sources, sampler.network).shape == (3, 3, 8, 8)
