"""Regularizers: additional loss terms, changes of the discriminator's input, and changes of weights.

A regularizer belongs to one or both players and receives a `BatchView`, one player's view of one batch. Its term is
multiplied by `weight` and computed at every `every`-th update. Every class here extends `ganlab.Regularizer`, whose
docstring has a minimal custom regularizer.
"""

from ganlab.regularizers.auxiliary_classifier import AuxiliaryClassifier
from ganlab.regularizers.consensus import Consensus
from ganlab.regularizers.consistency import Consistency
from ganlab.regularizers.feature_matching import FeatureMatching
from ganlab.regularizers.gradient import R1, R2, Dragan, GradientPenalty
from ganlab.regularizers.information import Information
from ganlab.regularizers.instance_noise import InstanceNoise
from ganlab.regularizers.lecam import LeCam
from ganlab.regularizers.log_mel import LogMelL1
from ganlab.regularizers.orthogonal import Orthogonal
from ganlab.regularizers.path_length import PathLength
from ganlab.regularizers.perceptual import Perceptual, PerceptualDiscriminator, PerceptualVGG19
from ganlab.regularizers.pixel import PixelL1, PixelL2
from ganlab.regularizers.reconstruction import Reconstruction
from ganlab.regularizers.top_k import TopK
from ganlab.regularizers.total_variation import TotalVariation
from ganlab.regularizers.weights import L1, L2, WeightClip

__all__ = [
    "L1",
    "L2",
    "R1",
    "R2",
    "AuxiliaryClassifier",
    "Consensus",
    "Consistency",
    "Dragan",
    "FeatureMatching",
    "GradientPenalty",
    "Information",
    "InstanceNoise",
    "LeCam",
    "LogMelL1",
    "Orthogonal",
    "PathLength",
    "Perceptual",
    "PerceptualDiscriminator",
    "PerceptualVGG19",
    "PixelL1",
    "PixelL2",
    "Reconstruction",
    "TopK",
    "TotalVariation",
    "WeightClip",
]
