"""Lightning callbacks that change training; those in `callbacks` only observe it."""

from ganlab.training_hooks.anneal import Anneal
from ganlab.training_hooks.standing_statistics import StandingStatistics

__all__ = ["Anneal", "StandingStatistics"]
