"""Fake samples that both players use for their updates on one batch."""

from collections import Counter
from typing import NamedTuple

from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces import Batch, Latent
from ganlab.core.random import Random
from ganlab.core.tree import Tree


class FakeBatch(NamedTuple):
    """The real samples of a batch, and fake samples with their latents."""

    real: Tree
    latents: Tensor
    fake: Tree
    draws: Counter[str]  # that had been made since the last `seek`, those of the latents included


def generate_fakes(batch: Batch, generator: nn.Module, latent: Latent, random: Random) -> FakeBatch:
    """Generate one fake sample per real sample, under the same conditions."""
    sample = tree.first(batch.sample)
    latents = latent.sample(len(sample), random, sample.device).to(sample.dtype)  # float64 in the theory of a game
    return FakeBatch(batch.sample, latents, generator(latents, batch.cond), random.draws)
