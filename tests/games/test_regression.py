"""A generator whose regularizers are its loss: terms, players, and everything that usually asks for a discriminator."""

import json

import pytest
import torch
from support.config_issues import issues_of
from support.image_pairs import PAIRS, ImagePairs, Translator
from support.small_runs import go, rows, state

import ganlab
from ganlab.core.errors import UserError
from ganlab.core.interfaces import Regularizer
from ganlab.data import normalize
from ganlab.games import Regression
from ganlab.latents import NoLatents
from ganlab.regularizers import R1, FeatureMatching, PixelL1, PixelL2, TopK, TotalVariation

REGRESSION = [*PAIRS, "game=regression", "regularizer=[pixel_l1]"]
# The data set has no conditions, so samples and scores need none.
UNCONDITIONAL = [
    "data=digits", "data.resolution=8", "generator=mlp", "generator.widths=[8]", "latent.size=4", "features=identity",
    "game=regression", "regularizer=[total_variation]", "iterations=4", "batch_size=8", "trainer=cpu", "log_every=2",
    "sample_every=2", "evaluate_every=2", "checkpoint_every=2", "protocol.samples=64", "metric=[fid]",
    "callback.collapse_monitor.warm_up_steps=1", "callback.collapse_monitor.every=2",
    "callback.collapse_monitor.diversity=0",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _allow(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")


def build(**terms):
    torch.manual_seed(0)
    return Regression(ImagePairs().spec, Translator, terms, NoLatents())


def pairs(count=8):
    return normalize(ImagePairs().batch(torch.arange(count), None))


def test_the_loss_is_the_weighted_distance_between_output_and_target():
    game, batch = build(pixel_l1=PixelL1(10.0), lazy=TotalVariation(2.0, every=3)), pairs()
    expected = 10 * (game.generator(None, batch.cond) - batch.sample).abs().mean()
    losses = [game.losses("generator", batch, step) for step in range(4)]
    assert [list(terms) for terms in losses] == [["pixel_l1", "lazy"], ["pixel_l1"], ["pixel_l1"], ["pixel_l1", "lazy"]]
    torch.testing.assert_close(losses[1]["pixel_l1"], expected)
    assert game.players().keys() == {"generator"}


def test_training_lowers_the_loss_and_logs_the_generator_alone(tmp_path):
    go(tmp_path / "run", *REGRESSION, "iterations=30", "optimizer.generator.lr=0.02")
    logged = rows(tmp_path / "run")
    assert float(logged[-1]["generator/pixel_l1"]) < 0.7 * float(logged[0]["generator/pixel_l1"])
    assert not [name for name in logged[0] if name.startswith("discriminator")]


def test_a_resumed_run_is_the_uninterrupted_one(tmp_path):
    go(tmp_path / "half", *REGRESSION, "iterations=3")
    go(tmp_path / "half", *REGRESSION)
    go(tmp_path / "whole", *REGRESSION)
    first, second = (state(tmp_path / name) for name in ("half", "whole"))
    assert first.keys() == second.keys()
    assert all(torch.equal(value, second[name]) for name, value in first.items() if torch.is_tensor(value))


def test_everything_around_a_run_works_without_a_discriminator(tmp_path):
    go(tmp_path / "run", *UNCONDITIONAL)
    folder = tmp_path / "run"
    assert json.loads((folder / "scores.json").read_text())["scores"]["fid"] >= 0
    assert list((folder / "samples").iterdir())
    sampler = ganlab.load(folder)
    assert sampler.sample(3).shape == (3, 1, 8, 8)
    with pytest.raises(UserError, match=r"^Regression has no discriminator$"):
        _ = sampler.discriminator


def test_metrics_of_a_discriminator_are_refused():
    (issue,) = issues_of(*REGRESSION, "metric=[discriminator_gap]")
    assert issue == (
        "metric=discriminator_gap requires a discriminator of single samples, which Regression does not have; remove "
        "discriminator_gap from metric"
    )


def test_a_discriminator_that_is_not_used_is_not_checked():
    lines = [line for line in REGRESSION if not line.startswith("discriminator.")]
    assert issues_of(*lines, "discriminator=dirac", "game=adversarial")  # it reads numbers, not images
    assert "discriminator" not in ganlab.compose([*lines, "discriminator=dirac"]).game


def test_terms_of_the_discriminator_are_left_out():
    assert list(build(pixel_l1=PixelL1(), r1=R1()).terms()) == ["pixel_l1"]
    ganlab.compose([*REGRESSION, "regularizer=[pixel_l1,r1,instance_noise]"])  # raises nothing


@pytest.mark.parametrize("term", [FeatureMatching(), TopK()], ids=lambda term: type(term).__name__)
def test_terms_of_the_generator_that_read_the_discriminator_are_refused(term):
    with pytest.raises(ValueError, match="Regression has no discriminator, which some regularizers need; remove other"):
        build(pixel_l1=PixelL1(), other=term)


@pytest.mark.parametrize("terms", [{}, {"pixel_l2": PixelL2(every=2)}])
def test_without_a_term_at_every_update_there_is_no_loss(terms):
    with pytest.raises(ValueError, match=r"at least one must act at every update, got (none|pixel_l2)"):
        build(**terms)


def test_a_term_that_reads_the_discriminator_anyway_ends_in_a_sentence():
    class Reads(Regularizer):
        player = "generator"

        def penalty(self, view):
            return view.on_fake.logits

    with pytest.raises(UserError, match="Regression has no discriminator, which a regularizer reads"):
        build(reads=Reads(1.0)).losses("generator", pairs(), 0)


def test_an_adversarial_run_starts_from_the_weights_of_a_regression(tmp_path):
    go(tmp_path / "first", *REGRESSION)
    go(tmp_path / "second", *PAIRS, f"init_from={tmp_path / 'first'}", "iterations=1", "optimizer.generator.lr=1e-9")
    weight = state(tmp_path / "second")[".state_dict.game.generator.first.weight"]
    torch.testing.assert_close(weight, ganlab.load(tmp_path / "first").network.first.weight, rtol=0, atol=1e-6)
