"""Conditions from a data set: what generators that translate or enhance samples are given in scores and on sheets."""

from dataclasses import dataclass
from typing import final

import torch
from torch import nn

from ganlab.core import tree
from ganlab.core.interfaces import Game
from ganlab.core.tree import Tree
from ganlab.data.dataset import DataSet
from ganlab.games.sampler import Sampler

SEED = 0  # of the choice and order of conditions, the same as of real samples in every protocol


@final
@dataclass(frozen=True)
class ConditionSource:
    """The conditions of one split of a data set, in the order of its real samples if the data are paired."""

    data: DataSet
    split: str

    def __call__(self, n: int) -> Tree:
        """Return the first `n` conditions as they are stored; after the last one they begin again.

        Raises ValueError if the split is empty.
        """
        parts: list[Tree] = []
        missing = n
        while missing > 0:
            for chunk in self.data.conditions(missing, SEED, self.split):
                parts.append(chunk.cond)
                missing -= tree.length(chunk.cond)
        return tree.map(lambda *tensors: torch.cat(tensors), *parts) if parts else None


def build_sampler(game: Game, network: nn.Module, data: DataSet, split: str = "train") -> Sampler:
    """Return a sampler of a network in the data's own coordinates; conditions that are no classes are of this split."""
    source = ConditionSource(data, split) if data.spec.cond else None
    return Sampler(game, network, data.spec, data.decode, conditions=source)
