"""Feature spaces in which samples are compared; every score names the one it was measured in."""

from ganlab.features.auto import auto_features
from ganlab.features.base import FeatureBatch, Features, Labelled, Source, quantise
from ganlab.features.cache import Cache
from ganlab.features.classifier import Classifier
from ganlab.features.clip import CLIP
from ganlab.features.dinov2 import DINOv2
from ganlab.features.identity import Identity
from ganlab.features.inception import Inception
from ganlab.features.random_convolution import RandomConvolution

__all__ = [
    "CLIP",
    "Cache",
    "Classifier",
    "DINOv2",
    "FeatureBatch",
    "Features",
    "Identity",
    "Inception",
    "Labelled",
    "RandomConvolution",
    "Source",
    "auto_features",
    "quantise",
]
