"""A game with a random batch of the data's shape, on the current device, for the forward checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from ganlab.core.interfaces import Batch, Game, Shape, Spec
from ganlab.core.tree import Tree
from ganlab.games import AdversarialGame
from ganlab.games.with_encoder import GANWithEncoder


class SyntheticBatch(NamedTuple):
    """A game, the adversarial game inside it, and a random batch for each."""

    game: Game
    gan: AdversarialGame | None  # None for a game without a discriminator
    batch: Batch  # as the data set returns it
    gan_batch: Batch  # as the discriminator receives it; with BiGAN, pairs of samples and latents
    output_rows: int  # outputs of the discriminator for `gan_batch`, one per pack

    @classmethod
    def of(cls, game: Game, spec: Spec, packs: int, packing: int) -> SyntheticBatch:
        """Return a batch of `packs` times `packing` samples on torch's default device."""
        gan, count = find_adversarial_game(game), packs * packing
        cond = _random_labels(spec, count)
        shape = gan.spec.sample if gan is not None else spec.sample
        batch, gan_batch = (Batch(_random_samples(shape, count), cond) for shape in (spec.sample, shape))
        return cls(game, gan, batch, gan_batch, packs)


def find_adversarial_game(game: Game) -> AdversarialGame | None:
    """Return the adversarial game that a game is or contains, or None."""
    if isinstance(game, AdversarialGame):
        return game
    return game.adversarial_game() if isinstance(game, GANWithEncoder) else None


def shape_of(value: Any) -> Any:
    """Return the shape of a tensor, the shapes of a nest of tensors, None for None, else the name of the type."""
    match value:
        case torch.Tensor():
            return tuple(value.shape)
        case Mapping():
            return {key: shape_of(inner) for key, inner in value.items()}
        case None:
            return None
        case _:
            return type(value).__name__


def _random_samples(shape: Shape, count: int) -> Tree:
    if isinstance(shape, Mapping):
        return {key: _random_samples(inner, count) for key, inner in shape.items()}
    return 2 * torch.rand(count, *shape) - 1


def _random_labels(spec: Spec, count: int) -> Tree:
    if spec.classes:
        return torch.arange(count) % spec.classes
    return None if spec.cond is None else _random_samples(spec.cond, count)
