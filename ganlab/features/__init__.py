"""Feature spaces in which metrics compare samples; every score records the one that it was measured in."""

from ganlab.features.auto import auto_features
from ganlab.features.base import FeatureBatch, Features, LabelledSource, Source, quantise
from ganlab.features.cache import Cache
from ganlab.features.classifier import Classifier
from ganlab.features.clip import CLIP
from ganlab.features.dinov2 import DINOv2
from ganlab.features.efficientnet_lite0 import EfficientNetLite0
from ganlab.features.identity import Identity
from ganlab.features.inception import Inception
from ganlab.features.log_mel import LogMelStatistics
from ganlab.features.random_convolution import RandomConvolution
from ganlab.features.sound_classifier import SoundClassifier
from ganlab.features.symbol_counts import SymbolCounts
from ganlab.features.table import TableColumns
from ganlab.features.video_classifier import VideoClassifier
from ganlab.features.video_features import VideoFeatures
from ganlab.features.video_random import VideoRandom

__all__ = [
    "CLIP",
    "Cache",
    "Classifier",
    "DINOv2",
    "EfficientNetLite0",
    "FeatureBatch",
    "Features",
    "Identity",
    "Inception",
    "LabelledSource",
    "LogMelStatistics",
    "RandomConvolution",
    "SoundClassifier",
    "Source",
    "SymbolCounts",
    "TableColumns",
    "VideoClassifier",
    "VideoFeatures",
    "VideoRandom",
    "auto_features",
    "quantise",
]
