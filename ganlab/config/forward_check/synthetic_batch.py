"""Where parts are tried: a game with a batch such as the data will give, on a device."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch
from typing import Any, NamedTuple

import torch

from ganlab.core.interfaces import Batch, Game, Shape, Spec
from ganlab.core.tree import Tree
from ganlab.games import AdversarialGame
from ganlab.games.with_encoder import GANWithEncoder


class SyntheticBatch(NamedTuple):
    """A game, the adversarial one in it, where there is one, and what each is given."""

    game: Game
    gan: AdversarialGame | None
    batch: Batch
    seen: Batch  # by the adversarial game's critic
    output_rows: int  # that it gives of those: one for each pack

    @classmethod
    def of(cls, game: Game, spec: Spec, packs: int, packing: int) -> SyntheticBatch:
        """Make up a batch of so many packs, on torch's device of the moment."""
        gan, count = adversarial(game), packs * packing
        cond = _labels(spec, count)
        shape = gan.spec.sample if gan is not None else spec.sample
        return cls(game, gan, Batch(_samples(spec.sample, count), cond), Batch(_samples(shape, count), cond), packs)


@singledispatch
def adversarial(game: Game) -> AdversarialGame | None:
    """Return the adversarial game in a game, None where there is none."""
    return None


@adversarial.register
def _(game: AdversarialGame) -> AdversarialGame:
    return game


@adversarial.register
def _(game: GANWithEncoder) -> AdversarialGame:
    return game.adversarial()


def shape(value: Any) -> Any:
    """Return the shape of a tensor or of a nest of them, and of anything else its kind in a word."""
    match value:
        case torch.Tensor():
            return tuple(value.shape)
        case Mapping():
            return {key: shape(inner) for key, inner in value.items()}
        case None:
            return None
        case _:
            return type(value).__name__


def _samples(shape: Shape, count: int) -> Tree:
    if isinstance(shape, Mapping):
        return {key: _samples(inner, count) for key, inner in shape.items()}
    return 2 * torch.rand(count, *shape) - 1


def _labels(spec: Spec, count: int) -> Tree:
    if spec.classes:
        return torch.arange(count) % spec.classes
    return None if spec.cond is None else _samples(spec.cond, count)
