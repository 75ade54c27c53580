"""Scores over feature spaces: how good samples are, measured in a space that is named with the score."""

from ganlab.metrics.accuracy_score import AccuracyScore
from ganlab.metrics.authenticity import Authenticity
from ganlab.metrics.birthday import Birthday
from ganlab.metrics.cache import Cache
from ganlab.metrics.class_accuracy import ClassAccuracy
from ganlab.metrics.classifier import Classifier
from ganlab.metrics.clip import CLIP
from ganlab.metrics.dinov2 import DINOv2
from ganlab.metrics.discriminator_gap import DiscriminatorGap
from ganlab.metrics.duality_gap import DualityGap
from ganlab.metrics.duplicates import Duplicates
from ganlab.metrics.evaluator import Evaluator, Processes, Samples
from ganlab.metrics.features import FeatureBatch, Features, Identity, Labelled, RandomConvolution, Source, quantise
from ganlab.metrics.fid_infinity import FIDInfinity
from ganlab.metrics.frechet import FID
from ganlab.metrics.inception import Inception
from ganlab.metrics.inception_score import InceptionScore
from ganlab.metrics.intra_fid import IntraFID
from ganlab.metrics.kid import KID
from ganlab.metrics.metric import Measure, Metric, Probe, Unsuitable
from ganlab.metrics.mifid import MIFID
from ganlab.metrics.modes import Mixture, Modes
from ganlab.metrics.ms_ssim import MSSSIM
from ganlab.metrics.path_length import PathLength
from ganlab.metrics.prdc import PRDC
from ganlab.metrics.protocol import Protocol
from ganlab.metrics.sliced_wasserstein import SlicedWasserstein
from ganlab.metrics.spatial_fid import SpatialFID
from ganlab.metrics.stacked_modes import StackedModes
from ganlab.metrics.statistics import Kept, Moments, Side, Statistic, SumStatistic
from ganlab.metrics.subject import Subject
from ganlab.metrics.suitable import suitable
from ganlab.metrics.wasserstein import Wasserstein

__all__ = [
    "CLIP",
    "FID",
    "KID",
    "MIFID",
    "MSSSIM",
    "PRDC",
    "AccuracyScore",
    "Authenticity",
    "Birthday",
    "Cache",
    "ClassAccuracy",
    "Classifier",
    "DINOv2",
    "DiscriminatorGap",
    "DualityGap",
    "Duplicates",
    "Evaluator",
    "FIDInfinity",
    "FeatureBatch",
    "Features",
    "Identity",
    "Inception",
    "InceptionScore",
    "IntraFID",
    "Kept",
    "Labelled",
    "Measure",
    "Metric",
    "Mixture",
    "Modes",
    "Moments",
    "PathLength",
    "Probe",
    "Processes",
    "Protocol",
    "RandomConvolution",
    "Samples",
    "Side",
    "SlicedWasserstein",
    "Source",
    "SpatialFID",
    "StackedModes",
    "Statistic",
    "Subject",
    "SumStatistic",
    "Unsuitable",
    "Wasserstein",
    "quantise",
    "suitable",
]
