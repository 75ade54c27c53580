"""A fused convolution equals the resampling and the convolution that it replaces."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from ganlab.layers import normalise_spectrally
from ganlab.layers.resized import DoublingConvolution, HalvingConvolution, Sums


def doubled(layer, images):
    return functional.conv2d(functional.interpolate(images, scale_factor=2), layer.weight, layer.bias, padding=1)


def halved(layer, images):
    return functional.avg_pool2d(functional.conv2d(images, layer.weight, layer.bias, padding=1), 2)


PAIRS = [(DoublingConvolution, doubled), (HalvingConvolution, halved)]


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.mark.parametrize(("kind", "reference"), PAIRS)
@pytest.mark.parametrize("size", [(6, 8), (7, 5)])
def test_outputs_and_gradients_equal_those_of_two_layers(kind, reference, size):
    layer, images = kind(3, 4).double(), torch.randn(2, 3, *size, dtype=torch.double, requires_grad=True)
    values, expected = layer(images), reference(layer, images)
    torch.testing.assert_close(values, expected)
    inputs = [images, layer.weight, layer.bias]
    slopes = torch.randn_like(expected)
    torch.testing.assert_close(
        torch.autograd.grad(values, inputs, slopes), torch.autograd.grad(expected, inputs, slopes, retain_graph=True)
    )


@pytest.mark.parametrize(("kind", "reference"), PAIRS)
def test_gradient_penalties_are_equal(kind, reference):
    layer, images = kind(3, 4).double(), torch.randn(2, 3, 4, 4, dtype=torch.double, requires_grad=True)
    penalties = []
    for values in (layer(images), reference(layer, images)):
        (slope,) = torch.autograd.grad(values.square().sum(), images, create_graph=True)
        penalties.append(torch.autograd.grad(slope.square().sum(), layer.weight)[0])
    torch.testing.assert_close(*penalties)


@pytest.mark.parametrize(("kind", "reference"), PAIRS)
def test_spectral_normalisation_applies_to_the_3x3_kernel(kind, reference):
    layer, images = kind(3, 4), torch.randn(2, 3, 4, 4)
    normalise_spectrally(layer)
    layer.eval()
    assert layer.weight.shape == (4, 3, 3, 3)
    torch.testing.assert_close(layer(images), reference(layer, images))


@pytest.mark.parametrize(("kind", "reference"), PAIRS)
def test_channels_last_images_stay_channels_last(kind, reference):
    layer = kind(8, 8).to(memory_format=torch.channels_last)
    images = torch.randn(2, 8, 4, 4).to(memory_format=torch.channels_last)
    values = layer(images)
    assert values.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(values, reference(layer, images))


def test_weights_start_as_those_of_a_plain_convolution():
    torch.manual_seed(1)
    plain = nn.Conv2d(3, 4, 3, padding=1)
    for kind, _ in PAIRS:
        torch.manual_seed(1)
        assert torch.equal(kind(3, 4).weight, plain.weight)


def test_sums_support_vmap():
    images = torch.randn(3, 2, 4, 5, 5)
    torch.testing.assert_close(
        torch.func.vmap(Sums.apply)(images), torch.stack([Sums.apply(batch) for batch in images])
    )
