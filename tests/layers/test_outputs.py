"""Last layers of generators: the range of pixels, and gradients at its ends."""

import pytest
import torch

from ganlab.layers.outputs import LIMIT, Clamp, build_image_output


@pytest.mark.parametrize("name", ["tanh", "clamp"])
def test_pixels_are_in_range(name):
    pixels = build_image_output(name)(torch.linspace(-5, 5, 101))
    assert pixels.min() >= -1
    assert pixels.max() <= 1
    assert (pixels.diff() >= 0).all()


def test_only_the_clamp_reaches_saturated_pixels_and_keeps_those_between():
    values = torch.tensor([-1.2, -1.0, 0.3, 1.01])
    assert Clamp()(values).tolist() == pytest.approx([-1, -1, 0.3, 1])
    assert (torch.tanh(values).abs() < 0.9).all()


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_gradient_passes_unless_it_leads_further_out(sign):
    values = (sign * torch.tensor([0.5, 1.2, LIMIT + 0.1, LIMIT + 0.1])).requires_grad_()
    gradient = sign * torch.tensor([-1.0, -1.0, -1.0, 1.0])  # a step goes against it: outwards, but for the last
    Clamp()(values).backward(gradient)
    assert (values.grad == sign * torch.tensor([-1.0, -1.0, 0.0, 1.0])).all()


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="output"):
        build_image_output("sigmoid")
