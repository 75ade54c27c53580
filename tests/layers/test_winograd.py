"""Winograd's convolution and its gradients equal those of the direct convolution."""

import copy

import pytest
import torch
from torch.nn import functional

from ganlab.layers import fast_convolution, normalise_spectrally
from ganlab.layers.fast_convolution import Convolution, Correlation, adjoint_weight
from ganlab.layers.winograd import WINOGRAD, WinogradConv2d, is_faster, use_direct_convolutions


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def pair(inputs=3, outputs=5, size=(8, 12), count=3, dtype=torch.double):
    images = torch.randn(count, inputs, *size, dtype=dtype, requires_grad=True)
    weight = torch.randn(outputs, inputs, 3, 3, dtype=dtype, requires_grad=True)
    return images, weight, torch.randn(outputs, dtype=dtype, requires_grad=True)


def convolve(images, weight, bias=None):
    return Convolution.apply(images, weight, bias, WINOGRAD)


def error_of(values, exact):
    return ((values - exact).square().mean() / exact.square().mean()).sqrt()


@pytest.mark.parametrize("chunk", [1, 36 * 6 * 5 * 2, 2**20], ids=["one", "two and one", "all"])
@pytest.mark.parametrize("with_bias", [True, False])
def test_values_and_gradients_equal_those_of_the_direct_convolution(chunk, with_bias, monkeypatch):
    monkeypatch.setattr(fast_convolution, "CHUNK_LIMITS", (chunk, chunk))
    images, weight, bias = pair()
    bias = bias if with_bias else None
    values, expected = convolve(images, weight, bias), functional.conv2d(images, weight, bias, padding=1)
    torch.testing.assert_close(values, expected)
    slopes, inputs = torch.randn_like(expected), (images, weight, bias)[: 2 + with_bias]
    torch.testing.assert_close(
        torch.autograd.grad(values, inputs, slopes), torch.autograd.grad(expected, inputs, slopes)
    )


def test_first_and_second_derivatives_agree_with_finite_differences():
    images, weight, bias = pair(2, 3, (4, 8), 2)
    slopes = torch.randn(2, 3, 4, 8, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(convolve, (images, weight, bias))
    assert torch.autograd.gradgradcheck(convolve, (images, weight, bias))
    assert torch.autograd.gradcheck(lambda *inputs: Correlation.apply(*inputs, WINOGRAD), (images, slopes))


def test_the_adjoint_weight_gives_the_gradient_of_the_images():
    images, weight, _ = pair()
    slopes = torch.randn(3, 5, 8, 12, dtype=torch.double)
    (expected,) = torch.autograd.grad(functional.conv2d(images, weight, padding=1), images, slopes)
    torch.testing.assert_close(functional.conv2d(slopes, adjoint_weight(weight), padding=1), expected)
    torch.testing.assert_close(convolve(slopes, adjoint_weight(weight)), expected)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_rounding_error_in_float32_is_small(layout):
    layer = WinogradConv2d(256, 256).to(memory_format=layout)
    images = torch.randn(2, 256, 16, 20).to(memory_format=layout)
    assert is_faster(images, layer.weight)
    exact = functional.conv2d(images.double(), layer.weight.double(), layer.bias.double(), padding=1)
    assert 1e-7 < error_of(layer(images), exact) < 5e-6  # of the direct convolution: 8e-7


@pytest.mark.parametrize(
    ("images", "weight"),
    [
        (torch.zeros(1, 256, 16, 16), torch.zeros(64, 256, 3, 3)),
        (torch.zeros(1, 256, 4, 8), torch.zeros(256, 256, 3, 3)),
        (torch.zeros(1, 256, 8, 12), torch.zeros(512, 256, 3, 3)),
        (torch.zeros(1, 256, 16, 18), torch.zeros(256, 256, 3, 3)),
        (torch.zeros(1, 256, 16, 16).double(), torch.zeros(256, 256, 3, 3).double()),
        (torch.zeros(1, 256, 16, 16, device="meta"), torch.zeros(256, 256, 3, 3, device="meta")),
    ],
    ids=["few channels", "small images", "many channels", "sides not divisible by tiles", "float64", "another device"],
)
def test_the_direct_convolution_is_used_if_it_is_faster(images, weight):
    assert not is_faster(images, weight)
    layer = WinogradConv2d(256, len(weight)).to(images)
    assert layer(images).shape == (1, len(weight), *images.shape[2:])


def test_a_network_whose_input_alone_is_differentiated_uses_the_direct_convolution():
    network = torch.nn.Sequential(WinogradConv2d(128, 128))
    images = torch.randn(2, 128, 8, 8)
    expected = functional.conv2d(images, network[0].weight, network[0].bias, padding=1)
    assert not torch.equal(network(images), expected)
    use_direct_convolutions(network)
    assert torch.equal(network(images), expected)


def test_autocast_uses_the_direct_convolution():
    layer, images = WinogradConv2d(256, 256), torch.randn(1, 256, 16, 16)
    with torch.autocast("cpu", torch.bfloat16):
        assert not is_faster(images, layer.weight)
        assert layer(images).dtype == torch.bfloat16


def double_gradients(layer, images):
    """Return the gradients of a penalty on the images' gradient with respect to the layer's weights."""
    (slope,) = torch.autograd.grad(layer(images).square().sum(), images, create_graph=True)
    penalty = slope.square().mean() + layer(images).mean()
    return torch.autograd.grad(penalty, [*layer.parameters()])


def pair_of_layers():
    winograd_layer, direct_layer = WinogradConv2d(256, 256), torch.nn.Conv2d(256, 256, 3, padding=1)
    direct_layer.load_state_dict(winograd_layer.state_dict())
    return winograd_layer, direct_layer, torch.randn(2, 256, 16, 16, requires_grad=True)


def test_second_derivatives_equal_those_of_the_direct_convolution():
    layer, direct_layer, images = pair_of_layers()
    expected = double_gradients(direct_layer, images)
    torch.testing.assert_close(double_gradients(layer, images), expected, rtol=1e-3, atol=1e-4)


def test_gradients_computed_under_autocast_stay_in_float32():
    layer, _, images = pair_of_layers()
    exact = double_gradients(layer, images)
    values = layer(images).square().sum()
    with torch.autocast("cpu", torch.bfloat16):
        (slope,) = torch.autograd.grad(values, images, create_graph=True)
        with torch.autocast("cpu", enabled=False):
            penalty = slope.square().mean() + layer(images).mean()
        gradients = torch.autograd.grad(penalty, [*layer.parameters()])
    torch.testing.assert_close(gradients, exact)


def test_spectral_normalisation_copies_and_empty_batches():
    layer = WinogradConv2d(256, 256)
    normalise_spectrally(layer)
    layer.eval()
    images = torch.randn(2, 256, 16, 16)
    with torch.no_grad():
        expected = functional.conv2d(images, layer.weight, layer.bias, padding=1)
        assert error_of(copy.deepcopy(layer)(images), expected) < 5e-6
        assert layer(images[:0]).shape == (0, 256, 16, 16)
    assert torch.equal(Correlation.apply(images[:0], images[:0], WINOGRAD), torch.zeros(256, 256, 3, 3))
