"""Every pair of networks in the real thing, small; three steps with R1, a sheet of samples and an export."""

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
}
CRITICS = {
    "patch": ["discriminator.width=4", "discriminator.layers=1"],
    "unet": ["discriminator.width=4", "data.labels=true"],
    "multi_scale": ["discriminator.critic.width=4"],
    "ensemble": ["discriminator@discriminator.critics.first=patch", "discriminator.critics.first.layers=1"],
}
WIDTHS = ["generator.width=4", "discriminator.width=4"]


def trains(directory, *overrides):
    result = go(directory, *SMALL, *overrides)
    sampler = ganlab.load(result.run_dir)
    samples = sampler.sample(4, seed=1)
    assert samples.shape == (4, 1, 16, 16)
    assert samples.isfinite().all()
    assert torch.equal(sampler.sample(4, seed=1), samples)
    assert not torch.allclose(sampler.sample(4, seed=2), samples)


@pytest.mark.parametrize("name", PAIRS)
def test_a_pair_trains(name, tmp_path):
    trains(tmp_path / "run", *PAIRS[name], *WIDTHS)


@pytest.mark.parametrize("name", CRITICS)
def test_a_critic_trains_any_generator(name, tmp_path):
    networks = ["generator=dcgan", "generator.width=4", f"discriminator={name}", *CRITICS[name]]
    trains(tmp_path / "run", *networks)


def test_what_a_style_generator_draws_for_itself_goes_on_where_it_was(tmp_path):
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
BESIDE = {name: ["generator=dcgan", "generator.width=4", f"discriminator={name}", *CRITICS[name]] for name in CRITICS}
NETWORKS = {**{name: [*lines, *WIDTHS] for name, lines in PAIRS.items()}, **BESIDE}
# Each critic with one reader of its features, and each reader with several critics.
READ = list(zip(NETWORKS, [*READERS, *READERS], strict=False))


@pytest.mark.parametrize(("name", "reader"), READ)
@pytest.mark.slow
def test_what_reads_features_finds_them(name, reader, tmp_path):
    # Codes and Gaussians are latents of their own, and BiGAN's encoder judges pairs one by one.
    theirs = {"infogan": "latent=", "vae_gan": "latent=", "bigan": "loss="}.get(reader, "none")
    networks = [line for line in NETWORKS[name] if not line.startswith(theirs)]
    trains(tmp_path / "run", *dict.fromkeys([*networks, *READERS[reader], "data.labels=true"]))
