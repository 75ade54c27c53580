"""Fewer products give the convolution that all products give, and so do its gradients."""

import pytest
import torch
from torch.nn import functional

from ganlab.layers import winograd
from ganlab.layers.winograd import Convolution, Correlation, LevelConvolution, pays, turned


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def pair(inputs=3, outputs=5, size=(8, 12), count=3, dtype=torch.double):
    images = torch.randn(count, inputs, *size, dtype=dtype, requires_grad=True)
    weight = torch.randn(outputs, inputs, 3, 3, dtype=dtype, requires_grad=True)
    return images, weight


@pytest.mark.parametrize("chunk", [1, 2**20])
def test_values_and_gradients_are_those_of_all_products(chunk, monkeypatch):
    monkeypatch.setattr(winograd, "CHUNK_NUMBERS", chunk)
    images, weight = pair()
    ours, theirs = Convolution.apply(images, weight), functional.conv2d(images, weight, padding=1)
    torch.testing.assert_close(ours, theirs)
    slopes = torch.randn_like(theirs)
    torch.testing.assert_close(
        torch.autograd.grad(ours, (images, weight), slopes), torch.autograd.grad(theirs, (images, weight), slopes)
    )


def test_gradients_of_gradients_are_those_of_finite_differences():
    images, weight = pair(2, 3, (4, 8), 2)
    slopes = torch.randn(2, 3, 4, 8, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(Convolution.apply, (images, weight))
    assert torch.autograd.gradgradcheck(Convolution.apply, (images, weight))
    assert torch.autograd.gradcheck(Correlation.apply, (images, slopes))


def test_a_weight_turned_leads_back_to_images():
    images, weight = pair()
    slopes = torch.randn(3, 5, 8, 12, dtype=torch.double)
    (theirs,) = torch.autograd.grad(functional.conv2d(images, weight, padding=1), images, slopes)
    torch.testing.assert_close(functional.conv2d(slopes, turned(weight), padding=1), theirs)
    torch.testing.assert_close(Convolution.apply(slopes, turned(weight)), theirs)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_layer_of_float32_rounds_as_float32_does(layout):
    layer = LevelConvolution(256, 256).to(memory_format=layout)
    images = torch.randn(2, 256, 16, 20).to(memory_format=layout)
    assert pays(images, layer.weight)
    exact = functional.conv2d(images.double(), layer.weight.double(), layer.bias.double(), padding=1)
    error = (layer(images) - exact).square().mean().sqrt() / exact.square().mean().sqrt()
    assert 1e-7 < error < 5e-6  # all products: 8e-7


@pytest.mark.parametrize(
    ("images", "weight"),
    [
        (torch.zeros(1, 256, 16, 16), torch.zeros(64, 256, 3, 3)),
        (torch.zeros(1, 256, 8, 8), torch.zeros(256, 256, 3, 3)),
        (torch.zeros(1, 256, 16, 18), torch.zeros(256, 256, 3, 3)),
        (torch.zeros(1, 256, 16, 16).double(), torch.zeros(256, 256, 3, 3).double()),
        (torch.zeros(1, 256, 16, 16, device="meta"), torch.zeros(256, 256, 3, 3, device="meta")),
    ],
    ids=["few channels", "small images", "no whole tiles", "other numbers", "another device"],
)
def test_all_products_are_made_where_fewer_do_not_pay(images, weight):
    assert not pays(images, weight)
    layer = LevelConvolution(256, len(weight)).to(images)
    assert layer(images).shape == (1, len(weight), *images.shape[2:])


def test_numbers_of_16_bits_are_the_librarys():
    layer, images = LevelConvolution(256, 256), torch.randn(1, 256, 16, 16)
    with torch.autocast("cpu", torch.bfloat16):
        assert not pays(images, layer.weight)
        assert layer(images).dtype == torch.bfloat16
