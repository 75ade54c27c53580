"""The default feature space of a data set (`features=auto`)."""

from collections.abc import Callable
from typing import Any

from ganlab.features.base import Features
from ganlab.features.classifier import Classifier
from ganlab.features.efficientnet_lite0 import EfficientNetLite0
from ganlab.features.identity import Identity
from ganlab.features.inception import Inception
from ganlab.features.video_classifier import VideoClassifier
from ganlab.features.video_features import VideoRandom
from ganlab.kinds import kind_of

# By the name of the option in conf/features.
SPACES: dict[str, Callable[[Any], Features]] = {
    "identity": Identity,
    "classifier": lambda data: Classifier(data, data.classifier),
    "efficientnet_lite0": EfficientNetLite0,
    "inception": Inception,
    "video_classifier": VideoClassifier,
    "video_random": VideoRandom,
}


def auto_features(data: Any) -> Features:
    """Return the feature space that the kind of data names as its default."""
    return SPACES[kind_of(data.spec).default_features(data.spec.sample, data.classes_available)](data)
