"""Whether a generator of images from images keeps the class of its input."""

from collections.abc import Mapping
from typing import ClassVar, final

from ganlab.core.score_range import SHARE, ScoreRange
from ganlab.features.base import Features, LabelledSource
from ganlab.metrics.class_share import ClassShare
from ganlab.metrics.metric import UnsuitableMetricError


@final
class ClassKept(ClassShare):
    """Share of outputs that the data set's classifier assigns to the class of their input; higher is better.

    A translator that turns a 3 into an 8 may have an excellent FID. 1/classes is chance, and what a perfect translator
    scores is the classifier's own accuracy on real samples. Unlike `class_accuracy`, it needs classes that the data
    knows and the networks never receive: their condition is an image. Raises UnsuitableMetricError if the condition is
    no image, if the data has no classes, or if the feature space has other classes.
    """

    name: ClassVar[str] = "class_kept"
    scores: ClassVar[dict[str, bool | None]] = {"class_kept": True}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"class_kept": SHARE}

    def __init__(self, features: Features, data: LabelledSource) -> None:
        super().__init__(features, data, _count_classes(data))


def _count_classes(data: LabelledSource) -> int:
    """Return the number of classes; raises UnsuitableMetricError without inputs that are images, or without classes."""
    match data.spec.cond:
        case [int(), int(), int()]:
            classes = data.classes_available
        case _:
            raise UnsuitableMetricError(
                "metric=class_kept follows the class of an image through its translation, but this generator's "
                "input is no image; choose metric=class_accuracy, or remove class_kept from metric"
            )
    if not classes:
        raise UnsuitableMetricError(
            "metric=class_kept needs the class of each input, but this data has no classes; sort the images into one "
            "folder per class, or remove class_kept from metric"
        )
    return classes
