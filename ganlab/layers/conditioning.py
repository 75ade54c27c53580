"""Label modes: how class labels enter a network, by name."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from torch import nn

from ganlab.core.interfaces import Spec
from ganlab.layers.checks import check_one_of
from ganlab.layers.class_norm import NormLabels
from ganlab.layers.image_shapes import condition_image
from ganlab.layers.labels import ClassLabels, LabelInput

GENERATOR_MODES = ("concat", "norm")  # in addition to "none"
DISCRIMINATOR_MODES = ("concat", "projection")


def build_generator_labels(labels: str, spec: Spec) -> LabelInput:
    """Build the label input of a generator with the modes concat and norm; raises ValueError as `label_specs` does."""
    specs = label_specs(labels, spec, *GENERATOR_MODES)
    return NormLabels(specs["norm"]) if labels == "norm" else ClassLabels(specs["concat"])


def label_specs(labels: str | None, spec: Spec, *modes: str) -> dict[str, Spec]:
    """Return a spec for each label mode of a network: the chosen mode sees the condition, the others none.

    `labels` names the chosen mode; None means the first of `modes`, the network's default, or concat if the condition
    is an image; "none" chooses no mode. Raises ValueError for another name, for a mode other than concat if the data
    has no classes, and for an image if concat is not among the modes.
    """
    is_image = condition_image(spec) is not None
    check_one_of("labels", modes[0] if labels is None else labels, (*modes, "none"))
    if labels not in (None, "concat", "none") and not spec.classes:
        raise ValueError(f"labels={labels} needs class labels, but {_without_labels(is_image)}")
    if is_image and labels is None and "concat" not in modes:
        raise ValueError(
            "the data's condition is an image, which this network cannot read; write labels=none to leave it out, "
            "or use a network with labels=concat, such as discriminator=patch"
        )
    chosen = labels or ("concat" if is_image else modes[0])
    unlabelled = replace(spec, cond=None, classes=0) if spec.classes or is_image or labels == "none" else spec
    return {mode: spec if mode == chosen else unlabelled for mode in modes}


def _without_labels(is_image: bool) -> str:
    if is_image:
        return "the data's condition is an image; write labels=concat to append it, or labels=none to leave it out"
    return "the data is used without; write data.labels=true"


def with_label_mode(build: Callable[..., nn.Module], labels: str | None) -> Callable[[Spec], nn.Module]:
    """Set the label mode of a discriminator's factory; None leaves the factory's own setting."""
    return build if labels is None else partial(build, labels=labels)
