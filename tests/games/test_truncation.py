"""The truncation trick on a trained run: in Python, in `ganlab sample`, and in scores, which report it."""

import json

import pytest
import torch
from support.small_runs import DIGITS, POINTS, QUIET, go

import ganlab
from ganlab.analysis.evaluation import evaluate
from ganlab.commands.evaluate import main as evaluate_command
from ganlab.commands.exit_codes import guarded
from ganlab.commands.sample import main as sample_command
from ganlab.config import compose
from ganlab.config.schema import EVALUATE
from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.games import AdversarialGame
from ganlab.games.truncation import truncate
from ganlab.generators import StyleGAN2
from ganlab.latents import Normal, Truncated, Uniform


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    return go(tmp_path_factory.mktemp("points") / "run", *POINTS).run_dir


def test_truncated_latents_stay_within_the_threshold(points):
    sampler = ganlab.load(points, truncation=0.5)
    latents = sampler.game.latent.sample(1000, Random())
    assert 0.49 < latents.abs().max() <= 0.5
    assert not torch.equal(sampler.sample(8), ganlab.load(points).sample(8))
    sampler.game.latent = sampler.game.latent.truncated(2.0)  # a larger threshold has no effect afterwards
    assert sampler.game.latent.sample(1000, Random()).abs().max() <= 0.5


def test_a_large_threshold_leaves_the_distribution_unchanged():
    normal, truncated = Normal(3), Normal(3).truncated(50.0)
    assert isinstance(truncated, Truncated)
    for latent in (normal, truncated):
        numbers = latent.sample(20_000, Random())
        assert abs(float(numbers.std()) - 1) < 0.01
        assert float(numbers.abs().max()) > 3.5


def test_styles_are_scaled_towards_their_average():
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


def test_scores_report_truncated_styles(tmp_path):
    go(tmp_path, *QUIET, "data.resolution=8", "generator=stylegan2", "generator.width=4", "generator.style_size=8",
       "discriminator=mlp", "discriminator.widths=[8]", "iterations=1", "batch_size=8")  # fmt: skip
    results = {}
    for truncation in ("null", "0.3"):
        config = compose([f"run={tmp_path}", "metric=[fid]", "features=random", f"truncation={truncation}",
                          "protocol.samples=20", "protocol.repeats=1"], (), EVALUATE)  # fmt: skip
        results[truncation] = evaluate(config).content
    assert results["null"]["protocol_hash"] != results["0.3"]["protocol_hash"]
    assert results["0.3"]["protocol"]["style_truncation"] == 0.3
    assert results["0.3"]["protocol"]["weights"] == "ema"


def test_latents_without_tails_are_refused():
    with pytest.raises(ValueError, match="latents of Uniform have no tails to cut off; leave truncation out"):
        Uniform(3).truncated(1.0)


def test_the_sample_command(points, tmp_path, capsys):
    assert guarded(sample_command, [f"run={points}", "n=3", "truncation=0.5", f"output={tmp_path / 'out'}"]) == 0
    assert guarded(sample_command, [f"run={points}", "truncation=little"]) == 2
    assert guarded(sample_command, [f"run={points}", "truncation=-1"]) == 2
    message = capsys.readouterr().err
    assert "truncation must be a number, got 'little'" in message
    assert "truncation=-1: threshold must be above 0, got -1" in message


def test_scores_report_truncated_latents_in_a_separate_file(tmp_path, capsys):
    run = go(tmp_path / "run", *DIGITS).run_dir
    settings = ["metric=[fid]", "protocol.samples=60", "protocol.repeats=1"]
    assert guarded(evaluate_command, [f"run={run}", *settings, "truncation=0.5"]) == 0
    assert guarded(evaluate_command, [f"run={run}", *settings]) == 0
    truncated, full = (
        json.loads((run / "evaluations" / f"{name}.json").read_text())
        for name in ("standard_truncation0.5", "standard")
    )
    assert (truncated["protocol"]["truncation"], full["protocol"]["truncation"]) == (0.5, None)
    assert truncated["scores"]["fid"] != full["scores"]["fid"]
    assert guarded(evaluate_command, ["real=x", "fake=y", "truncation=0.5"]) == 2
    assert "truncation=0.5 applies only to a run (run=DIR); remove it" in capsys.readouterr().err
