"""Initial weights have the standard deviation that their papers derive."""

import pytest
import torch
from torch import nn

from ganlab import discriminators, generators
from ganlab.core.interfaces import Spec
from ganlab.layers import initialise

DEVIATIONS = {"he": (2 / 200) ** 0.5, "xavier": (2 / 300) ** 0.5, "dcgan": 0.02}


@pytest.mark.parametrize("name", DEVIATIONS)
def test_standard_deviation(name):
    layer = nn.Linear(200, 100)
    initialise(layer, name)
    assert layer.weight.std().item() == pytest.approx(DEVIATIONS[name], rel=0.03)
    assert not layer.bias.any()


def test_he_initialisation_preserves_the_variance_through_deep_relu_networks():
    # torch's default initial weights reduce the variance in each layer; those of He et al. 2015, section 2.2, do not.
    variances = {}
    for init in ("torch", "he"):
        network = generators.MLP(Spec((50,), latent=50), widths=[256] * 6, activation="relu", init=init)
        points = network(torch.randn(500, 50))
        variances[init] = (points - points.mean(0)).square().mean().item()
    assert variances["torch"] < 0.01
    assert 0.3 < variances["he"] < 6


def test_discriminators_are_initialised_by_name_too():
    discriminator = discriminators.MLP(Spec((200,)), widths=[100], init="he")
    assert discriminator.body[0].weight.std().item() == pytest.approx(DEVIATIONS["he"], rel=0.03)
    with pytest.raises(ValueError, match="init must be one of dcgan, xavier, orthogonal, he, torch, got 'hee'"):
        discriminators.MLP(Spec((200,)), init="hee")
