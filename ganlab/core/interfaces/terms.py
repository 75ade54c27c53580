"""Base classes of what the players minimise: adversarial losses and regularizers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.interfaces.components import Component
from ganlab.core.interfaces.networks import Latent, Spec
from ganlab.core.random import Random
from ganlab.core.renamed import adopt_former_methods
from ganlab.core.tree import Tree


class AdversarialLoss(ABC):
    """Both players' adversarial losses: one value per logit, in the shape of the logits, without reduction or weight.

    With probability `flip` the labels of a pair are exchanged in the discriminator's loss (Chintala et al. 2016,
    tip 6). Raises ValueError for a `flip` outside [0, 0.5). A subclass implements `discriminator` and `generator`:

    >>> import torch
    >>> from ganlab import AdversarialLoss
    >>> class Hinge(AdversarialLoss):
    ...     def discriminator(self, real, fake):
    ...         return (1 - real).relu() + (1 + fake).relu()
    ...     def generator(self, fake, real=None):
    ...         return -fake
    >>> Hinge().discriminator(real=torch.tensor([2.0, 0.0]), fake=torch.tensor([-2.0, 0.0]))
    tensor([0., 2.])
    """

    relativistic: ClassVar[bool] = False  # the generator's loss needs the real logits, too
    reads: ClassVar[str] = "score"  # the meaning of the discriminator's output: "score", "logit" or "probability"
    boundary: ClassVar[float | None] = 0.0  # between real and fake outputs; None if only their differences matter
    needs_labels: ClassVar[bool] = False

    def __init__(self, flip: float = 0.0) -> None:
        if not 0 <= flip < 0.5:
            raise ValueError(f"flip must be at least 0 and below 0.5, got {flip}")
        self.flip = flip

    @abstractmethod
    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the discriminator's loss for logits of real and fake samples, in the shape of the logits."""

    @abstractmethod
    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """Return the generator's loss, in the shape of `fake`; `real` is None unless the class is relativistic."""

    def compute(self, player: str, view: BatchView, rows: Tensor | None = None) -> Tensor:
        """Return one player's loss for a batch, for these rows of the logits, or for all rows."""

        def select(logits: Tensor) -> Tensor:
            return logits if rows is None else logits[rows]

        fake = select(view.on_fake.logits)
        if player == "generator":
            return self.generator(fake, select(view.on_real.logits) if self.relativistic else None)
        real = select(view.on_real.logits)
        if self.flip:
            flipped = view.random.uniform("label_flip", (len(real),), real.device) < self.flip
            flipped = flipped.reshape(-1, *[1] * (real.ndim - 1))
            real, fake = torch.where(flipped, fake, real), torch.where(flipped, real, fake)
        return self.discriminator(real, fake)

    def accuracy(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the share of samples (of pairs, if `boundary` is None) that the discriminator classifies correctly."""
        if self.boundary is None:
            return (real > fake).float().mean()
        return ((real > self.boundary).float().mean() + (fake < self.boundary).float().mean()) / 2


class Regularizer(Component, ABC):
    """A term of one player's loss, a change of the discriminator's input, or a change of a player's weights.

    It acts at every `every`-th update of its player; its term is multiplied by `weight` and, to make up for the updates
    without it, by `every` (Karras et al. 2020, StyleGAN2, section 3.1). Raises ValueError for a negative weight or an
    interval below 1. A subclass sets `player` and implements `penalty`:

    >>> import torch
    >>> from ganlab import BatchView, DiscriminatorOutput, Regularizer
    >>> class LogitPenalty(Regularizer):
    ...     player = "discriminator"
    ...     def penalty(self, view):
    ...         return view.on_real.logits.square() + view.on_fake.logits.square()
    >>> view = BatchView(
    ...     real=torch.ones(2, 3),
    ...     generate=lambda: torch.zeros(2, 3),
    ...     discriminator=lambda samples: DiscriminatorOutput(samples.sum(1)),
    ...     player="discriminator",
    ... )
    >>> LogitPenalty(weight=0.001).penalty(view)
    tensor([9., 9.])
    """

    player: str = ""  # the player that it regularizes; every subclass sets one
    differentiates: ClassVar[bool] = False  # needs the discriminator's gradient with respect to its input
    reads_features: ClassVar[bool] = False  # of the discriminator
    reads_maps: ClassVar[bool] = False  # its feature maps, too
    reads_styles: ClassVar[bool] = False  # of the generator
    single: ClassVar[bool] = False  # needs one output per sample, so packing cannot be used
    reads_both_losses: ClassVar[bool] = False  # needs the vector field of an adversarial game
    needs_labels: ClassVar[bool] = False
    guesses_labels: ClassVar[bool] = False  # predicts labels from the discriminator's features
    needs_codes: ClassVar[bool] = False
    needs_pairs: ClassVar[bool] = False  # compares a fake sample with the real one that belongs to its condition
    sample_kind: ClassVar[str] = ""  # the only kind of data that it is for, as `Spec.kind` has it; empty for any

    def __init__(self, weight: float, every: int = 1) -> None:
        super().__init__()
        if not weight >= 0:  # false for NaN, too
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
        """Return whether the term is part of this player's loss."""
        return player == self.player

    def build(self, spec: Spec, features: int, latent: Latent) -> None:
        """Create the term's own weights, once, for this data and a discriminator with `features` features.

        They are updated with the weights of `player`. Does nothing by default.
        """

    def build_on_maps(self, spec: Spec, shapes: Sequence[tuple[int, int, int]]) -> None:
        """Create weights that read the discriminator's feature maps, of these shapes; called after `build`.

        Does nothing by default, and is not called for a discriminator that shows no maps.
        """

    @abstractmethod
    def penalty(self, view: BatchView) -> Tensor:
        """Return the unweighted penalty, one value per sample, shape (n,), or a scalar that reads only weights.

        A value of the whole batch, such as a distance between means, has shape (1,).

        `Domain.losses` weights it and adds it to the losses of `player`.
        """

    def select_rows(self, rows: Tensor, view: BatchView) -> Tensor:
        """Return those of the rows (k,) of the batch's logits for which the adversarial loss is computed; all here."""
        return rows

    def perturb_input(self, samples: Tree, step: int, random: Random) -> Tree:
        """Return changed samples for the discriminator, real and fake ones alike; `step` counts batches."""
        return samples

    def after_update(self, network: nn.Module) -> None:
        """Change the player's weights in place after its update; does nothing by default."""
