"""Games of sequences that begin with maximum likelihood and keep what it reached, to compare the adversary with."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import AdversarialLoss, Augment, Batch, Capability, Latent, Regularizer, Spec
from ganlab.games.domain import Domain, DomainBatch
from ganlab.games.image_pool import ImagePool
from ganlab.games.likelihood import negative_log_likelihood, require_likelihood
from ganlab.games.one_domain import OneDomainGame
from ganlab.games.translation import reject_terms_of_both_losses
from ganlab.layers.sequence_generator import SequenceGenerator


class PretrainedGame(OneDomainGame, ABC):
    """A generator of sequences against a discriminator, after maximum likelihood in the first steps of the same run.

    In the first `pretraining_steps` steps the generator alone is updated, by the likelihood of real sequences, and in
    the next `discriminator_steps` the discriminator alone; then both play. `likelihood` is the weight of the negative
    log-likelihood, in nats per sequence, that the generator goes on to minimise. What the EMA has when pre-training
    ends is kept as `pretrained`, which is part of checkpoints. Raises ValueError for negative settings, for a generator
    without a likelihood, and for regularizers of both losses. A subclass says what else the generator minimises:

    >>> class Mean(PretrainedGame):  # the discriminator's mean output for samples, with their gradients
    ...     def adversarial_losses(self, step, seen):
    ...         return self.domain.losses("generator", step, seen)
    """

    provides: ClassVar[frozenset[Capability]] = frozenset({Capability.DISCRIMINATOR, Capability.PRETRAINED})

    def __init__(
        self,
        spec: Spec,
        generator: Callable[[Spec], nn.Module],
        discriminator: Callable[[Spec], nn.Module],
        loss: AdversarialLoss,
        regularizers: Mapping[str, Regularizer],
        augment: Augment,
        latent: Latent,
        pretraining_steps: int,
        discriminator_steps: int,
        likelihood: float,
    ) -> None:
        super().__init__()
        settings = {"pretraining_steps": pretraining_steps, "discriminator_steps": discriminator_steps}
        for name, value in {**settings, "likelihood": likelihood}.items():
            if not value >= 0:
                raise ValueError(f"{name} must be at least 0, got {value}")
        reject_terms_of_both_losses(regularizers)
        self.pretraining_steps, self.likelihood = pretraining_steps, likelihood
        self.adversarial_from = pretraining_steps + discriminator_steps  # the first step of both players
        self.latent, self.loss = latent.fit(spec), loss
        self.spec = replace(spec, latent=self.latent.size)
        self.generator: SequenceGenerator = require_likelihood(generator(self.spec), type(self).__name__)
        self.discriminator = discriminator(self.spec)
        self.augment, self.regularizers = augment, dict(regularizers)
        self._registered = nn.ModuleDict(regularizers)  # so their weights and buffers are moved and saved with the game
        self.pretrained = deepcopy(self.generator).eval().requires_grad_(False) if pretraining_steps else nn.Identity()
        pool = ImagePool(0, ())
        terms = self.regularizers
        self.domain = Domain(self.spec, self.discriminator, loss, terms, terms, augment, pool, self.latent)

    @abstractmethod
    def adversarial_losses(self, step: int, seen: DomainBatch) -> dict[str, Tensor]:
        """Return what the generator minimises against the discriminator, at its update number `step`."""

    def active_players(self, step: int) -> Collection[str]:
        """Return the generator while it is pre-trained, then the discriminator, and then both."""
        if step < self.pretraining_steps:
            return ("generator",)
        return ("discriminator",) if step < self.adversarial_from else self.players().keys()

    def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Return the likelihood in pre-training, and then the terms of a player of a GAN."""
        if self.random.step < self.pretraining_steps:
            return {"likelihood": negative_log_likelihood(self.generator, batch.sample)}
        seen = DomainBatch(batch.sample, batch.cond, batch.cond, self.takes(batch), self.generator, self.random)
        if player == "discriminator":
            return self.domain.losses(player, step, seen)
        losses = self.adversarial_losses(step, seen)
        if self.likelihood:
            losses["likelihood"] = self.likelihood * negative_log_likelihood(self.generator, batch.sample)
        self.release(player)
        return losses

    def after_step(self, steps: int, average: nn.Module) -> None:
        """Keep the averaged generator when pre-training ends."""
        if steps == self.pretraining_steps:
            self.pretrained.load_state_dict(average.state_dict())
