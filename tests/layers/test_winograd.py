"""Fewer products give the convolution that all products give, and so do its gradients."""

import copy

import pytest
import torch
from torch.nn import functional

from ganlab.layers import normalise_spectrally, winograd
from ganlab.layers.winograd import Convolution, Correlation, LevelConvolution, pays, turned


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def pair(inputs=3, outputs=5, size=(8, 12), count=3, dtype=torch.double):
    images = torch.randn(count, inputs, *size, dtype=dtype, requires_grad=True)
    weight = torch.randn(outputs, inputs, 3, 3, dtype=dtype, requires_grad=True)
    return images, weight


def error_of(values, exact):
    return ((values - exact).square().mean() / exact.square().mean()).sqrt()


@pytest.mark.parametrize("chunk", [1, 36 * 6 * 5 * 2, 2**20], ids=["one", "two and one", "all"])
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
    assert 1e-7 < error_of(layer(images), exact) < 5e-6  # all products: 8e-7


@pytest.mark.parametrize(
    ("images", "weight"),
    [
        (torch.zeros(1, 256, 16, 16), torch.zeros(64, 256, 3, 3)),
        (torch.zeros(1, 256, 8, 8), torch.zeros(256, 256, 3, 3)),
        (torch.zeros(1, 256, 16, 16), torch.zeros(512, 256, 3, 3)),
        (torch.zeros(1, 256, 16, 18), torch.zeros(256, 256, 3, 3)),
        (torch.zeros(1, 256, 16, 16).double(), torch.zeros(256, 256, 3, 3).double()),
        (torch.zeros(1, 256, 16, 16, device="meta"), torch.zeros(256, 256, 3, 3, device="meta")),
    ],
    ids=[
        "few channels",
        "small images",
        "more channels than pixels",
        "no whole tiles",
        "other numbers",
        "another device",
    ],
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


def losses(layer, images):
    """Return the bias's and the weight's gradients of a loss that reads the gradient by the images."""
    (slope,) = torch.autograd.grad(layer(images).square().sum(), images, create_graph=True)
    penalty = slope.square().mean() + layer(images).mean()
    return torch.autograd.grad(penalty, [*layer.parameters()])


def pair_of_layers():
    ours, theirs = LevelConvolution(256, 256), torch.nn.Conv2d(256, 256, 3, padding=1)
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs, torch.randn(2, 256, 16, 16, requires_grad=True)


def test_a_layer_is_differentiated_twice_as_the_librarys_is():
    ours, theirs, images = pair_of_layers()
    torch.testing.assert_close(losses(ours, images), losses(theirs, images), rtol=1e-3, atol=1e-4)


def test_gradients_that_are_taken_within_autocast_stay_in_full_precision():
    ours, _, images = pair_of_layers()
    exact = losses(ours, images)
    values = ours(images).square().sum()
    with torch.autocast("cpu", torch.bfloat16):
        (slope,) = torch.autograd.grad(values, images, create_graph=True)
        with torch.autocast("cpu", enabled=False):
            penalty = slope.square().mean() + ours(images).mean()
        gradients = torch.autograd.grad(penalty, [*ours.parameters()])
    torch.testing.assert_close(gradients, exact)


def test_normalised_spectrally_copied_and_empty():
    layer = LevelConvolution(256, 256)
    normalise_spectrally(layer)
    layer.eval()
    images = torch.randn(2, 256, 16, 16)
    with torch.no_grad():
        theirs = functional.conv2d(images, layer.weight, layer.bias, padding=1)
        assert error_of(copy.deepcopy(layer)(images), theirs) < 5e-6
        assert layer(images[:0]).shape == (0, 256, 16, 16)
