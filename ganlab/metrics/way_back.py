"""Images that a game of two directions translates, for metrics of the way back."""

from collections.abc import Iterator
from typing import Protocol, TypeGuard, cast

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch, Conditions, Spec
from ganlab.core.pixel_range import to_network_range
from ganlab.core.random import Random, derive
from ganlab.core.tree import Tree
from ganlab.metrics.metric import EvaluationContext, ModelMetric, UnsuitableMetricError

SEED = 0  # of the choice of sources, the same for all models


class TwoDomains(Protocol):
    """What metrics of two domains read from a data set."""

    @property
    def spec(self) -> Spec:
        """The spec, with the shapes of a target and of a source."""

    def conditions(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Conditions]:
        """Yield sources, as they are stored."""


class TranslatesBack(Protocol):
    """A game with a way back."""

    def translate_back(self, samples: Tree, network: torch.nn.Module) -> Tree:
        """Return the sources that a network of the game's sampler makes of targets."""


def require_two_domains(data: TwoDomains | None, metric: str) -> TwoDomains:
    """Return the data; raises UnsuitableMetricError unless its conditions are images."""
    if _has_sources(data):
        return data
    raise UnsuitableMetricError(
        f"metric={metric} needs data whose conditions are images, to translate there and back; remove {metric} from "
        "metric"
    )


def translate_sources(
    context: EvaluationContext, data: TwoDomains, metric: ModelMetric
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield sources of the held-out split and what comes back of them, in network coordinates."""
    game, device = require_way_back(context, metric), device_of(context)
    chunks = data.conditions(context.samples, SEED, context.held_out, context.batch_size)
    for number, chunk in enumerate(chunks):
        source = to_network_range(chunk.cond).to(device)
        with context.sampler.evaluation_mode(_random(context, number)):
            there = context.game.sample(Batch(source, source), context.generator)
            returned = game.translate_back(there, context.generator).float()
        yield source, returned


def translate_targets(context: EvaluationContext, metric: ModelMetric) -> Iterator[Tensor]:
    """Yield what the game makes of targets of the held-out split, in network coordinates."""
    game, device = require_way_back(context, metric), device_of(context)
    for number, batch in enumerate(context.real_batches(context.held_out, context.samples)):
        with context.sampler.evaluation_mode(_random(context, number)):
            yield game.translate_back(batch.sample.to(device), context.generator).float()


def require_way_back(context: EvaluationContext, metric: ModelMetric) -> TranslatesBack:
    """Return the game; raises UnsuitableMetricError if it has no way back."""
    if reason := metric.unsupported_reason(type(context.game)):
        raise UnsuitableMetricError(reason)
    return cast(TranslatesBack, context.game)


def device_of(context: EvaluationContext) -> torch.device:
    """Return the generator's device."""
    return next(context.generator.parameters()).device


def _has_sources(data: TwoDomains | None) -> TypeGuard[TwoDomains]:
    match data.spec.cond if data is not None else None:
        case [_, _, _]:
            return True
    return False


def _random(context: EvaluationContext, number: int) -> Random:
    return Random(derive(context.seed, "way back")).seek(number)
