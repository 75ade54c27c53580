"""FastGAN's blocks against formulas written out, and the paper's numbers of channels."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from ganlab.core.interfaces import Spec
from ganlab.discriminators import FastGAN as Discriminator
from ganlab.generators import FastGAN as Generator
from ganlab.layers.fastgan import Decoder, Excitation, Grow, NoisyGrow, Shrink, channels_at
from ganlab.layers.styled import Noise


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def normalise(maps):
    """Batch normalisation of new layers in training mode."""
    mean, variance = maps.mean((0, 2, 3), keepdim=True), maps.var((0, 2, 3), correction=0, keepdim=True)
    return (maps - mean) / (variance + 1e-5).sqrt()


def gate(maps):
    first, second = maps.chunk(2, 1)
    return first * torch.sigmoid(second)


def test_channels_are_those_of_the_paper():
    # 16, 8, 4, 2, 2, 1, 1/2 and 1/4 times 64, at 4 to 512 pixels.
    sides = (4, 8, 16, 32, 64, 128, 256, 512)
    assert [channels_at(side, 64) for side in sides] == [1024, 512, 256, 128, 128, 64, 32, 16]
    assert channels_at(28, 64) == channels_at(16, 64)
    assert channels_at(4096, 1) == 1


def test_growing_repeats_pixels_convolves_normalises_and_gates():
    block, maps = Grow(3, 4), torch.randn(5, 3, 4, 6)
    (weight,) = [layer.weight for layer in block if isinstance(layer, nn.Conv2d)]
    large = maps.repeat_interleave(2, 2).repeat_interleave(2, 3)
    expected = gate(normalise(functional.conv2d(large, weight, padding=1)))
    torch.testing.assert_close(block(maps), expected)


def test_without_noise_the_noisy_block_is_two_gated_convolutions():
    block, maps = NoisyGrow(3, 4, (8, 8)), torch.randn(5, 3, 4, 4)
    first, second = [layer.weight for layer in block if isinstance(layer, nn.Conv2d)]
    large = maps.repeat_interleave(2, 2).repeat_interleave(2, 3)
    hidden = gate(normalise(functional.conv2d(large, first, padding=1)))
    torch.testing.assert_close(block(maps), gate(normalise(functional.conv2d(hidden, second, padding=1))))
    for layer in block:
        if isinstance(layer, Noise):
            nn.init.ones_(layer.strength)
    assert not torch.equal(block(maps), block(maps))  # new noise in training
    assert torch.equal(block.eval()(maps), block(maps))


def test_excitation_weighs_channels_by_small_maps():
    block = Excitation(3, 2)
    small, large = torch.randn(4, 3, 8, 8), torch.randn(4, 2, 16, 12)
    pooled = small.unflatten(3, (4, 2)).unflatten(2, (4, 2)).mean((3, 5))
    hidden = functional.silu(torch.einsum("nchw,ochw->no", pooled, block.weigh[1].weight))
    weights = torch.sigmoid(hidden @ block.weigh[3].weight[:, :, 0, 0].T)
    torch.testing.assert_close(block(small, large), large * weights[:, :, None, None])


def test_shrinking_averages_two_ways():
    block, maps = Shrink(3, 4).eval(), torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(block(maps), (block.body(maps) + block.shortcut(maps)) / 2)
    assert block(maps).shape == (2, 4, 4, 4)


@pytest.mark.parametrize("doublings", [0, 1, 3])
def test_a_decoder_doubles_the_resolution(doublings):
    images = Decoder(5, 3, doublings, width=8)(torch.randn(2, 5, 4, 4))
    assert images.shape == (2, 3, 4 << doublings, 4 << doublings)
    assert images.abs().max() <= 1


@pytest.mark.parametrize(("skip", "changed"), [(1, {1, 2, 3}), (2, {2, 3}), (3, {3}), (4, set())])
def test_maps_are_weighed_by_those_of_the_chosen_doublings_before(skip, changed):
    network = Generator(Spec((3, 32, 32), latent=4), width=2, skip=skip)
    assert {int(step) for step in network.excitations} == changed


def test_the_paper_s_generator_has_29_million_weights():
    """The number of the authors' code at 256 pixels: its blocks have these weights, and its last layer no bias."""
    with torch.device("meta"):
        network = Generator(Spec((3, 256, 256), latent=256))
    assert sum(weight.numel() for weight in network.parameters()) == 29_127_654


def test_the_last_maps_are_of_8_pixels_and_those_before_of_16():
    with torch.device("meta"):
        network = Discriminator(Spec((3, 256, 256)), width=64)
    assert network.map_shapes == ((256, 16, 16), (512, 8, 8), (256, 8, 8))
