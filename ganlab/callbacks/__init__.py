from ganlab.callbacks.anneal import Anneal
from ganlab.callbacks.best import Best
from ganlab.callbacks.checkpoint import Checkpoint
from ganlab.callbacks.evaluate import Evaluate
from ganlab.callbacks.health import Health
from ganlab.callbacks.interrupt import Interrupt
from ganlab.callbacks.observe import Observe
from ganlab.callbacks.periodic import Periodic
from ganlab.callbacks.progress import Progress
from ganlab.callbacks.recovery import Recovery, RollBack, Stop
from ganlab.callbacks.samples import Samples
from ganlab.callbacks.sentinel import Sentinel
from ganlab.callbacks.standing_statistics import StandingStatistics
from ganlab.callbacks.status import Status
from ganlab.callbacks.trajectory import Trajectory
from ganlab.callbacks.verdicts import Verdicts
from ganlab.callbacks.watcher import Watcher

__all__ = [
    "Anneal",
    "Best",
    "Checkpoint",
    "Evaluate",
    "Health",
    "Interrupt",
    "Observe",
    "Periodic",
    "Progress",
    "Recovery",
    "RollBack",
    "Samples",
    "Sentinel",
    "StandingStatistics",
    "Status",
    "Stop",
    "Trajectory",
    "Verdicts",
    "Watcher",
]
