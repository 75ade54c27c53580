"""The Fourier transform's convolution and its gradients equal those of the direct transposed convolution."""

import copy

import pytest
import torch
from torch import nn

from ganlab.core.interfaces import Spec
from ganlab.generators import DCGAN
from ganlab.layers.fast_convolution import Convolution
from ganlab.layers.fourier import FourierConvTranspose2d, fourier, is_faster

SHAPES = [(7, 7, 5), (4, 5, 3), (6, 4, 7), (1, 1, 3)]


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def error_of(values, exact):
    return ((values - exact).square().mean() / exact.square().mean()).sqrt()


@pytest.mark.parametrize(("height", "width", "kernel"), SHAPES)
def test_values_and_derivatives_equal_those_of_the_direct_convolution(height, width, kernel):
    images = torch.randn(2, 3, height, width, dtype=torch.double, requires_grad=True)
    weight = torch.randn(4, 3, kernel, kernel, dtype=torch.double, requires_grad=True)
    bias = torch.randn(4, dtype=torch.double, requires_grad=True)

    def convolve(*inputs):
        return Convolution.apply(*inputs, fourier(height, width, kernel))

    expected = nn.functional.conv2d(images, weight, bias, padding=kernel // 2)
    torch.testing.assert_close(convolve(images, weight, bias), expected)
    small = (images[:1, :2, :4], weight[:2, :2], bias[:2])
    if height == 4:
        assert torch.autograd.gradcheck(convolve, small)
        assert torch.autograd.gradgradcheck(convolve, small)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_layer_is_a_transposed_convolution_with_a_smaller_rounding_error(layout, bias):
    layer = FourierConvTranspose2d(128, 64, 5, bias).to(memory_format=layout)
    direct = nn.ConvTranspose2d(128, 64, 5, padding=2, bias=bias)
    direct.load_state_dict(layer.state_dict())
    images = torch.randn(3, 128, 7, 9).to(memory_format=layout).requires_grad_()
    assert is_faster(images, layer.weight)
    slopes = torch.randn(3, 64, 7, 9)
    results = []
    for network, dtype in (
        (layer, torch.float32),
        (direct, torch.float32),
        (copy.deepcopy(direct).double(), torch.float64),
    ):
        values = network(images.to(dtype))
        results.append([values, *torch.autograd.grad(values, (images, *network.parameters()), slopes.to(dtype))])
    for fast, plain, exact in zip(*results, strict=True):
        assert error_of(fast, exact) < max(1e-6, 1.5 * error_of(plain, exact))


def test_the_fewest_products_are_made():
    assert len(fourier(7, 7, 5).input_transform) == 121  # 40 pairs of frequencies and the mean, of 9 × 9 periods
    assert len(fourier(8, 8, 5).input_transform) == 148  # 10 × 10: 48 pairs and 4 real ones


@pytest.mark.parametrize(
    ("channels", "side", "kernel"), [(32, 7, 5), (64, 20, 5), (64, 7, 3)], ids=["channels", "side", "kernel"]
)
def test_the_direct_convolution_is_used_if_it_is_faster(channels, side, kernel):
    layer, images = FourierConvTranspose2d(channels, channels, kernel, True), torch.randn(2, channels, side, side)
    assert not is_faster(images, layer.weight)
    assert torch.equal(layer(images), nn.functional.conv_transpose2d(images, layer.weight, layer.bias, 1, kernel // 2))


def test_other_precisions_use_the_direct_convolution():
    layer, images = FourierConvTranspose2d(64, 64, 5, True), torch.randn(2, 64, 7, 7)
    with torch.autocast("cpu", torch.bfloat16):
        assert layer(images).dtype == torch.bfloat16
    assert layer.double()(images.double()).dtype == torch.float64


def test_dcgans_extra_layers_are_fourier_convolutions():
    network = DCGAN(Spec((1, 28, 28), latent=4), kernel=5, extra_layers=1)
    kinds = [type(layer) for layer in network.body if isinstance(layer, nn.ConvTranspose2d)]
    assert kinds == [FourierConvTranspose2d, nn.ConvTranspose2d, nn.ConvTranspose2d]
