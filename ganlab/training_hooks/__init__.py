"""Lightning callbacks that change what is trained; those in `callbacks` only observe."""

from ganlab.training_hooks.anneal import Anneal
from ganlab.training_hooks.standing_statistics import StandingStatistics

__all__ = ["Anneal", "StandingStatistics"]
