"""What probes of the players share: copies to ask and to train, and real samples as the players get them."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from ganlab.core import tree
from ganlab.core.interfaces import Batch, Game
from ganlab.core.random import Random
from ganlab.metrics.metric import EvaluationContext, ModelMetric, UnsuitableMetricError


def player(game: Game, name: str, asker: ModelMetric) -> nn.Module:
    """Return a player of a game; raises Unsuitable, a ValueError, where the game has none that can be asked."""
    players = game.players()
    if name not in players:
        raise UnsuitableMetricError(
            f"metric={asker.name} asks the player '{name}', but this game is played by "
            f"{', '.join(players) or 'nobody'}; drop {asker.name} from metric"
        )
    if sentence := asker.refusal(type(game)):
        raise UnsuitableMetricError(sentence)
    return players[name]


def device_of(module: nn.Module) -> torch.device:
    """Return where a module's first weights are."""
    return next(module.parameters(), torch.empty(0)).device


def reals(subject: EvaluationContext, split: str, count: int, asker: str) -> Iterator[Batch]:
    """Yield real samples where the game is, with a condition only where the players know classes.

    Raises ValueError where the split is empty.
    """
    device, empty = device_of(subject.game), True
    for batch in subject.reals(split, count):
        empty = False
        cond = batch.cond if subject.sampler.spec.classes else None
        yield Batch(*(tree.map(lambda x: x.to(device), field) for field in (batch.sample, cond)))
    if empty:
        raise ValueError(f"metric={asker} compares with {split} samples, but this data has none; give it some")


@contextmanager
def copied(game: Game, seed: int) -> Iterator[Game]:
    """Lend a copy of the game in training mode, with randomness of its own, that may be trained and thrown away."""
    device = device_of(game)
    twin = copy.deepcopy(game).train()
    twin.random = Random(seed)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []), torch.enable_grad():
        torch.manual_seed(seed)  # for layers that draw for themselves
        yield twin
