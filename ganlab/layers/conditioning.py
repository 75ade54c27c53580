"""The ways that class labels enter networks, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from torch import nn

from ganlab.interfaces import Spec
from ganlab.layers.class_norm import NormLabels
from ganlab.layers.class_projection import ClassProjection, NoProjection
from ganlab.layers.labels import ClassLabels, LabelInput, NoLabels
from ganlab.layers.options import choice

GENERATOR_LABELS: Mapping[str, Callable[[Spec], LabelInput]] = {
    "concat": ClassLabels,
    "norm": NormLabels,
    "none": NoLabels,
}
CRITIC_LABELS: Mapping[str, Callable[[Spec], LabelInput]] = {
    "concat": ClassLabels,
    "projection": NoLabels,
    "none": NoLabels,
}
PROJECTIONS: Mapping[str, Callable[[Spec, int], nn.Module]] = {
    "concat": lambda spec, features: NoProjection(),
    "projection": ClassProjection,
    "none": lambda spec, features: NoProjection(),
}


@dataclass(frozen=True)
class Conditioning:
    """The way of each network; raises ValueError for an unknown one."""

    generator: str = "concat"
    discriminator: str = "concat"

    def __post_init__(self) -> None:
        choice("generator", self.generator, GENERATOR_LABELS)
        choice("discriminator", self.discriminator, CRITIC_LABELS)


def generator_labels(name: str, spec: Spec) -> LabelInput:
    """Build a generator's label input; raises ValueError for an unknown name."""
    return choice("labels", name, GENERATOR_LABELS)(spec)


def critic_labels(name: str, spec: Spec) -> LabelInput:
    """Build a critic's label input; raises ValueError for an unknown name."""
    return choice("labels", name, CRITIC_LABELS)(spec)


def critic_projection(name: str, spec: Spec, features: int) -> nn.Module:
    """Build what labels add to a critic's last layer; raises ValueError for an unknown name."""
    return choice("labels", name, PROJECTIONS)(spec, features)


def seen_by(labels: str | None, spec: Spec, *ways: str) -> dict[str, Spec]:
    """Return what each of a network's ways for labels is to see of the data: the chosen one classes, the others none.

    The first way is the network's own, which None stands for; "none" is always among them. Raises ValueError for
    another way, and for one that the data has no labels for, unless they only join the input.
    """
    choice("labels", ways[0] if labels is None else labels, dict.fromkeys((*ways, "none")))
    if labels not in (None, "concat", "none") and not spec.classes:
        raise ValueError(f"labels={labels} needs class labels, but the data is used without; write data.labels=true")
    blind = replace(spec, cond=None, classes=0) if spec.classes else spec
    return {way: spec if way == (labels or ways[0]) else blind for way in ways}


def with_labels(critic: Callable[..., nn.Module], labels: str | None) -> Callable[[Spec], nn.Module]:
    """Tell a critic inside another which way labels enter it; None leaves it its own."""
    return critic if labels is None else partial(critic, labels=labels)
