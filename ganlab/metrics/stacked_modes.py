"""Mode coverage of stacked digits, counted by a classifier of digits."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, ClassVar, Protocol, final

import torch
from torch import Tensor
from tqdm import tqdm

from ganlab.core.interfaces import Batch, Spec
from ganlab.features.base import Features, Source
from ganlab.features.classifier import Classifier
from ganlab.metrics.metric import Metric, UnsuitableMetricError
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic

DIGITS = 10
LEARNT_FROM = 20_000  # stacked images, whose channels the classifier sees
BLOCK = 500  # stacked images


class Stack(Protocol):
    """A table of images made of grey ones."""

    rows: Tensor  # (n, channels): which grey image each channel is
    shape: tuple[int, ...]  # of an image


class StackedDigits(Source, Protocol):
    """A data set whose images stack digits as channels; the class of an image is the number that its digits make."""

    images: Stack
    labels: Tensor

    def fingerprint(self) -> str:
        """Return a text that differs for every other content of the data set."""

    def reals(self, count: int = 0) -> Iterator[Batch]:
        """Yield at most so many training images, uint8 of shape (n, channels, height, width), with labels (n,)."""


@final
class StackedModes(Metric):
    """How many combinations of stacked digits a generator makes (Metz et al. 2017; Srivastava et al. 2017).

    `modes` is the number of combinations, of 1,000 for three channels, in which a classifier sees at least one sample;
    `reverse_kl` the divergence, in nats, of the samples' combinations from the even distribution. N samples of the data
    itself have about 999/2N, from chance alone: compare at equal counts only. The classifier is trained once on the
    data set's own digits and kept in the cache. Raises ValueError for steps below 1.
    """

    name: ClassVar[str] = "stacked_modes"
    scores: ClassVar[dict[str, bool | None]] = {"modes": True, "reverse_kl": False}
    reference: ClassVar[str] = "none"

    def __init__(self, features: Features, data: StackedDigits, steps: int = 1000) -> None:
        super().__init__(features, data)
        rows = getattr(getattr(data, "images", None), "rows", None)  # the command line pairs this with any data set
        if rows is None:
            raise UnsuitableMetricError(
                "metric=stacked_modes needs images that stack digits; choose data=stacked_mnist, "
                "or drop stacked_modes from metric"
            )
        if steps < 1:
            raise ValueError(f"metric.stacked_modes.steps must be at least 1, got {steps}")
        self.channels, self.steps, self.digits = data.images.shape[0], steps, _Channels(data)

    @cached_property
    def classifier(self) -> Classifier:
        """The classifier of one channel, trained when it is first needed."""
        return Classifier(self.digits, steps=self.steps)

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All images."""
        return [AllValues("samples")]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `modes` and `reverse_kl`; raises ValueError without samples."""
        samples = fake.rows("samples")
        if not len(samples):
            raise ValueError("stacked_modes needs at least 1 generated sample, got 0")
        parts = tqdm(samples.split(BLOCK), desc=self.name, unit="block", delay=2, leave=False, disable=None)
        seen = torch.cat([self.classes(part) for part in parts])
        share = seen.bincount(minlength=DIGITS**self.channels).double() / len(seen)
        return {"modes": float((share > 0).sum()), "reverse_kl": float(torch.xlogy(share, share * len(share)).sum())}

    def describe(self) -> dict[str, Any]:
        """Return what the classifier learns from, and for how many steps."""
        return {"classifier": self.digits.fingerprint(), "steps": self.steps}

    def classes(self, images: Tensor) -> Tensor:
        """Return the numbers (n,) that the digits of uint8 images (n, channels, height, width) make."""
        logits = self.classifier(images.flatten(0, 1)[:, None]).logits
        assert logits is not None
        return _number(logits.argmax(1).reshape(len(images), self.channels))


@final
class _Channels:
    """The channels of stacked images as a data set of digits, for a classifier to learn from."""

    classes_available = DIGITS
    classifier: str | None = None  # none is shipped

    def __init__(self, data: StackedDigits) -> None:
        self.data = data
        self.channels, *size = data.images.shape
        self.spec = Spec((1, *size))

    @property
    def labels(self) -> Tensor:
        """The digits of the channels."""
        return _digits(self.data.labels, self.channels).flatten()

    def fingerprint(self) -> str:
        """Return the stacked images' own, and how many of them are read."""
        return f"channels of {LEARNT_FROM} of {self.data.fingerprint()}"

    def reals(self) -> Iterator[Batch]:
        """Yield grey images with their digits."""
        for images, numbers in self.data.reals(LEARNT_FROM):
            yield Batch(images.flatten(0, 1)[:, None], _digits(numbers, images.shape[1]).flatten())


def _number(digits: Tensor) -> Tensor:
    return digits @ _places(digits.shape[1])


def _digits(numbers: Tensor, channels: int) -> Tensor:
    return numbers[:, None] // _places(channels) % DIGITS


def _places(channels: int) -> Tensor:
    return DIGITS ** torch.arange(channels - 1, -1, -1)
