"""The ways that class labels enter networks, by name."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from torch import nn

from ganlab.interfaces import Spec
from ganlab.layers.class_norm import NormLabels
from ganlab.layers.labels import ClassLabels, LabelInput
from ganlab.layers.options import choice

GENERATOR_WAYS = ("concat", "norm")  # beside "none"
CRITIC_WAYS = ("concat", "projection")


@dataclass(frozen=True)
class Conditioning:
    """The way of each network; raises ValueError for an unknown one."""

    generator: str = "concat"
    discriminator: str = "concat"

    def __post_init__(self) -> None:
        choice("generator", self.generator, dict.fromkeys((*GENERATOR_WAYS, "none")))
        choice("discriminator", self.discriminator, dict.fromkeys((*CRITIC_WAYS, "none")))


def generator_labels(labels: str, spec: Spec) -> LabelInput:
    """Build the label input of a generator that passes labels to its normalisations; raises ValueError as `seen_by`."""
    seen = seen_by(labels, spec, *GENERATOR_WAYS)
    return NormLabels(seen["norm"]) if labels == "norm" else ClassLabels(seen["concat"])


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
