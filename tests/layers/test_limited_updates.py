"""Frozen layers and updates of few weights: which weights a network's player updates."""

import pytest
import torch
from torch import nn

from ganlab import discriminators, generators
from ganlab.core.interfaces import Spec
from ganlab.layers import build_encoder, build_packed
from ganlab.layers.limited_updates import limit_updates
from ganlab.layers.ordered_layers import layers_of

IMAGES = Spec((1, 16, 16), latent=4)
CLASSES = Spec((1, 16, 16), (), 3, latent=4)


def names_of(network):
    """Return the modules of each layer by their names in the network."""
    names = {id(module): name for name, module in network.named_modules()}
    return ["+".join(names[id(module)] for module in layer) for layer in layers_of(network)]


def updated(network):
    return {name for name, weight in network.named_parameters() if weight.requires_grad}


def small_dcgan(spec=IMAGES, **settings):
    return discriminators.DCGAN(spec, width=4, **settings)


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (small_dcgan(norm="batch"), ["body.0", "body.4+body.5", "head.0"]),
        (small_dcgan(spectral_norm=True), ["body.0", "body.4", "head.0"]),
        (discriminators.ResNet(IMAGES, width=4), ["body.0", "body.1", "body.2", "body.3", "head.0"]),
        (generators.DCGAN(IMAGES, width=4), ["project.0+project.1.1", "body.0+body.1", "body.3"]),
        (generators.MLP(IMAGES, [4], norm="batch"), ["body.0.0+body.0.1", "body.1"]),
        (
            discriminators.MultiScale(IMAGES, lambda spec: discriminators.MLP(spec, [4])),
            ["critics.0.body.0+critics.1.body.0", "critics.0.head.0+critics.1.head.0"],
        ),
        (build_packed(small_dcgan, IMAGES, 2), ["critic.body.0", "critic.body.4", "critic.head.0"]),
        (build_encoder(small_dcgan, IMAGES, 4), ["critic.body.0", "critic.body.4", "dense"]),
    ],
    ids=["norms", "spectral norm", "blocks", "generator", "dense", "parallel", "packs", "encoder"],
)
def test_layers_are_those_from_the_input_on(network, expected):
    assert names_of(network) == expected


def test_the_first_layers_are_frozen():
    network = small_dcgan(norm="batch")
    limit_updates(network, frozen=2)
    assert updated(network) == {"head.0.weight", "head.0.bias"}
    assert {name for name, _ in network.named_parameters()} - updated(network) == {
        "body.0.weight", "body.0.bias", "body.4.weight", "body.5.weight", "body.5.bias"
    }  # fmt: skip


def test_only_norms_are_updated():
    network = generators.DCGAN(IMAGES, width=4)
    limit_updates(network, trainable="norms")
    assert updated(network) == {f"{norm}.{kind}" for norm in ("project.1.1", "body.1") for kind in ("weight", "bias")}


@pytest.mark.parametrize(
    "network",
    [
        generators.DCGAN(CLASSES, width=4, labels="norm"),
        generators.BigGAN(CLASSES, width=4),
        generators.MLP(CLASSES, [4], norm="layer"),
    ],
    ids=["norms by class", "conditional norms", "layer norms"],
)
def test_scales_and_shifts_of_every_norm_are_updated(network):
    limit_updates(network, trainable="norms")
    count = sum(weight.numel() for weight in network.parameters() if weight.requires_grad)
    assert 0 < count < 0.6 * sum(weight.numel() for weight in network.parameters())
    assert not any(
        weight.requires_grad
        for module in network.modules()
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)
        for weight in module.parameters()
    )


def test_only_the_modulation_by_styles_is_updated():
    network = generators.StyleGAN2(IMAGES, width=4, style_size=8, mapping_layers=1)
    limit_updates(network, trainable="styles")
    assert updated(network) == {name for name, _ in network.named_parameters() if ".style." in name}
    assert any("to_image.style" in name for name in updated(network))


def test_weights_are_named_by_patterns_also_under_spectral_norm():
    network = small_dcgan(spectral_norm=True)
    limit_updates(network, trainable=["head.*", "body.4.weight"])
    assert updated(network) == {
        "head.0.bias",
        "head.0.parametrizations.weight.original",
        "body.4.parametrizations.weight.original",
    }


def test_frozen_layers_are_not_among_the_named_weights():
    network = generators.DCGAN(IMAGES, width=4)
    limit_updates(network, frozen=1, trainable="norms")
    assert updated(network) == {"body.1.weight", "body.1.bias"}


def test_weights_that_never_train_stay_so():
    network = small_dcgan()
    network.head[0].weight.requires_grad_(False)
    limit_updates(network, frozen=1)
    assert "head.0.weight" not in updated(network)


def test_power_iteration_stops_for_frozen_weights_only():
    torch.manual_seed(0)
    network = small_dcgan(spectral_norm=True)
    limit_updates(network, frozen=1)
    network.train()
    before = {name: value.clone() for name, value in network.named_buffers()}
    network(torch.randn(2, 1, 16, 16))
    changed = {name for name, value in network.named_buffers() if not torch.equal(value, before[name])}
    assert {name.split(".parametrizations")[0] for name in before} == {"body.0", "body.4", "head.0"}
    assert {name.split(".parametrizations")[0] for name in changed} == {"body.4"} | (
        {"head.0"} if any("head.0" in name for name in changed) else set()
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"frozen": 4}, "frozen must be from 0 to 3, the number of layers of DCGAN, got 4"),
        ({"frozen": -1}, "frozen must be from 0 to 3, the number of layers of DCGAN, got -1"),
        ({"frozen": 3}, "leave no weights of DCGAN to update"),
        ({"frozen": 2, "trainable": "body.*"}, "leave no weights of DCGAN to update"),
        ({"trainable": []}, "leave no weights of DCGAN to update"),
        ({"trainable": "norm"}, "did you mean 'norms'"),
        ({"trainable": ["all", "bodi.*"]}, "trainable=bodi.*: no weights of DCGAN have such names"),
        ({"trainable": "norms"}, "DCGAN has no normalisation with a scale and a shift"),
        ({"trainable": "styles"}, "DCGAN has no modulation by styles"),
    ],
)
def test_limits_that_a_network_does_not_have_are_errors(settings, sentence):
    network = small_dcgan()
    with pytest.raises(ValueError, match=r".") as error:
        limit_updates(network, **settings)
    assert sentence in str(error.value)
    assert len(updated(network)) == len(list(network.parameters()))
