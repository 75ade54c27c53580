"""Maxout units, and the discriminator of PacGAN's experiments."""

import pytest
import torch

from ganlab.core.interfaces import Spec
from ganlab.discriminators import Maxout
from ganlab.layers.maxout import Maxout as MaxoutLayer


def test_a_unit_is_the_largest_of_its_linear_functions():
    layer = MaxoutLayer(1, 1, 2)
    with torch.no_grad():
        layer.linear.weight.copy_(torch.tensor([[1.0], [-1.0]]))
        layer.linear.bias.zero_()
    assert layer(torch.tensor([[-3.0], [2.0]])).tolist() == [[3.0], [2.0]]  # the absolute value


def test_parameters_are_those_of_the_published_network():
    # 4 -> 200 -> 200 -> 200 -> 1 with five pieces, for packs of two points
    inputs = [4, 200, 200]
    expected = sum((size + 1) * 1000 for size in inputs) + 201
    network = Maxout(Spec((4,)))
    assert sum(weight.numel() for weight in network.parameters()) == expected
    assert network.body[1].linear.weight.std().item() == pytest.approx(0.02, rel=0.02)
    assert not network.body[1].linear.bias.any()


@pytest.mark.parametrize("shape", [(2,), (3, 5), (1, 4, 4)])
def test_any_shape_gives_one_logit_per_sample(shape):
    assert Maxout(Spec(shape), widths=[8, 8])(torch.randn(6, *shape)).shape == (6,)


@pytest.mark.parametrize(("settings", "text"), [({"pieces": 0}, "pieces"), ({"widths": [0]}, "widths")])
def test_settings_out_of_range_are_refused(settings, text):
    with pytest.raises(ValueError, match=text):
        Maxout(Spec((2,)), **settings)
