"""Dropout by 16-bit random numbers has the distribution of torch's, in every layout."""

import pytest
import torch
from torch import nn

from ganlab.layers.dropout import Dropout, draw_mask


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.9])
def test_the_share_of_zeros_and_the_mean_are_those_of_dropout(p):
    count = 200_000
    values = Dropout(p)(torch.ones(count))
    deviations = (p * (1 - p) / count) ** 0.5
    assert abs(float((values == 0).float().mean()) - p) < 4 * deviations
    assert abs(float(values.mean()) - 1) < 4 * deviations / (1 - p)
    assert len(values.unique()) == 2


def test_values_are_dropped_independently_of_their_neighbours_and_in_all_four_parts_of_a_word():
    kept = draw_mask(torch.empty(400_000), 1 << 15).double().reshape(-1, 4)
    torch.testing.assert_close(kept.mean(0), torch.full((4,), 0.5, dtype=torch.double), atol=0.007, rtol=0)
    assert kept.T.corrcoef().fill_diagonal_(0).abs().max() < 0.015
    assert torch.stack([kept[:-1, 3], kept[1:, 0]]).corrcoef()[0, 1].abs() < 0.015


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("shape", [(3, 5, 4, 7), (2, 3, 8, 8)])
def test_the_layout_and_the_type_stay_and_gradients_have_the_same_mask(layout, shape):
    samples = torch.randn(shape, dtype=torch.bfloat16).contiguous(memory_format=layout).requires_grad_()
    values = Dropout(0.5)(samples)
    assert values.dtype == torch.bfloat16
    assert values.is_contiguous(memory_format=layout)
    values.sum().backward()
    assert torch.equal(samples.grad, (values != 0) * torch.tensor(2.0, dtype=torch.bfloat16))
    assert torch.equal(values[values != 0], 2 * samples[values != 0])


def test_the_same_seed_gives_the_same_values_and_the_next_draw_others():
    layer, ones = Dropout(0.5), torch.ones(1001)
    torch.manual_seed(7)
    first, second = layer(ones), layer(ones)
    torch.manual_seed(7)
    assert torch.equal(layer(ones), first)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("p", [0.0, 1e-9, 1.0])
def test_limits_of_the_probability_are_those_of_torch(p):
    ones = torch.ones(100)
    assert torch.equal(Dropout(p)(ones), nn.Dropout(p)(ones))


def test_nothing_is_dropped_in_evaluation():
    samples = torch.randn(10)
    assert torch.equal(Dropout(0.5).eval()(samples), samples)


def test_second_derivatives_exist_as_gradient_penalties_need_them():
    network = nn.Sequential(nn.Linear(3, 8), nn.Softplus(), Dropout(0.5), nn.Linear(8, 1)).double()
    samples = torch.randn(4, 3, dtype=torch.double, requires_grad=True)

    def output(samples):
        torch.manual_seed(1)
        return network(samples)

    assert torch.autograd.gradgradcheck(output, (samples,))
