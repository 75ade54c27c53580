"""Conditions that are images, in generators, discriminators and packs."""

from functools import partial

import pytest
import torch
from torch.nn import functional

from ganlab import discriminators, generators
from ganlab.core.interfaces import Spec, as_output
from ganlab.discriminators import DCGAN, MLP
from ganlab.layers import build_encoder, build_packed
from ganlab.layers.image_condition import ImageChannels, ImageValues, build_condition_channels, build_condition_values
from ganlab.layers.join_latents import JoinLatents
from ganlab.layers.labels import ClassLabels

SPEC = Spec((1, 16, 16), (3, 16, 16), paired=True)
SMALLER = Spec((3, 16, 16), (1, 8, 8), paired=True)  # super-resolution
ENSEMBLE = {"a": partial(DCGAN, width=2), "b": partial(MLP, widths=[4])}
DISCRIMINATORS = {
    "dcgan": partial(DCGAN, width=2),
    "dcgan_same": partial(discriminators.DCGANSame, width=2),
    "mlp": partial(MLP, widths=[4]),
    "maxout": partial(discriminators.Maxout, widths=[4]),
    "resnet": partial(discriminators.ResNet, width=2),
    "sagan": partial(discriminators.SAGAN, width=2),
    "biggan": partial(discriminators.BigGAN, width=1),
    "stylegan2": partial(discriminators.StyleGAN2, width=2, max_width=8),
    "r3gan": partial(discriminators.R3GAN, width=2, max_width=8, blocks=1),
    "fastgan": partial(discriminators.FastGAN, width=2),
    "unet": partial(discriminators.UNet, width=2),
    "patch": partial(discriminators.Patch, width=2, layers=1),
    "multi_scale": partial(discriminators.MultiScale, critic=partial(DCGAN, width=2)),
    "ensemble": partial(discriminators.Ensemble, critics=ENSEMBLE),
}
GENERATORS = {
    "dcgan": partial(generators.DCGAN, width=2),
    "dcgan_same": partial(generators.DCGANSame, width=2),
    "mlp": generators.MLP,
    "resnet": generators.ResNet,
    "sagan": generators.SAGAN,
    "biggan": generators.BigGAN,
    "stylegan2": generators.StyleGAN2,
    "r3gan": generators.R3GAN,
    "fastgan": generators.FastGAN,
}
every = pytest.mark.parametrize("name", DISCRIMINATORS)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def images(count, *shape):
    return torch.rand(count, *shape) * 2 - 1


def logits_of(network, samples, cond):
    return as_output(network(samples, cond)).logits


def count(network):
    return sum(weight.numel() for weight in network.parameters())


@every
@pytest.mark.parametrize("spec", [SPEC, SMALLER], ids=["same size", "smaller"])
def test_every_discriminator_of_images_reads_an_image_condition(name, spec):
    network = DISCRIMINATORS[name](spec).eval()
    samples, cond = images(2, *spec.sample), images(2, *spec.cond)
    first, second = logits_of(network, samples, cond), logits_of(network, samples, -cond)
    assert len(first) == 2
    assert not torch.allclose(first, second, atol=1e-7)
    network.train()
    logits_of(network, samples, cond).sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters())
    with pytest.raises(ValueError, match="built for conditions that are images, but it got none"):
        network(samples)


@every
def test_a_discriminator_with_labels_none_ignores_an_image_condition(name):
    network = DISCRIMINATORS[name](SPEC, labels="none").eval()
    assert count(network) == count(DISCRIMINATORS[name](Spec(SPEC.sample)))
    samples = images(2, *SPEC.sample)
    assert torch.equal(logits_of(network, samples, images(2, *SPEC.cond)), logits_of(network, samples, None))


@every
def test_a_projection_of_an_image_is_refused(name):
    with torch.device("meta"), pytest.raises(ValueError, match="labels=projection needs class labels, but the data's "):
        DISCRIMINATORS[name](SPEC, labels="projection")


@pytest.mark.parametrize("name", [name for name in DISCRIMINATORS if name != "fastgan"])  # has batch normalisation
@pytest.mark.parametrize("spec", [SPEC, SMALLER], ids=["same size", "smaller"])
def test_gradient_penalties_reach_the_weights_of_a_conditional_discriminator(name, spec):
    network = DISCRIMINATORS[name](spec)
    samples = images(2, *spec.sample).requires_grad_()
    logits = logits_of(network, samples, images(2, *spec.cond))
    (slope,) = torch.autograd.grad(logits.sum(), samples, create_graph=True)
    (logits.sum() + slope.square().sum()).backward()
    assert all(weight.grad.isfinite().all() for weight in network.parameters())


@every
def test_a_conditional_discriminator_runs_under_bfloat16_autocast(name):
    network = DISCRIMINATORS[name](SMALLER)
    with torch.autocast("cpu", torch.bfloat16):
        logits = logits_of(network, images(2, *SMALLER.sample), images(2, *SMALLER.cond))
    logits.float().sum().backward()
    assert all(weight.grad.dtype == torch.float32 for weight in network.parameters())


@pytest.mark.parametrize("name", GENERATORS)
def test_other_generators_refuse_an_image_condition_unless_they_ignore_it(name):
    spec = Spec(SPEC.sample, SPEC.cond, latent=4)
    message = r"the shape \(3, 16, 16\); images from images are made by generator=unet_translator, resnet_translator, "
    with torch.device("meta"):
        with pytest.raises(ValueError, match=message):
            GENERATORS[name](spec)
        unconditional = GENERATORS[name](spec, labels="none")
        assert count(unconditional) == count(GENERATORS[name](Spec(SPEC.sample, latent=4)))


def test_a_discriminator_that_only_projects_names_what_to_do():
    message = "condition is an image, which this network cannot read; write labels=none .* such as discriminator=patch"
    with torch.device("meta"), pytest.raises(ValueError, match=message):
        discriminators.Projected(SPEC, resolution=32, width=4)


def test_channels_of_the_same_size_are_appended_and_others_resized():
    samples, cond = images(2, 1, 8, 8), images(2, 3, 4, 4)
    same = ImageChannels((3, 8, 8))(samples, images(2, 3, 8, 8))
    assert same.shape == (2, 4, 8, 8)
    joined = ImageChannels((3, 4, 4))(samples, cond)
    assert torch.equal(joined[:, :1], samples)
    torch.testing.assert_close(joined[:, 1:], functional.interpolate(cond, (8, 8), mode="bilinear"))
    reduced = ImageChannels((3, 8, 8))(images(2, 1, 4, 4), images(2, 3, 8, 8).fill_(0.25))  # a coarse scale
    torch.testing.assert_close(reduced[:, 1:], torch.full((2, 3, 4, 4), 0.25))
    checkers = (torch.arange(8)[:, None] + torch.arange(8)) % 2 * 2.0 - 1  # vanish, because the filter has no aliases
    reduced = ImageChannels((1, 8, 8))(images(1, 1, 2, 2), checkers.expand(1, 1, 8, 8))
    assert reduced[:, 1:].abs().max() < 0.1


def test_vectors_get_all_values():
    values, cond = images(2, 5), images(2, 3, 4, 4)
    layer = ImageValues((3, 4, 4))
    assert layer.width == 48
    assert torch.equal(layer(values, cond), torch.cat([values, cond.flatten(1)], 1))


@pytest.mark.parametrize("build", [build_condition_channels, build_condition_values])
def test_the_spec_decides_the_layer(build):
    assert isinstance(build(Spec((1, 8, 8))), ClassLabels)
    assert isinstance(build(Spec((1, 8, 8), (), 3)), ClassLabels)
    assert type(build(SPEC)) in (ImageChannels, ImageValues)
    with pytest.raises(ValueError, match=r"takes class labels, but the data's condition has the shape \(7,\)$"):
        build(Spec((1, 8, 8), (7,)))


@pytest.mark.parametrize(("spec", "channels"), [(SPEC, 4), (SMALLER, 4), (Spec((1, 8, 8), (), 3), 4)])
def test_packs_hold_each_sample_with_its_condition(spec, channels):
    packed = build_packed(partial(discriminators.Patch, width=2, layers=0), spec, 2)
    cond = torch.tensor([0, 1, 2, 0]) if spec.classes else images(4, *spec.cond)
    packs = packed.pack(images(4, *spec.sample), cond)
    assert packs.shape == (2, 2 * channels, *spec.sample[1:])
    first, second = packed(images(4, *spec.sample), cond), packed(images(4, *spec.sample), cond.flip(0))
    assert len(first) == 2
    assert not torch.allclose(first, second)


def test_an_encoder_of_image_pairs_reads_the_condition():
    encoder = build_encoder(DISCRIMINATORS["dcgan"], SPEC, 5)
    assert encoder(images(2, *SPEC.sample), images(2, *SPEC.cond)).shape == (2, 5)


@pytest.mark.parametrize(("size", "channels", "added"), [(0, 0, 0), (5, 0, 5), (2 * 6 * 4, 2, 2)])
def test_latents_join_the_condition(size, channels, added):
    layer = JoinLatents(Spec((1, 6, 4), (3, 6, 4), latent=size, latent_channels=channels), "Network")
    latents, cond = torch.randn(2, size), images(2, 3, 6, 4)
    joined = layer(latents, cond)
    assert layer.channels == 3 + added
    assert joined.shape == (2, 3 + added, 6, 4)
    assert torch.equal(joined[:, :3], cond)
    if channels:
        assert torch.equal(joined[:, 3:].flatten(1), latents)
    else:
        assert torch.equal(joined[:, 3:], latents[:, :, None, None].expand(-1, -1, 6, 4))


def test_a_noise_image_has_the_size_of_the_actual_condition():
    layer = JoinLatents(Spec((1, 6, 4), (3, 6, 4), latent=24, latent_channels=1), "Network")
    assert layer(torch.randn(2, 80), images(2, 3, 8, 10)).shape == (2, 4, 8, 10)
    with pytest.raises(ValueError, match="a noise image for 8x10 conditions has 1 x 8 x 10 values, got 24"):
        layer(torch.randn(2, 24), images(2, 3, 8, 10))
