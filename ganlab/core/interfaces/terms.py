"""What players minimise, and what changes it: losses, regularizers and augmentations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.interfaces.networks import Latent, Spec
from ganlab.core.random import Random
from ganlab.core.renamed import adopt_former_methods
from ganlab.core.tree import Tree


class AdversarialLoss(ABC):
    """The two sides of an adversarial objective, one value per logit, without reduction or weight.

    With probability `flip` a pair's labels are exchanged in the discriminator's loss (Chintala et al. 2016, tip 6).
    """

    relativistic: ClassVar[bool] = False  # the generator's loss needs the real logits too
    reads: ClassVar[str] = "score"  # or "logit" or "probability", where the critic's output has that meaning
    boundary: ClassVar[float | None] = 0.0  # between fake and real; None where only differences have a meaning
    needs_labels: ClassVar[bool] = False

    def __init__(self, flip: float = 0.0) -> None:
        if not 0 <= flip < 0.5:
            raise ValueError(f"flip must be at least 0 and below 0.5, got {flip}")
        self.flip = flip

    @abstractmethod
    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the discriminator's loss for logits of real and fake samples."""

    @abstractmethod
    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """Return the generator's loss; `real` is given where the class is relativistic."""

    def of(self, player: str, view: BatchView, rows: Tensor | None = None) -> Tensor:
        """Return the loss of one player in a round, on these rows of the verdicts, or on all."""

        def chosen(logits: Tensor) -> Tensor:
            return logits if rows is None else logits[rows]

        fake = chosen(view.on_fake.logits)
        if player == "generator":
            return self.generator(fake, chosen(view.on_real.logits) if self.relativistic else None)
        real = chosen(view.on_real.logits)
        if self.flip:
            wrong = view.random.uniform("label_flip", (len(real),), real.device) < self.flip
            wrong = wrong.reshape(-1, *[1] * (real.ndim - 1))
            real, fake = torch.where(wrong, fake, real), torch.where(wrong, real, fake)
        return self.discriminator(real, fake)

    def accuracy(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the share of samples (without a boundary: of pairs) that the discriminator tells right."""
        if self.boundary is None:
            return (real > fake).float().mean()
        return ((real > self.boundary).float().mean() + (fake < self.boundary).float().mean()) / 2


class Component(nn.Module, ABC):
    """What accompanies the networks, and may keep statistics of what it saw, in buffers.

    Sums over the samples of a move are its `batch_sums`: they grow from microbatch to microbatch, are added up over all
    processes before the player moves, and `apply_batch_sums` makes statistics of them. So the statistics, too, are
    those of the joined batch.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (0, 1, 2, 3)  # ranks of the samples that it works on; 0 is a nest

    def batch_sums(self) -> list[Tensor]:
        """Return the sums since the last move, which processes replace by their total, in place."""
        return []

    def apply_batch_sums(self) -> None:
        """Take in the tallies after the move, and set them to 0."""


class Regularizer(Component, ABC):
    """Something that steadies the game: a term of one player's loss, a change of what D sees, or of its weights.

    It acts at every `every`-th move of its player; its term is multiplied by `weight` and, lazily evaluated, by
    `every` (Karras et al. 2020, StyleGAN2, section 3.1). Raises ValueError for a negative weight or an interval
    below 1.
    """

    player: str = ""  # whose loss, or weights, it concerns; every kind of regularizer names one
    differentiates: ClassVar[bool] = False  # takes the critic's gradient by its input
    reads_features: ClassVar[bool] = False  # of the critic
    reads_styles: ClassVar[bool] = False  # of the generator
    single: ClassVar[bool] = False  # compares a verdict with its one sample, so that no packs can be judged
    reads_both_losses: ClassVar[bool] = False  # of an adversarial game as a whole
    needs_labels: ClassVar[bool] = False
    guesses_labels: ClassVar[bool] = False  # from the critic's features
    needs_codes: ClassVar[bool] = False

    def __init__(self, weight: float, every: int = 1) -> None:
        super().__init__()
        if not weight >= 0:  # which refuses NaN too
            raise ValueError(f"weight must be at least 0, got {weight}")
        if every < 1:
            raise ValueError(f"every must be at least 1, got {every}")
        self.weight, self.every = weight, every

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        adopt_former_methods(
            cls,
            {
                "concerns": "applies_to",
                "focus": "select_rows",
                "perturb": "perturb_input",
                "project": "after_update",
                "tallies": "batch_sums",
                "settle": "apply_batch_sums",
            },
        )

    def applies_to(self, player: str) -> bool:
        """Tell whether the term belongs to this player's loss."""
        return player == self.player

    def build(self, spec: Spec, features: int, latent: Latent) -> None:
        """Make weights for this data and a critic of so many features, once; they move with `player`."""

    @abstractmethod
    def penalty(self, view: BatchView) -> Tensor:
        """Return the unweighted penalty, one value per sample (or a scalar)."""

    def select_rows(self, rows: Tensor, view: BatchView) -> Tensor:
        """Choose, of rows (k,) of the batch's verdicts, those that the adversarial loss is taken of."""
        return rows

    def perturb_input(self, samples: Tree, step: int, random: Random) -> Tree:
        """Change what the discriminator sees, of real and fake samples alike; `step` counts batches."""
        return samples

    def after_update(self, network: nn.Module) -> None:
        """Change the player's weights in place after it moved."""


class Augment(Component, ABC):
    """A random, differentiable change of the samples before the discriminator sees them."""

    adapts: ClassVar[bool] = False  # to which side of the loss's boundary D's verdicts are on

    @abstractmethod
    def forward(self, samples: Tree, random: Random) -> Tree:
        """Return the changed samples."""

    def observe(self, margins: Tensor) -> None:
        """Look at how far D's outputs for the real samples of its move are above the loss's boundary."""

    def diagnostics(self) -> dict[str, Tensor]:
        """Return scalars that are worth a look, by name."""
        return {}
