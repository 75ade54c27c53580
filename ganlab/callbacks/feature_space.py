"""The feature space of a callback, built by all processes before training."""

from collections.abc import Callable
from typing import TypeAlias

import pytorch_lightning as pl
import torch

from ganlab.core.errors import UserError
from ganlab.data import DataSet
from ganlab.features import Features

FeatureFactory: TypeAlias = Callable[[DataSet], Features]


def build_features(trainer: pl.Trainer, build: FeatureFactory, data: DataSet) -> Features:
    """Return the features of the data, without effect on the randomness of training; all processes must call it.

    Raises UserError if they cannot be built.
    """
    with torch.random.fork_rng(devices=[]):
        for is_rank_zero in (True, False):  # rank 0 first: it may have to train or download the features
            if trainer.is_global_zero is is_rank_zero:
                try:
                    features = build(data)
                except (ValueError, OSError, ImportError) as error:
                    raise UserError(f"features: {error}") from error
            trainer.strategy.barrier()
    return features
