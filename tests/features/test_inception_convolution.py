"""Convolutions by other algorithms equal direct ones but for rounding."""

import pytest
import torch
from torch import nn

from ganlab.features import inception_convolution
from ganlab.features.inception_convolution import TILES, FrozenConvolution, line_fourier


def build(inputs, outputs, kernel, padding, stride=1):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer = nn.Conv2d(inputs, outputs, kernel, stride, padding).requires_grad_(False)
        return layer, torch.randn(3, inputs, 17, 14).contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("channels", "kernel", "padding"),
    [((5, 4), (7, 1), (3, 0)), ((5, 4), (1, 7), (0, 3)), ((96, 90), 3, 1), ((90, 96), 3, 0)],
)
@pytest.mark.parametrize("numbers", [1, 2**23])
def test_equals_the_direct_convolution_but_for_rounding(channels, kernel, padding, numbers, monkeypatch):
    monkeypatch.setattr(inception_convolution, "CHUNK_NUMBERS", numbers)
    layer, images = build(*channels, kernel, padding)
    exact = layer.double()(images.double())
    values = FrozenConvolution(layer.float())(images)
    assert not torch.equal(values, layer(images))  # another algorithm was used
    assert values.shape == exact.shape
    assert values.is_contiguous(memory_format=torch.channels_last)
    assert (values - exact).norm() < 3e-6 * exact.norm()


def test_lines_round_less_than_the_direct_convolution():
    layer, images = build(128, 128, (7, 1), (3, 0))
    exact = layer.double()(images.double())
    values = FrozenConvolution(layer.float())(images)
    assert (values - exact).norm() < (layer(images) - exact).norm()


@pytest.mark.parametrize(
    ("channels", "kernel", "padding", "stride"), [((96, 96), 3, 1, 2), ((8, 8), 3, 1, 1), ((8, 8), (1, 3), (0, 1), 1)]
)
def test_other_convolutions_are_direct(channels, kernel, padding, stride):
    layer, images = build(*channels, kernel, padding, stride)
    assert torch.equal(FrozenConvolution(layer)(images), layer(images))


def test_other_types_and_autocast_use_direct_convolutions():
    layer, images = build(96, 96, 3, 1)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(FrozenConvolution(layer)(images), layer(images))
    layer, images = layer.double(), images.double()
    assert torch.equal(FrozenConvolution(layer)(images), layer(images))


def test_algorithms_have_few_products():
    assert len(line_fourier(17, 7, True).input_transform) == 29
    assert len(TILES.input_transform) == 36
