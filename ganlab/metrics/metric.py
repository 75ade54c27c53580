"""Base classes of metrics: functions of sample statistics, or measurements of the model itself."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from torch import nn

from ganlab.core.interfaces import Batch, Capability, Game
from ganlab.core.score_range import ScoreRange
from ganlab.features.base import Features, Source
from ganlab.games.sampler import Sampler
from ganlab.metrics.statistics import SampleStatistics, Statistic


@final
@dataclass(frozen=True)
class EvaluationContext:
    """What a ModelMetric may read: the game, its generator and the data. Train copies only, never the game itself."""

    game: Game
    generator: nn.Module  # the EMA generator or the live one
    sampler: Sampler  # of that generator
    features: Features
    real_batches: Callable[[str, int], Iterator[Batch]]  # (split, count) → real samples in network coordinates, with
    # the conditions of paired data, else with known labels
    held_out: str  # the split that generated samples are compared with
    samples: int  # the protocol's number of samples
    batch_size: int
    seed: int
    step: int  # of training; the game's schedules depend on it


class UnsuitableMetricError(ValueError):
    """A metric that is undefined for this data, this feature space or this game."""


class BaseMetric(ABC):
    """A named measurement that gives one or more scores; extend `Metric` or `ModelMetric` instead of this class.

    It is built from the feature space and the data set. Raises UnsuitableMetricError, a ValueError, if `needs_logits`
    is set and the feature space has no classes, if `needs_labels` is set and the model is unconditional, or if
    `needs_truth` is set and the data is not paired.

    >>> from types import SimpleNamespace
    >>> from ganlab.core.interfaces import Spec
    >>> from ganlab.features import Identity
    >>> class Confidence(BaseMetric):
    ...     name = "confidence"
    ...     scores = {"confidence": True}  # higher is better
    ...     needs_logits = True
    >>> points = SimpleNamespace(spec=Spec((2,)))  # a data set of points (x, y)
    >>> try:
    ...     Confidence(Identity(points), points)
    ... except UnsuitableMetricError as error:
    ...     print(str(error).partition(";")[0])
    metric=confidence needs class probabilities, which features=identity does not have
    """

    name: ClassVar[str]
    scores: ClassVar[dict[str, bool | None]]  # by name: True if higher is better, None if the score has no direction
    ranges: ClassVar[Mapping[str, ScoreRange]] = {}  # by name, of scores with a range, which their intervals keep to
    needs_logits: ClassVar[bool] = False  # of the feature space
    needs_labels: ClassVar[bool] = False  # of the data, and the generator has to be conditional
    needs_truth: ClassVar[bool] = False  # the sample that belongs to each condition, which paired data has
    reference: ClassVar[str] = "none"  # which real samples it reads: "held_out", "train" or "none"

    needed_real_samples = 0  # with fewer, the scores say little, and their lines say so
    needed_generated_samples = 2  # with fewer, there is no score

    def __init__(self, features: Features, data: Source | None = None) -> None:
        self.check(features)
        if self.needs_labels and not (data and data.spec.classes):
            raise UnsuitableMetricError(
                f"metric={self.name} needs classes, but this model is unconditional; set data.labels=true for labelled "
                f"data, or remove {self.name} from metric"
            )
        if self.needs_truth and not (data and data.spec.paired):
            raise UnsuitableMetricError(
                f"metric={self.name} compares an output with its truth, but this data is not paired; choose data of "
                f"pairs, such as data=paired_folder, or remove {self.name} from metric"
            )

    def check(self, features: Features) -> None:
        """Raise UnsuitableMetricError if the feature space lacks what the metric needs."""
        if self.needs_logits and not features.classes:
            raise UnsuitableMetricError(
                f"metric={self.name} needs class probabilities, which features={features.name} does not have; "
                f"choose features=classifier, features=inception, or features=sound_classifier for sounds, or remove "
                f"{self.name} from metric"
            )

    def describe(self) -> dict[str, Any]:
        """Return the settings that two scores must share to be comparable."""
        return {}


class Metric(BaseMetric, ABC):
    """A function of statistics of generated samples and, if it has a `reference`, of real samples.

    `reference` is "held_out" for the real samples that the protocol names, "train" for the samples that the model was
    trained on, and "none" for a metric of generated samples alone. Raises what `BaseMetric` raises.

    >>> import torch
    >>> from types import SimpleNamespace
    >>> from ganlab.core.interfaces import Spec
    >>> from ganlab.features import FeatureBatch, Identity
    >>> from ganlab.metrics.statistics import AllValues, gather
    >>> class MeanShift(Metric):
    ...     name = "mean_shift"
    ...     scores = {"mean_shift": False}  # lower is better
    ...
    ...     @property
    ...     def statistics(self):
    ...         return [AllValues("features")]  # (n, width), float32
    ...
    ...     def compute(self, real, fake):
    ...         shift = real.rows("features").mean(0) - fake.rows("features").mean(0)
    ...         return {"mean_shift": float(shift.norm())}
    >>> points = SimpleNamespace(spec=Spec((2,)))
    >>> metric = MeanShift(Identity(points), points)
    >>> def statistics_of(samples):  # an Evaluator does this for all metrics in one pass
    ...     return SampleStatistics(gather(iter([(FeatureBatch(samples), 0)]), metric.statistics))
    >>> metric.compute(statistics_of(torch.zeros(5, 2)), statistics_of(torch.tensor([[3.0, 4.0]])))
    {'mean_shift': 5.0}
    """

    reference: ClassVar[str] = "held_out"

    @property
    @abstractmethod
    def statistics(self) -> Sequence[Statistic]:
        """The statistics to gather, of the generated samples and of the reference."""

    @property
    def reference_statistics(self) -> Sequence[Statistic]:
        """The statistics to gather of the reference, if they differ from those of generated samples."""
        return self.statistics

    @abstractmethod
    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return the scores by name, without drawing random numbers; raises ValueError if there are too few samples."""


class ModelMetric(BaseMetric, ABC):
    """A measurement that needs the model, not only its samples.

    Raises what `BaseMetric` raises.

    >>> from types import SimpleNamespace
    >>> from ganlab.core.interfaces import Spec
    >>> from ganlab.features import Identity
    >>> class GeneratorSize(ModelMetric):
    ...     name = "generator_size"
    ...     scores = {"generator_parameters": None}  # no direction
    ...
    ...     def measure(self, context):
    ...         return {"generator_parameters": float(sum(p.numel() for p in context.generator.parameters()))}
    >>> points = SimpleNamespace(spec=Spec((2,)))
    >>> context = SimpleNamespace(generator=nn.Linear(3, 2))  # stands in for an EvaluationContext
    >>> GeneratorSize(Identity(points), points).measure(context)
    {'generator_parameters': 8.0}
    """

    requires: ClassVar[frozenset[Capability]] = frozenset()  # what the game must provide

    @classmethod
    def unsupported_reason(cls, game: type[Game]) -> str:
        """Return why this metric cannot measure a class of games, in one sentence; empty if it can."""
        missing = sorted(capability.value for capability in cls.requires - game.provides)
        if not missing:
            return ""
        return (
            f"metric={cls.name} requires {' and '.join(missing)}, which {game.__name__} does not have; remove "
            f"{cls.name} from metric"
        )

    @abstractmethod
    def measure(self, context: EvaluationContext) -> dict[str, float]:
        """Return the scores by name; leaves the model unchanged."""
