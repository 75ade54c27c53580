"""Initial weights have the spread that their papers derive."""

import pytest
import torch
from torch import nn

from ganlab import discriminators, generators
from ganlab.core.interfaces import Spec
from ganlab.layers import initialise

SPREADS = {"he": (2 / 200) ** 0.5, "xavier": (2 / 300) ** 0.5, "dcgan": 0.02}


@pytest.mark.parametrize("name", SPREADS)
def test_spread(name):
    layer = nn.Linear(200, 100)
    initialise(layer, name)
    assert layer.weight.std().item() == pytest.approx(SPREADS[name], rel=0.03)
    assert not layer.bias.any()


def test_signals_keep_their_size_through_deep_networks_of_relus():
    # What torch's own initial weights lose in each layer, He et al. 2015, section 2.2, keep.
    sizes = {}
    for init in ("torch", "he"):
        network = generators.MLP(Spec((50,), latent=50), widths=[256] * 6, activation="relu", init=init)
        points = network(torch.randn(500, 50))
        sizes[init] = (points - points.mean(0)).square().mean().item()
    assert sizes["torch"] < 0.01
    assert 0.3 < sizes["he"] < 6


def test_a_critic_starts_by_name_too():
    critic = discriminators.MLP(Spec((200,)), widths=[100], init="he")
    assert critic.body[0].weight.std().item() == pytest.approx(SPREADS["he"], rel=0.03)
    with pytest.raises(ValueError, match="init must be one of dcgan, xavier, orthogonal, he, torch, got 'hee'"):
        discriminators.MLP(Spec((200,)), init="hee")
