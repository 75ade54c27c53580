"""The forward pass of a discriminator: what its input is, and one pass for two batches."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces import Augment, DiscriminatorOutput, Regularizer, TellsIndependence
from ganlab.core.random import Random
from ganlab.core.tree import Tree

Discriminate = Callable[[Tree, Tree], DiscriminatorOutput]


def perturb_samples(samples: Tree, augment: Augment, terms: Iterable[Regularizer], random: Random) -> Tree:
    """Return samples as the discriminator receives them: augmented, and perturbed by regularizers."""
    samples = augment(samples, random)
    for term in terms:
        if random.step % term.every == 0:  # by the step and not by updates, so it is the same for both players
            samples = term.perturb_input(samples, random.step, random)
    return samples


def treats_samples_independently(discriminator: nn.Module) -> bool:
    """Return whether the discriminator declares that two batches may go through it as one."""
    return isinstance(discriminator, TellsIndependence) and discriminator.independent_samples


def discriminate_jointly(
    discriminate: Discriminate, first: Tree, second: Tree, cond: Tree
) -> tuple[DiscriminatorOutput, DiscriminatorOutput]:
    """Return the outputs for two batches of the same size and conditions, by one forward pass."""
    return discriminate(tree.map(_concatenate, first, second), tree.map(_concatenate, cond, cond)).halves()


def _concatenate(first: Tensor, second: Tensor) -> Tensor:
    return torch.cat([first, second])
