"""The default feature space of a data set (`features=auto`)."""

from typing import Any

from ganlab.features.base import Features
from ganlab.features.classifier import Classifier
from ganlab.features.efficientnet_lite0 import EfficientNetLite0
from ganlab.features.identity import Identity
from ganlab.features.inception import Inception

# Up to this side in pixels a small classifier trains fast, and images are unlike those that Inception was trained on.
SMALL = 32


def auto_features(data: Any) -> Features:
    """Return coordinates for points and sequences, and for images a space that can be had for them.

    Small labelled grey images get a classifier of their classes, colour images without labels EfficientNet-Lite0, whose
    weights need no download during a run, and others Inception.
    """
    if len(data.spec.sample) < 3:
        return Identity(data)
    if data.classes_available and max(data.spec.sample[1:]) <= SMALL and data.spec.sample[0] == 1:
        return Classifier(data, data.classifier)
    if not data.classes_available and data.spec.sample[0] == 3:
        return EfficientNetLite0(data)
    return Inception(data)
