"""Metrics: scores of generated samples in a feature space; each score is saved with its protocol, which names it."""

from typing import TYPE_CHECKING

from ganlab.core import renamed
from ganlab.metrics.accuracy_score import AccuracyScore
from ganlab.metrics.adversary_gain import AdversaryGain
from ganlab.metrics.authenticity import Authenticity
from ganlab.metrics.birthday import Birthday
from ganlab.metrics.class_accuracy import ClassAccuracy
from ganlab.metrics.class_kept import ClassKept
from ganlab.metrics.closest_record import ClosestRecord
from ganlab.metrics.column_fit import ColumnFit
from ganlab.metrics.content_consistency import ContentConsistency
from ganlab.metrics.copies import Copies
from ganlab.metrics.correlation_error import CorrelationError
from ganlab.metrics.cycle_error import CycleError
from ganlab.metrics.discriminator_gap import DiscriminatorGap
from ganlab.metrics.duality_gap import DualityGap
from ganlab.metrics.duplicates import Duplicates
from ganlab.metrics.fid_infinity import FIDInfinity
from ganlab.metrics.frechet import FID
from ganlab.metrics.inception_score import InceptionScore
from ganlab.metrics.intra_fid import IntraFID
from ganlab.metrics.kid import KID
from ganlab.metrics.log_mel_l1 import LogMelL1
from ganlab.metrics.lpips import LPIPS
from ganlab.metrics.membership import Membership
from ganlab.metrics.metric import BaseMetric, EvaluationContext, Metric, ModelMetric, UnsuitableMetricError
from ganlab.metrics.mifid import MIFID
from ganlab.metrics.modes import Mixture, Modes
from ganlab.metrics.ms_ssim import MSSSIM
from ganlab.metrics.ms_ssim_paired import PairedMSSSIM
from ganlab.metrics.ngram_divergence import NGramDivergence
from ganlab.metrics.novelty import Novelty, UnseenReal
from ganlab.metrics.paired_images import PairedMetric, PairedStatistic
from ganlab.metrics.paired_sounds import PairedSoundMetric, PairedSoundStatistic
from ganlab.metrics.path_length import PathLength
from ganlab.metrics.prdc import PRDC
from ganlab.metrics.psnr import PSNR
from ganlab.metrics.reverse_fid import ReverseFID
from ganlab.metrics.reverse_perplexity import ReversePerplexity
from ganlab.metrics.scoring.evaluator import Evaluator, Processes
from ganlab.metrics.scoring.samples import Samples, ScoredBatch
from ganlab.metrics.self_bleu import SelfBLEU
from ganlab.metrics.sliced_wasserstein import SlicedWasserstein
from ganlab.metrics.spatial_fid import SpatialFID
from ganlab.metrics.ssim import SSIM
from ganlab.metrics.stacked_modes import StackedModes
from ganlab.metrics.statistics import AllValues, Moments, SampleStatistics, Statistic, SumStatistic
from ganlab.metrics.stft_error import STFTError
from ganlab.metrics.stoi import STOI
from ganlab.metrics.temporal_ratio import TemporalRatio
from ganlab.metrics.two_sample import TwoSample
from ganlab.metrics.utility import Utility
from ganlab.metrics.wasserstein import Wasserstein
from ganlab.metrics.whole_images import WholeImages

__all__ = [
    "FID",
    "KID",
    "LPIPS",
    "MIFID",
    "MSSSIM",
    "PRDC",
    "PSNR",
    "SSIM",
    "STOI",
    "AccuracyScore",
    "AdversaryGain",
    "AllValues",
    "Authenticity",
    "BaseMetric",
    "Birthday",
    "ClassAccuracy",
    "ClassKept",
    "ClosestRecord",
    "ColumnFit",
    "ContentConsistency",
    "Copies",
    "CorrelationError",
    "CycleError",
    "DiscriminatorGap",
    "DualityGap",
    "Duplicates",
    "EvaluationContext",
    "Evaluator",
    "FIDInfinity",
    "InceptionScore",
    "IntraFID",
    "LogMelL1",
    "Membership",
    "Metric",
    "Mixture",
    "ModelMetric",
    "Modes",
    "Moments",
    "NGramDivergence",
    "Novelty",
    "PairedMSSSIM",
    "PairedMetric",
    "PairedSoundMetric",
    "PairedSoundStatistic",
    "PairedStatistic",
    "PathLength",
    "Processes",
    "ReverseFID",
    "ReversePerplexity",
    "STFTError",
    "SampleStatistics",
    "Samples",
    "ScoredBatch",
    "SelfBLEU",
    "SlicedWasserstein",
    "SpatialFID",
    "StackedModes",
    "Statistic",
    "SumStatistic",
    "TemporalRatio",
    "TwoSample",
    "UnseenReal",
    "UnsuitableMetricError",
    "Utility",
    "Wasserstein",
    "WholeImages",
]

if not TYPE_CHECKING:
    __getattr__ = renamed.former_names(__name__)
