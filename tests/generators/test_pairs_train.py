"""Every pair of networks in a small run: three steps with R1, a sample sheet and an exported generator."""

import pytest
import torch
from support.small_runs import QUIET, assert_same, go, state

import ganlab

SMALL = [*QUIET, "data=digits", "data.resolution=16", "trainer=smoke", "regularizer=[r1]", "latent.size=6"]
STYLE = ["generator.style_size=8", "generator.mapping_layers=2"]
PAIRS = {
    "sagan": ["generator=sagan", "discriminator=sagan", "data.labels=true"],
    "biggan": ["generator=biggan", "discriminator=biggan", "data.labels=true", "latent=truncated", "loss=hinge"],
    "stylegan2": ["generator=stylegan2", "discriminator=stylegan2", *STYLE],
    "r3gan": ["generator=r3gan", "discriminator=r3gan", "data.labels=true", "loss=relativistic_pairing"],
    "fastgan": ["generator=fastgan", "discriminator=fastgan", "regularizer=[reconstruction]", "data.labels=true"],
}
DISCRIMINATORS = {
    "patch": ["discriminator.width=4", "discriminator.layers=1"],
    "unet": ["discriminator.width=4", "data.labels=true"],
    "multi_scale": ["discriminator.critic.width=4"],
    "ensemble": ["discriminator@discriminator.critics.first=patch", "discriminator.critics.first.layers=1"],
}
WIDTHS = ["generator.width=4", "discriminator.width=4"]


def train_and_sample(directory, *overrides):
    result = go(directory, *SMALL, *overrides)
    sampler = ganlab.load(result.run_dir)
    samples = sampler.sample(4, seed=1)
    assert samples.shape == (4, 1, 16, 16)
    assert samples.isfinite().all()
    assert torch.equal(sampler.sample(4, seed=1), samples)
    assert not torch.allclose(sampler.sample(4, seed=2), samples)


@pytest.mark.parametrize("name", PAIRS)
def test_a_pair_trains(name, tmp_path):
    train_and_sample(tmp_path / "run", *PAIRS[name], *WIDTHS)


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_a_discriminator_trains_with_a_dcgan_generator(name, tmp_path):
    networks = ["generator=dcgan", "generator.width=4", f"discriminator={name}", *DISCRIMINATORS[name]]
    train_and_sample(tmp_path / "run", *networks)


def test_resuming_restores_the_random_state_of_a_style_generator(tmp_path):
    networks = [*PAIRS["stylegan2"], *WIDTHS]
    go(tmp_path / "whole", *SMALL, *networks, "iterations=4")
    go(tmp_path / "cut", *SMALL, *networks, "iterations=2")
    go(tmp_path / "cut", *SMALL, *networks, "iterations=4")
    assert_same(state(tmp_path / "cut"), state(tmp_path / "whole"))


READERS = {
    "auxiliary": ["conditioning=auxiliary"],
    "infogan": ["conditioning=infogan", "latent.size=20"],
    "matching": ["regularizer=[feature_matching]"],
    "vae_gan": ["game=vae_gan"],
    "bigan": ["game=bigan"],
}
WITH_DCGAN = {
    name: ["generator=dcgan", "generator.width=4", f"discriminator={name}", *DISCRIMINATORS[name]]
    for name in DISCRIMINATORS
}
NETWORKS = {**{name: [*lines, *WIDTHS] for name, lines in PAIRS.items()}, **WITH_DCGAN}
# Each discriminator with one game or term that reads its features, and each of those with several discriminators.
READER_CASES = list(zip(NETWORKS, [*READERS, *READERS], strict=False))


@pytest.mark.parametrize(("name", "reader"), READER_CASES)
@pytest.mark.slow
def test_games_and_terms_that_read_features_can_use_any_discriminator(name, reader, tmp_path):
    # InfoGAN and VAE-GAN need their own latents, and BiGAN does not support relativistic losses.
    replaced = {"infogan": "latent=", "vae_gan": "latent=", "bigan": "loss="}.get(reader, "none")
    networks = [line for line in NETWORKS[name] if not line.startswith(replaced)]
    labels = [] if "data.labels=true" in networks else ["data.labels=true"]
    train_and_sample(tmp_path / "run", *networks, *READERS[reader], *labels)
