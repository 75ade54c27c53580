"""Learning-rate schedules: a factor on every player's learning rate."""

from ganlab.lr_schedules.schedules import Constant, Cosine, LearningRateSchedule, Linear

__all__ = ["Constant", "Cosine", "LearningRateSchedule", "Linear"]
