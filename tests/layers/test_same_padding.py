"""Halvings that round up, compared with the definition of TensorFlow's "same" padding."""

import pytest
import torch
from torch.nn import functional

from ganlab.layers.same_padding import DoublingSame, HalvingSame, half_size


@pytest.mark.parametrize("size", [(28, 14), (7, 4), (2, 3), (1, 1)])
@pytest.mark.parametrize("kernel", [3, 4, 5])
def test_halving_uses_the_least_padding_with_the_odd_pixel_at_the_end(size, kernel):
    torch.manual_seed(0)
    layer, images = HalvingSame(2, 3, kernel, size), torch.randn(2, 2, *size)
    values = layer(images)
    assert values.shape == (2, 3, *half_size(size))
    # The position that output 0 reads: TensorFlow pads (out - 1) * 2 + kernel - in in total, the smaller half first.
    pads = [max((half - 1) * 2 + kernel - side, 0) for half, side in zip(half_size(size), size, strict=True)]
    wide = functional.pad(images, (kernel, kernel, kernel, kernel))
    top, left = (kernel - pad // 2 for pad in pads)
    first = (wide[:, None, :, top : top + kernel, left : left + kernel] * layer.weight).sum((2, 3, 4)) + layer.bias
    torch.testing.assert_close(values[:, :, 0, 0], first)


@pytest.mark.parametrize("size", [(28, 14), (7, 4), (2, 3)])
@pytest.mark.parametrize("kernel", [3, 4, 5])
def test_doubling_is_the_transpose_of_halving(size, kernel):
    torch.manual_seed(0)
    down, up = HalvingSame(3, 2, kernel, size), DoublingSame(2, 3, kernel, size)
    up.weight.data = down.weight.data
    for layer in (down, up):
        layer.bias.data.zero_()
    large, small = torch.randn(1, 3, *size), torch.randn(1, 2, *half_size(size))
    torch.testing.assert_close((down(large) * small).sum(), (large * up(small)).sum(), rtol=1e-4, atol=1e-4)
