"""Mode coverage of stacked digits, which a digit classifier counts."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Protocol, final

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch, Spec
from ganlab.core.progress import progress
from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.features.classifier import Classifier
from ganlab.metrics.metric import Metric, UnsuitableMetricError
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic

DIGITS = 10
TRAINING_IMAGES = 20_000  # stacked images whose channels the classifier is trained on
BLOCK = 500  # stacked images per batch


class Stack(Protocol):
    """Images whose channels are grey images."""

    rows: Tensor  # (n, channels): the index of the grey image in each channel
    shape: tuple[int, ...]  # of an image: (channels, height, width)


class StackedDigits(Source, Protocol):
    """A data set whose images stack digits as channels; the class of an image is the number that its digits form."""

    images: Stack
    labels: Tensor

    def fingerprint(self) -> str:
        """Return a content hash of the data set."""

    def real_samples(self, count: int = 0) -> Iterator[Batch]:
        """Yield at most so many training images, uint8 of shape (n, channels, height, width), with labels (n,)."""


@final
class StackedModes(Metric):
    """Number of combinations of stacked digits that a generator makes (Metz et al. 2017; Srivastava et al. 2017).

    `modes` is the number of combinations, out of 1,000 for three channels, that a classifier recognises in at least one
    sample. `reverse_kl` is the KL divergence, in nats, of the distribution of combinations from the uniform one. N
    samples of the data itself have a divergence of about 999/2N by chance, so compare only at equal counts. The
    classifier is trained once, on digits of the data set, and saved in the cache. Raises ValueError if `steps` is below
    1, and UnsuitableMetricError if the data does not stack digits.
    """

    name: ClassVar[str] = "stacked_modes"
    scores: ClassVar[dict[str, bool | None]] = {"modes": True, "reverse_kl": False}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"modes": POSITIVE, "reverse_kl": POSITIVE}
    reference: ClassVar[str] = "none"

    def __init__(self, features: Features, data: StackedDigits, steps: int = 1000) -> None:
        if steps < 1:
            raise ValueError(f"metric.stacked_modes.steps must be at least 1, got {steps}")
        super().__init__(features, data)
        rows = getattr(getattr(data, "images", None), "rows", None)  # the command line allows any data set
        if rows is None:
            raise UnsuitableMetricError(
                "metric=stacked_modes needs images that stack digits; choose data=stacked_mnist, "
                "or remove stacked_modes from metric"
            )
        self.channels, self.steps, self.digits = data.images.shape[0], steps, _Channels(data)

    @cached_property
    def classifier(self) -> Classifier:
        """The classifier of single channels, trained at first use."""
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
        blocks = progress(samples.split(BLOCK), self.name, "block")
        classes = torch.cat([self.classify(block) for block in blocks])
        share = classes.bincount(minlength=DIGITS**self.channels).double() / len(classes)
        return {"modes": float((share > 0).sum()), "reverse_kl": float(torch.xlogy(share, share * len(share)).sum())}

    def describe(self) -> dict[str, Any]:
        """Return the classifier's training data and number of steps."""
        return {"classifier": self.digits.fingerprint(), "steps": self.steps}

    def classify(self, images: Tensor) -> Tensor:
        """Return the numbers (n,) that the digits of uint8 images (n, channels, height, width) form."""
        logits = self.classifier(images.flatten(0, 1)[:, None]).logits
        assert logits is not None
        return _digits_to_numbers(logits.argmax(1).reshape(len(images), self.channels))


@final
class _Channels:
    """The channels of stacked images as a data set of digits that the classifier is trained on."""

    classes_available = DIGITS
    classifier: str | None = None  # no trained classifier is shipped

    def __init__(self, data: StackedDigits) -> None:
        self.data = data
        self.channels, *size = data.images.shape
        self.spec = Spec((1, *size))

    @property
    def labels(self) -> Tensor:
        """The digits of all channels."""
        return _numbers_to_digits(self.data.labels, self.channels).flatten()

    def fingerprint(self) -> str:
        """Return the fingerprint of the stacked images, with the number of images that are read."""
        return f"channels of {TRAINING_IMAGES} of {self.data.fingerprint()}"

    def real_samples(self) -> Iterator[Batch]:
        """Yield grey images, uint8 of shape (n, 1, height, width), with their digits (n,)."""
        for images, numbers in self.data.real_samples(TRAINING_IMAGES):
            yield Batch(images.flatten(0, 1)[:, None], _numbers_to_digits(numbers, images.shape[1]).flatten())


def _digits_to_numbers(digits: Tensor) -> Tensor:
    return digits @ _place_values(digits.shape[1])


def _numbers_to_digits(numbers: Tensor, channels: int) -> Tensor:
    return numbers[:, None] // _place_values(channels) % DIGITS


def _place_values(channels: int) -> Tensor:
    return DIGITS ** torch.arange(channels - 1, -1, -1)
