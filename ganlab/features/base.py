"""The spaces in which samples are compared, and what they may ask of a data set."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import Batch, Spec

SPATIAL = 2048  # spatial features a sample, at most: about as many as Inception has pooled ones


class Source(Protocol):
    """What every feature space may know of the data set."""

    @property
    def spec(self) -> Spec:
        """The shape of a sample."""


class Labelled(Source, Protocol):
    """What a feature space that learns from labels asks of an image data set."""

    @property
    def labels(self) -> Tensor | None:
        """The classes of all samples, or None where they are unknown."""

    @property
    def classes_available(self) -> int:
        """The number of classes, 0 without labels; `spec.classes` tells only those that the networks see."""

    @property
    def classifier(self) -> str | None:
        """The name of the shipped classifier that was trained on this data, if there is one."""

    def fingerprint(self) -> str:
        """Return a text that differs for every other content of the data set."""

    def reals(self) -> Iterator[Batch]:
        """Yield all training images unaugmented, uint8 of shape (n, channels, height, width), with labels (n,)."""


class FeatureBatch(NamedTuple):
    """Features (n, width) in float32 and, where the space has classes, logits (n, classes).

    `spatial` (n, width_s) keeps where in the image something is, which pooled features forget. An extractor fills these
    three; whoever calls it may add the `samples` that it read, uint8 images or float32 points, and their `labels` (n,).
    """

    features: Tensor
    logits: Tensor | None = None
    spatial: Tensor | None = None
    samples: Tensor | None = None
    labels: Tensor | None = None


class Features(nn.Module, ABC):
    """A frozen feature space: always in evaluation mode, without gradients, in full float32 under any autocast.

    Keep it outside of the modules whose weights are saved. Images come as uint8 of shape (n, channels, height, width),
    points as float32 in the data's own coordinates.
    """

    name: str
    classes: int = 0  # positive where the space gives class logits
    spatial_width: int = 0  # positive where the space gives spatial features

    def __init__(self, network: nn.Module, width: int) -> None:
        super().__init__()
        self.network = network.requires_grad_(False)
        self.width = width
        self.eval()

    def train(self, mode: bool = True) -> "Features":
        """Stay in evaluation mode, whatever a parent module is told."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, samples: Tensor) -> FeatureBatch:
        """Return the features of a batch of samples."""
        with torch.autocast(samples.device.type, enabled=False), full_precision():
            return self.extract(samples)

    @classmethod
    def missing(cls, **settings: Any) -> str | None:
        """Return None where a space of these settings can be built here, else a sentence: why not, and what to do.

        Nothing is loaded, trained or downloaded for it.
        """
        return None

    @abstractmethod
    def extract(self, samples: Tensor) -> FeatureBatch:
        """Compute the features; called without gradients and without autocast."""

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Return what makes a score of this space comparable: name, weights' sha256, resize rule, resolution, width."""


def image_channels(data: Source, name: str) -> int:
    """Return 1 or 3; raises ValueError where the samples are no images that the space `name` could read."""
    match data.spec.sample:
        case [1 | 3 as channels, int(), int()]:
            return channels
        case other:
            wrong = f"features={name} reads images of 1 or 3 channels, but the data's samples have shape {other}"
            raise ValueError(f"{wrong}; choose features=identity")


def quantise(samples: Tensor) -> Tensor:
    """Round images in [−1, 1] to uint8; raises ValueError for values that are not finite."""
    return check_finite(samples).clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8)


def check_finite(samples: Tensor) -> Tensor:
    """Return the samples; raises ValueError where one holds NaN or infinity, which every score would swallow."""
    broken = int((~samples.isfinite()).flatten(1).any(1).sum())
    if broken:
        raise ValueError(
            f"{broken} of {len(samples)} samples hold NaN or infinite values and cannot be scored; "
            "the generator has diverged, so go back to an earlier checkpoint"
        )
    return samples


def spatial(maps: Tensor) -> Tensor:
    """Flatten maps (n, channels, height, width) to (n, ≤ 2048): the first channels, as many as fit, and at least one.

    Of Inception's 17 × 17 maps these are the seven channels of sFID (Nash et al. 2021).
    """
    pixels = maps.shape[2] * maps.shape[3]
    return maps[:, : max(1, SPATIAL // pixels)].flatten(1)


@contextmanager
def full_precision() -> Iterator[None]:
    """Switch off TF32 and bfloat16 within float32, which would make scores depend on the kind of processor."""
    backends: Any = torch.backends
    settings = (backends.cudnn.conv, backends.cuda.matmul, backends.mkldnn.conv, backends.mkldnn.matmul)
    before = [setting.fp32_precision for setting in settings]
    try:
        for setting in settings:
            setting.fp32_precision = "ieee"
        yield
    finally:
        for setting, value in zip(settings, before, strict=True):
            setting.fp32_precision = value
