"""What a probe may ask of a model under evaluation."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import final

from torch import nn

from ganlab.interfaces import Batch, Game
from ganlab.metrics.features import Features
from ganlab.sampler import Sampler


@final
@dataclass(frozen=True)
class Subject:
    """A game, its kept generator, and the data it was trained on; a probe that trains something trains copies."""

    game: Game
    generator: nn.Module  # the kept one, EMA or live
    sampler: Sampler  # of the kept generator
    features: Features
    reals: Callable[[str, int], Iterator[Batch]]  # (split, count) → real samples in network coordinates
    held_out: str  # the split that scores compare with
    samples: int  # the protocol's number of samples
    batch_size: int
    seed: int
    step: int  # how many the game has been trained for, by which its schedules go
