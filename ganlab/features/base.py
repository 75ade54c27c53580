"""`Features`, the base class of feature spaces, and what they read from a data set."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import Batch, Spec
from ganlab.core.renamed import adopt_former_methods
from ganlab.kinds import kind_of

DIVERGED = "the generator has diverged, so use an earlier checkpoint"
MAX_SPATIAL = 2048  # spatial features per sample: about as many as Inception has pooled features


class Source(Protocol):
    """What every feature space may read from a data set."""

    @property
    def spec(self) -> Spec:
        """The spec, with the shape of a sample."""


class LabelledSource(Source, Protocol):
    """What a feature space that is trained on labels reads from an image data set."""

    @property
    def labels(self) -> Tensor | None:
        """The classes of all samples, or None if they are unknown."""

    @property
    def classes_available(self) -> int:
        """The number of classes, 0 without labels; `spec.classes` counts only classes that the networks see."""

    @property
    def classifier(self) -> str | None:
        """The name of the shipped classifier that was trained on this data, if there is one."""

    def fingerprint(self) -> str:
        """Return a content hash of the data set."""

    def real_samples(self) -> Iterator[Batch]:
        """Yield all training images unaugmented, uint8 of shape (n, channels, height, width), with labels (n,)."""


class FeatureBatch(NamedTuple):
    """Features (n, width) in float32 and, if the space has classes, logits (n, classes).

    `spatial` (n, spatial_width) holds features with their position in the image, or of each frame of a clip, which
    pooled features lose. A feature space fills these three fields; its caller may add the `samples` that it read,
    uint8 images or float32 points, their `labels` (n,), and of samples generated from a condition the `truth`, the
    real sample that belongs to it.
    """

    features: Tensor
    logits: Tensor | None = None
    spatial: Tensor | None = None
    samples: Tensor | None = None
    labels: Tensor | None = None
    truth: Tensor | None = None  # uint8 images (n, channels, height, width)


class Features(nn.Module, ABC):
    """Base class of feature spaces: a frozen `network` with features of shape (n, width).

    It is always in evaluation mode, without gradients, and in full float32 under any autocast. Images are uint8 of
    shape (n, channels, height, width), other samples float32 in the data's own coordinates. Keep it out of modules that
    save their weights. A subclass with a `name` is registered when its module is imported. The constructor's first
    argument is the data set, the others are the settings:

    >>> class Mean(Features):
    ...     name = "mean"
    ...
    ...     def __init__(self, data):
    ...         super().__init__(nn.Flatten(), width=1)
    ...
    ...     def extract(self, samples):
    ...         return FeatureBatch(self.network(samples).float().mean(1, keepdim=True))
    ...
    ...     def describe(self):
    ...         return {"name": self.name, "weights": None, "resize": None, "resolution": None, "width": self.width}
    >>> Mean(data=None)(torch.tensor([[1.0, 3.0]])).features
    tensor([[2.]])
    """

    registered: ClassVar[dict[str, Callable[[Any], "Features"]]] = {}  # by name, of the spaces of imported modules

    name: str
    classes: int = 0  # number of logits, 0 if the space has none
    spatial_width: int = 0  # number of spatial features, 0 if the space has none

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        adopt_former_methods(cls, {"missing": "unavailable_reason"})
        if "name" in vars(cls):
            Features.registered[cls.name] = cls

    def __init__(self, network: nn.Module, width: int) -> None:
        super().__init__()
        self.network = network.requires_grad_(False)
        self.width = width
        self.eval()

    def train(self, mode: bool = True) -> "Features":
        """Stay in evaluation mode, also if a parent module switches to training mode."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, samples: Tensor) -> FeatureBatch:
        """Return the features of samples (n, *spec.sample)."""
        with torch.autocast(samples.device.type, enabled=False), full_precision():
            return self.extract(samples)

    @classmethod
    def unavailable_reason(cls, **settings: Any) -> str | None:
        """Return None if a space with these settings can be built here, else one sentence: why not, and what to do.

        Loads, trains and downloads nothing.
        """
        return None

    @abstractmethod
    def extract(self, samples: Tensor) -> FeatureBatch:
        """Compute the features; called without gradients and without autocast."""

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Return what makes scores comparable: name, sha256 of the weights, resize rule, resolution, width."""


def image_channels(data: Source, name: str) -> int:
    """Return the images' channels, 1 or 3; raises ValueError if the space `name` cannot read the data's samples."""
    match data.spec.sample:
        case [1 | 3 as channels, int(), int()]:
            return channels
        case shape:
            raise ValueError(
                f"features={name} reads images of 1 or 3 channels, but the data's samples have shape {shape}; choose "
                "features=identity"
            )


def quantise(samples: Tensor) -> Tensor:
    """Quantise images in [−1, 1] to uint8; raises ValueError for values that are not finite."""
    return check_finite(samples).clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8)


def scored_samples(samples: Tensor, spec: Spec) -> Tensor:
    """Return samples as feature spaces read them: images in [−1, 1] as uint8, real and generated alike.

    uint8 samples and samples of other kinds are returned unchanged.
    """
    return quantise(samples) if kind_of(spec).is_quantised and samples.dtype != torch.uint8 else samples


def check_finite(samples: Tensor, name: str = "samples", advice: str = DIVERGED) -> Tensor:
    """Return the samples; raises ValueError if one contains NaN or infinity, which would not show in a score."""
    broken = int((~samples.isfinite()).flatten(1).any(1).sum())
    if broken:
        raise ValueError(
            f"{broken} of {len(samples)} {name} hold NaN or infinite values and cannot be scored; {advice}"
        )
    return samples


def flatten_spatial(maps: Tensor) -> Tensor:
    """Flatten maps (n, channels, height, width) to (n, ≤ 2048): the first channels that fit, but at least one.

    Of Inception's 17 × 17 maps these are the seven channels of sFID (Nash et al. 2021).
    """
    pixels = maps.shape[2] * maps.shape[3]
    return maps[:, : max(1, MAX_SPATIAL // pixels)].flatten(1)


@contextmanager
def full_precision() -> Iterator[None]:
    """Compute float32 operations without TF32 and bfloat16, so scores do not depend on the type of processor."""
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
