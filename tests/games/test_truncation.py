"""The truncation trick of a run that was trained without it: in Python, for samples, and for scores that tell of it."""

import json

import pytest
import torch
from support.small_runs import DIGITS, POINTS, QUIET, go

import ganlab
from ganlab.analysis.evaluation import evaluate as score
from ganlab.commands.evaluate import main as evaluate
from ganlab.commands.exit_codes import guarded
from ganlab.commands.sample import main as sample
from ganlab.config import compose
from ganlab.config.schema import EVALUATE
from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.games import AdversarialGame
from ganlab.games.sampler import truncate
from ganlab.generators import StyleGAN2
from ganlab.latents import Normal, Truncated, Uniform


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    return go(tmp_path_factory.mktemp("points") / "run", *POINTS).run_dir


def test_latents_keep_within(points):
    sampler = ganlab.load(points, truncation=0.5)
    latents = sampler.game.latent.sample(1000, Random())
    assert 0.49 < latents.abs().max() <= 0.5
    assert not torch.equal(sampler.sample(8), ganlab.load(points).sample(8))
    sampler.game.latent = sampler.game.latent.truncated(2.0)  # what is gone does not come back
    assert sampler.game.latent.sample(1000, Random()).abs().max() <= 0.5


def test_a_threshold_far_out_leaves_the_distribution():
    kept, cut = Normal(3), Normal(3).truncated(50.0)
    assert isinstance(cut, Truncated)
    for latent in (kept, cut):
        numbers = latent.sample(20_000, Random())
        assert abs(float(numbers.std()) - 1) < 0.01
        assert float(numbers.abs().max()) > 3.5


def test_styles_are_drawn_towards_their_average():
    config = compose(["data.resolution=8", "generator=stylegan2", "generator.width=4", "generator.style_size=8"])
    network = StyleGAN2(Spec((1, 8, 8), latent=3), width=4, style_size=8).eval()
    game, latents = ganlab.instantiate(config.game)(Spec((1, 8, 8))), torch.randn(4, 3)
    assert isinstance(game, AdversarialGame)
    whole = network.styles(latents)
    truncate(game, network, 0.25)
    assert torch.allclose(network.styles(latents) - network.average, 0.25 * (whole - network.average), atol=1e-6)
    assert network.score_settings() == {"style_truncation": 0.25}
    assert game.latent.truncation is None
    with pytest.raises(ValueError, match="truncation must be at least 0, got -1"):
        truncate(game, network, -1)


def test_scores_of_truncated_styles_tell_of_it(tmp_path):
    go(tmp_path, *QUIET, "data.resolution=8", "generator=stylegan2", "generator.width=4", "generator.style_size=8",
       "discriminator=mlp", "discriminator.widths=[8]", "iterations=1", "batch_size=8")  # fmt: skip
    told = {}
    for truncation in ("null", "0.3"):
        config = compose([f"run={tmp_path}", "metric=[fid]", "features=random", f"truncation={truncation}",
                          "protocol.samples=20", "protocol.repeats=1"], (), EVALUATE)  # fmt: skip
        told[truncation] = score(config).content
    assert told["null"]["protocol_hash"] != told["0.3"]["protocol_hash"]
    assert told["0.3"]["protocol"]["style_truncation"] == 0.3
    assert told["0.3"]["protocol"]["weights"] == "ema"


def test_latents_without_tails_are_refused():
    with pytest.raises(ValueError, match="latents of Uniform have no tails to cut off; leave truncation out"):
        Uniform(3).truncated(1.0)


def test_the_sample_command(points, tmp_path, capsys):
    assert guarded(sample, [f"run={points}", "n=3", "truncation=0.5", f"output={tmp_path / 'out'}"]) == 0
    assert guarded(sample, [f"run={points}", "truncation=little"]) == 2
    assert guarded(sample, [f"run={points}", "truncation=-1"]) == 2
    said = capsys.readouterr().err
    assert "truncation must be a number, got 'little'" in said
    assert "truncation=-1: threshold must be above 0, got -1" in said


def test_scores_tell_of_it_and_have_a_file_of_their_own(tmp_path, capsys):
    run = go(tmp_path / "run", *DIGITS).run_dir
    lines = ["metric=[fid]", "protocol.samples=60", "protocol.repeats=1"]
    assert guarded(evaluate, [f"run={run}", *lines, "truncation=0.5"]) == 0
    assert guarded(evaluate, [f"run={run}", *lines]) == 0
    cut, whole = (
        json.loads((run / "evaluations" / f"{name}.json").read_text())
        for name in ("standard_truncation0.5", "standard")
    )
    assert (cut["protocol"]["truncation"], whole["protocol"]["truncation"]) == (0.5, None)
    assert cut["scores"]["fid"] != whole["scores"]["fid"]
    assert guarded(evaluate, ["real=x", "fake=y", "truncation=0.5"]) == 2
    assert "truncation=0.5 is for a run: run=DIR; drop it" in capsys.readouterr().err
