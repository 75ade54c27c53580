"""Helpers of metrics that evaluate or train copies of players, on real samples as the players receive them."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from ganlab.core.interfaces import Batch, Game
from ganlab.core.random import Random
from ganlab.metrics.metric import EvaluationContext, ModelMetric, UnsuitableMetricError


def require_player(game: Game, name: str, metric: ModelMetric) -> nn.Module:
    """Return a player of a game; raises UnsuitableMetricError if the game has no such player or capability."""
    players = game.players()
    if name not in players:
        raise UnsuitableMetricError(
            f"metric={metric.name} needs the player '{name}', but the players of this game are "
            f"{', '.join(players) or 'none'}; remove {metric.name} from metric"
        )
    if reason := metric.unsupported_reason(type(game)):
        raise UnsuitableMetricError(reason)
    return players[name]


def device_of(module: nn.Module) -> torch.device:
    """Return the device of a module's first weights."""
    return next(module.parameters(), torch.empty(0)).device


def real_batches(context: EvaluationContext, split: str, count: int, metric_name: str) -> Iterator[Batch]:
    """Yield real samples on the game's device, with conditions only if the players are conditional.

    Raises ValueError if the split is empty.
    """
    device, empty = device_of(context.game), True
    for batch in context.real_batches(split, count):
        empty = False
        cond = batch.cond if context.sampler.spec.classes or context.sampler.spec.paired else None
        yield Batch(batch.sample, cond).map(lambda x: x.to(device))
    if empty:
        raise ValueError(
            f"metric={metric_name} needs {split} samples, but this data has none; add some, or remove {metric_name} "
            "from metric"
        )


@contextmanager
def training_copy(game: Game, seed: int) -> Iterator[Game]:
    """Provide a copy of the game in training mode, with its own random state, that may be trained and discarded."""
    device = device_of(game)
    twin = copy.deepcopy(game).train()
    twin.random = Random(seed)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []), torch.enable_grad():
        torch.manual_seed(seed)  # for layers that draw from torch's generator
        yield twin
