"""Scores over feature spaces: how good samples are, measured in a space that is named with the score."""

from ganlab.metrics.classifier import Classifier
from ganlab.metrics.evaluate import check_compatible, score
from ganlab.metrics.features import FeatureBatch, Features, Identity, Labelled, RandomConvolution, Source, quantise
from ganlab.metrics.frechet import FID
from ganlab.metrics.inception import Inception
from ganlab.metrics.inception_score import InceptionScore
from ganlab.metrics.metric import Metric, Unsuitable
from ganlab.metrics.modes import Mixture, Modes
from ganlab.metrics.suitable import suitable

__all__ = [
    "FID",
    "Classifier",
    "FeatureBatch",
    "Features",
    "Identity",
    "Inception",
    "InceptionScore",
    "Labelled",
    "Metric",
    "Mixture",
    "Modes",
    "RandomConvolution",
    "Source",
    "Unsuitable",
    "check_compatible",
    "quantise",
    "score",
    "suitable",
]
