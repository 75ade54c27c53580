"""Class accuracy: whether a conditional generator makes samples of the requested class."""

from collections.abc import Mapping
from typing import ClassVar, final

from ganlab.core.score_range import SHARE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.class_share import ClassShare


@final
class ClassAccuracy(ClassShare):
    """Share of generated samples that the data set's classifier assigns to the class they were generated for.

    Between 0 and 1; higher is better, 1/classes is chance. Real samples score the accuracy of the classifier itself,
    and higher scores mean nothing more. A generator with one good sample per class scores as well as a diverse one.
    Raises UnsuitableMetricError if the classifier does not have the data's classes.
    """

    name: ClassVar[str] = "class_accuracy"
    scores: ClassVar[dict[str, bool | None]] = {"class_accuracy": True}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"class_accuracy": SHARE}
    needs_labels: ClassVar[bool] = True

    def __init__(self, features: Features, data: Source) -> None:
        super().__init__(features, data, data.spec.classes)
