"""Lightning callbacks, which observe training; those in `training_hooks` change it."""

from typing import TYPE_CHECKING

from ganlab.callbacks.best import Best
from ganlab.callbacks.checkpoint import Checkpoint
from ganlab.callbacks.collapse_monitor import CollapseMonitor
from ganlab.callbacks.copies import Copies
from ganlab.callbacks.evaluate import Evaluate
from ganlab.callbacks.health_monitor import HealthMonitor
from ganlab.callbacks.interrupt import Interrupt
from ganlab.callbacks.metrics_logger import MetricsLogger
from ganlab.callbacks.nan_monitor import NaNMonitor
from ganlab.callbacks.output_histograms import OutputHistograms
from ganlab.callbacks.periodic import Periodic
from ganlab.callbacks.progress import Progress
from ganlab.callbacks.samples import Samples
from ganlab.callbacks.status_file import StatusFile
from ganlab.callbacks.trajectory import Trajectory
from ganlab.core import renamed

__all__ = [
    "Best",
    "Checkpoint",
    "CollapseMonitor",
    "Copies",
    "Evaluate",
    "HealthMonitor",
    "Interrupt",
    "MetricsLogger",
    "NaNMonitor",
    "OutputHistograms",
    "Periodic",
    "Progress",
    "Samples",
    "StatusFile",
    "Trajectory",
]

if not TYPE_CHECKING:
    __getattr__ = renamed.former_names(__name__)
