"""Update schedules: which players are updated at a step, and in which order."""

from ganlab.schedules.updates import Alternating, Simultaneous

__all__ = ["Alternating", "Simultaneous"]
