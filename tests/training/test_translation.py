"""A generator whose condition is an image: training, exact resume, scores, samples and the exported generator."""

import json

import numpy as np
import pytest
import torch
from support.small_runs import QUIET, assert_same, composed, state

import ganlab
from ganlab.commands.evaluate import main as evaluate
from ganlab.commands.exit_codes import guarded
from ganlab.commands.plot import main as plot
from ganlab.commands.sample import main as sample
from ganlab.core.errors import ConfigurationError
from ganlab.training.api import train

PACKAGE = "support.negatives"


def run(directory, *overrides, latent="NoLatents", **settings):
    config = composed(*QUIET, "features=identity", "regularizer=[]", "batch_size=10", *overrides)
    config.latent = {"_target_": f"ganlab.latents.{latent}"}
    config.data = {"_target_": f"{PACKAGE}.Negatives", **settings}
    config.generator = {"_target_": f"{PACKAGE}.OneConvolution", "_partial_": True}
    config.discriminator = {"_target_": f"{PACKAGE}.PairDiscriminator", "_partial_": True}
    config.run_dir = str(directory)
    return train(config)


@pytest.fixture(autouse=True)
def allowed(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_ALLOW", "support")
        yield run(tmp_path_factory.mktemp("pairs") / "run", "iterations=6", "metric=[fid]", "sample_every=3").run_dir


def test_a_resumed_run_equals_one_without_a_stop(tmp_path):
    run(tmp_path / "whole", "iterations=6")
    run(tmp_path / "parts", "iterations=3")
    run(tmp_path / "parts", "iterations=6")
    assert_same(state(tmp_path / "whole"), state(tmp_path / "parts"))


def test_noise_images_train_too(tmp_path):
    directory = run(tmp_path / "run", "iterations=2", latent="NoiseImage").run_dir
    assert ganlab.load(directory).spec.latent == 64


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        (
            "latent=map",
            "latent=map draws noise for each pixel of a condition that is an image, but the data's condition",
        ),
        ("latent=none", "MLP makes samples from latents, but latent=none draws none; use latent=normal"),
    ],
)
def test_latents_that_do_not_fit_are_named_before_training(override, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        composed(override)


def test_scores_stand_next_to_those_of_the_baselines(trained, capsys):
    content = json.loads((trained / "scores.json").read_text())
    assert content["baselines"]["negative"] == {"fid": 0.0}
    assert content["protocol"]["conditions"] == 10
    assert guarded(evaluate, [f"run={trained}", "metric=[fid]"]) == 0
    assert "baseline negative: fid 0\n" in capsys.readouterr().out
    content = json.loads((trained / "evaluations" / "standard.json").read_text())
    assert content["baselines"]["input"]["fid"] > 0


def test_samples_are_made_from_the_report_split(trained, tmp_path, capsys):
    out = tmp_path / "out"
    assert guarded(sample, [f"run={trained}", "n=12", f"output={out}"]) == 0
    assert capsys.readouterr().err == f"wrote 12 samples, made from test data, to {out}\n"
    samples = np.load(out / "samples.npy")
    assert samples.shape == (12, 1, 8, 8)
    assert np.array_equal(samples[10:], samples[:2])  # the split has ten images
    assert (out / "sheet.png").is_file()
    assert len(list((out / "images").iterdir())) == 12


def test_fewer_samples_than_conditions_have_a_sheet_of_their_own(trained, tmp_path):
    assert guarded(sample, [f"run={trained}", "n=2", f"output={tmp_path}"]) == 0
    assert (tmp_path / "sheet.png").is_file()
    assert np.load(tmp_path / "samples.npy").shape == (2, 1, 8, 8)


def test_images_have_no_interpolation_and_no_class(trained, tmp_path, capsys):
    assert guarded(sample, [f"run={trained}", "interpolate=4", f"output={tmp_path}"]) == 2
    assert "makes samples from other ones, not from latents alone" in capsys.readouterr().err
    assert guarded(sample, [f"run={trained}", "cond=3", f"output={tmp_path}"]) == 2
    error = capsys.readouterr().err
    assert "makes samples from images, so cond must be null, got 3; for images of your own use `ganlab apply" in error


def test_an_exported_generator_needs_its_conditions(trained, tmp_path, capsys):
    sampler = ganlab.load(trained)
    assert sampler.spec.cond == sampler.spec.sample == (1, 8, 8)
    assert sampler.spec.paired
    grey = torch.zeros(2, 1, 8, 8)
    assert torch.equal(sampler.sample(2, cond=grey), sampler.sample(5, cond=torch.zeros(5, 1, 8, 8))[:2])
    for name in ("generator.safetensors", "generator.json"):
        (tmp_path / name).write_bytes((trained / name).read_bytes())
    assert guarded(sample, [f"run={tmp_path}"]) == 2
    error = capsys.readouterr().err
    assert f"run={tmp_path} needs inputs, and has no data of its own; use `ganlab apply run={tmp_path}" in error


def test_a_figure_shows_real_samples_next_to_those_made_from_their_conditions(trained, tmp_path):
    assert guarded(plot, [str(trained), "kind=real_and_fake", f"output={tmp_path / 'figure.svg'}"]) == 0
    assert "real" in (tmp_path / "figure.svg").read_text()
