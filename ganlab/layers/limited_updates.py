"""Limits the updates of a network to a part of its weights: frozen first layers, or few weights alone."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from torch import nn
from torch.nn.utils.parametrize import ParametrizationList

from ganlab.core.errors import suggest
from ganlab.layers.ordered_layers import layers_of
from ganlab.layers.weight_groups import DESCRIPTIONS, GROUPS, weights_of_group

ALL = "all"


def limit_updates(network: nn.Module, frozen: int = 0, trainable: str | Sequence[str] = ALL) -> None:
    """Let all weights but some of a network require no gradients, so that its player does not update them.

    The first `frozen` layers keep their weights (Mo et al. 2020, FreezeD). Of the others, `trainable` names those that
    are updated: "all", "norms" (Noguchi & Harada 2019), "styles", or patterns of names such as "head.*". Spectral
    normalisation of a weight that is not updated keeps its estimate; running statistics follow the data in any case.
    Raises ValueError if the network has no such layers or weights, or if none is left to update.
    """
    layers = layers_of(network)
    if not 0 <= frozen <= len(layers):
        raise ValueError(
            f"frozen must be from 0 to {len(layers)}, the number of layers of {type(network).__name__}, got {frozen}"
        )
    kept = {id(weight) for layer in layers[:frozen] for module in layer for weight in module.parameters()}
    patterns = [trainable] if isinstance(trainable, str) else list(trainable)
    chosen = {id(weight) for pattern in patterns for weight in _select(network, pattern)} - kept
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    if not any(id(weight) in chosen for weight in weights):
        raise ValueError(
            f"frozen={frozen} and trainable={','.join(patterns)} leave no weights of {type(network).__name__} to "
            "update; lower frozen, or name more weights"
        )
    for weight in weights:
        weight.requires_grad_(id(weight) in chosen)
    _keep_spectral_norms(network)


def _select(network: nn.Module, pattern: str) -> list[nn.Parameter]:
    """Return the weights that a group or a pattern of names means; raises ValueError if there are none."""
    weights = {name.replace("parametrizations.weight.original", "weight"): w for name, w in network.named_parameters()}
    if pattern == ALL:
        return list(weights.values())
    if pattern in GROUPS:
        if not (selected := weights_of_group(network, pattern)):
            raise ValueError(f"trainable={pattern}: {type(network).__name__} has no {DESCRIPTIONS[pattern]}")
        return selected
    selected = [weight for name, weight in weights.items() if fnmatchcase(name, pattern)]
    if not selected:
        similar = suggest(pattern, [ALL, *GROUPS, *weights])
        raise ValueError(
            f"trainable={pattern}: no weights of {type(network).__name__} have such names; choose {ALL}, "
            f"{', '.join(GROUPS)}, or names such as {next(iter(weights), 'head.*')}{similar}"
        )
    return selected


def _keep_spectral_norms(network: nn.Module) -> None:
    """Stop the power iteration for weights that are not updated."""
    for module in network.modules():
        if isinstance(module, ParametrizationList) and not any(w.requires_grad for w in module.parameters()):
            for parametrization in module:
                parametrization.register_forward_pre_hook(_evaluate)


def _evaluate(module: nn.Module, inputs: Any) -> None:
    if module.training:
        module.eval()
