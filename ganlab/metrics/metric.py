"""What a metric is: a function of what was gathered of real and of generated samples, or of the model itself."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from torch import nn

from ganlab.core.interfaces import Batch, Capability, Game
from ganlab.features.base import Features, Source
from ganlab.games.sampler import Sampler
from ganlab.metrics.statistics import SampleStatistics, Statistic


@final
@dataclass(frozen=True)
class EvaluationContext:
    """A game, its kept generator, and the data it was trained on; a probe that trains something trains copies."""

    game: Game
    generator: nn.Module  # the kept one, EMA or live
    sampler: Sampler  # of the kept generator
    features: Features
    reals: Callable[[str, int], Iterator[Batch]]  # (split, count) → real samples in network coordinates
    held_out: str  # the split that scores compare with
    samples: int  # the protocol's number of samples
    batch_size: int
    seed: int
    step: int  # how many the game has been trained for, by which its schedules go


class UnsuitableMetricError(ValueError):
    """A metric that means nothing for this data, in this feature space, or without the model."""


class BaseMetric(ABC):
    """A named measurement that gives one or more scores.

    Built from the feature space and the data set; raises Unsuitable for those that it cannot read.
    """

    name: ClassVar[str]
    scores: ClassVar[dict[str, bool | None]]  # by name: is higher better? None where neither is
    needs_logits: ClassVar[bool] = False
    needs_labels: ClassVar[bool] = False  # of the data, as the generator is told them
    reference: ClassVar[str] = "none"  # the real samples it reads, by name

    def __init__(self, features: Features, data: Source | None = None) -> None:
        self.check(features)
        if self.needs_labels and not (data and data.spec.classes):
            raise UnsuitableMetricError(
                f"metric={self.name} needs classes, but this model is not told any; set data.labels=true for labelled "
                f"data, or drop {self.name} from metric"
            )

    def check(self, features: Features) -> None:
        """Raise Unsuitable where the feature space does not give what is needed."""
        if self.needs_logits and not features.classes:
            raise UnsuitableMetricError(
                f"metric={self.name} needs class probabilities, which features={features.name} does not give; "
                f"choose features=classifier or features=inception, or drop {self.name} from metric"
            )

    def describe(self) -> dict[str, Any]:
        """Return the settings that a score must share with another to be comparable."""
        return {}


class Metric(BaseMetric, ABC):
    """A function of the statistics of generated samples and, where it has a `reference`, of real ones.

    `reference` is "held_out" for the real samples that the protocol names, "train" for those the model was trained on,
    and "none" for a metric of generated samples alone.
    """

    reference: ClassVar[str] = "held_out"

    @property
    @abstractmethod
    def statistics(self) -> Sequence[Statistic]:
        """What is gathered of the generated samples, and of the reference."""

    @abstractmethod
    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return the scores by name; raises ValueError where there are too few samples. Draws no random number."""


class ModelMetric(BaseMetric, ABC):
    """A measurement that has to ask the model, not only its samples."""

    requires: ClassVar[frozenset[Capability]] = frozenset()  # what the game must offer

    @classmethod
    def refusal(cls, game: type[Game]) -> str:
        """Return why a kind of game cannot be asked, in a sentence; nothing where it can."""
        missing = sorted(capability.value for capability in cls.requires - game.provides)
        if not missing:
            return ""
        return (
            f"metric={cls.name} requires {' and '.join(missing)}, which {game.__name__} does not have; remove "
            f"{cls.name} from metric"
        )

    @abstractmethod
    def measure(self, subject: EvaluationContext) -> dict[str, float]:
        """Return the scores by name; leaves the model as it was."""
