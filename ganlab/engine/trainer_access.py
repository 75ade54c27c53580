"""Typed access to attributes that Lightning sets on its Trainer without declaring them."""

from typing import Any, cast

import pytorch_lightning as pl
from pytorch_lightning.profilers import Profiler

from ganlab.data import DataModule, DataSet


def datamodule_of(trainer: pl.Trainer) -> DataModule:
    """Return the datamodule that the Trainer fits."""
    return cast(DataModule, cast(Any, trainer).datamodule)


def data_of(trainer: pl.Trainer) -> DataSet:
    """Return the data set that the Trainer fits."""
    return datamodule_of(trainer).data


def profiler_of(trainer: pl.Trainer) -> Profiler:
    """Return the Trainer's profiler."""
    return cast(Profiler, cast(Any, trainer).profiler)


def callbacks_of(trainer: pl.Trainer) -> list[pl.Callback]:
    """Return the Trainer's callbacks in their order."""
    return cast(list[pl.Callback], cast(Any, trainer).callbacks)
