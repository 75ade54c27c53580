"""Each generator from images to images in a small run: three steps, a sample sheet, a score and an export."""

import pytest
import torch
from support.small_runs import QUIET, assert_same, go, state

import ganlab

EDGES = ["data=edges", "data@data.images=digits", "data.images.resolution=16"]
HALVED = ["data=digits", "data.resolution=16", "data._target_=support.translated_digits.HalvedDigits"]
SMALL = [*QUIET, "trainer=smoke", "regularizer=[r1]", "generator.width=4", "discriminator.width=4", "features=random"]
RUNS = {
    "unet_translator": [*EDGES, "discriminator=patch16", "latent=none", "lr_schedule=linear_from_half"],
    "resnet_translator": [*EDGES, "discriminator=pixel", "generator.blocks=1", "latent=map"],
    "srresnet": [*HALVED, "discriminator=dcgan", "generator.blocks=1", "generator.kernel=3", "latent=normal"],
    "rrdb": [*HALVED, "discriminator=unet", "generator.blocks=1", "generator.growth=2", "latent=none"],
}


def run(directory, name, *overrides):
    return go(directory, f"generator={name}", *RUNS[name], *SMALL, *overrides)


@pytest.mark.parametrize("name", RUNS)
def test_a_generator_trains_and_its_export_makes_images_of_given_ones(name, tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    result = run(tmp_path / "run", name, "metric=[psnr]")
    assert {"psnr"} <= set(result.metrics)
    assert (tmp_path / "run" / "samples" / "00000003.png").exists()
    sampler = ganlab.load(result.run_dir)
    side = 16 if name.endswith("translator") else 8
    cond = torch.rand(4, 1, side, side) * 2 - 1
    samples = sampler.sample(4, seed=1, cond=cond)
    assert samples.shape == (4, 1, 16, 16)
    assert samples.abs().max() <= 1
    assert torch.equal(sampler.sample(4, seed=1, cond=cond), samples)
    assert not torch.equal(sampler.sample(4, seed=1, cond=cond.flip(3)), samples)
    same = torch.equal(sampler.sample(4, seed=2, cond=cond), samples)
    assert same is ("latent=none" in RUNS[name])


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path):
    lines = ["latent=map", "generator.dropout=0.5"]  # both draw random numbers at every step
    run(tmp_path / "whole", "unet_translator", *lines, "iterations=4")
    run(tmp_path / "cut", "unet_translator", *lines, "iterations=2")
    run(tmp_path / "cut", "unet_translator", *lines, "iterations=4")
    assert_same(state(tmp_path / "cut"), state(tmp_path / "whole"))
