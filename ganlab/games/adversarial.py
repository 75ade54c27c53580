"""The GAN: a generator against a discriminator (Goodfellow et al. 2014); its heart is `Domain.losses`."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial

from torch import Tensor, nn

from ganlab.core.interfaces import (
    AdversarialLoss,
    Augment,
    Batch,
    DiscriminatorOutput,
    Latent,
    Regularizer,
    Spec,
)
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.tree import Tree
from ganlab.games.domain import Domain, DomainBatch
from ganlab.games.image_pool import ImagePool
from ganlab.games.loss_terms import vector_field
from ganlab.games.one_domain import OneDomainGame
from ganlab.layers import build_packed


class AdversarialGame(OneDomainGame):
    """One generator and one discriminator with an adversarial loss, regularizers, and an augmentation of D's input.

    If the discriminator is updated before the generator on one batch, both use the same fake samples from one forward
    pass: the generator is unchanged in between, so its graph is still valid. The discriminator receives `packing`
    samples at once (Lin et al. 2018, PacGAN); penalties on its gradient are those of single samples. Raises ValueError
    for a packing below 1.
    """

    def __init__(
        self,
        spec: Spec,
        generator: Callable[[Spec], nn.Module],
        discriminator: Callable[[Spec], nn.Module],
        loss: AdversarialLoss,
        regularizers: Mapping[str, Regularizer],
        augment: Augment,
        latent: Latent,
        packing: int = 1,
    ) -> None:
        super().__init__()
        latent = latent.fit(spec)
        self.spec = replace(spec, latent=latent.size, latent_channels=latent.channels)
        self.generator = generator(self.spec)
        self.discriminator = build_packed(discriminator, self.spec, packing)
        self.latent, self.augment = latent, augment
        self.regularizers = dict(regularizers)
        self._registered = nn.ModuleDict(regularizers)  # so their weights and buffers are moved and saved with the game
        no_pool = ImagePool(0, ())
        terms = self.regularizers
        self.domain = Domain(self.spec, self.discriminator, loss, terms, terms, augment, no_pool, latent)
        self._reads_both_losses = any(term.reads_both_losses for term in regularizers.values())

    @property
    def loss(self) -> AdversarialLoss:
        """The adversarial loss."""
        return self.domain.loss

    def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Return a player's adversarial loss and, by name, the weighted penalties of its regularizers.

        The player minimises their sum.
        """
        losses = self.domain.losses(player, step, self._domain_batch(batch))
        self.release(player)
        return losses

    def view(self, player: str, batch: Batch, terms: Collection[Regularizer]) -> BatchView:
        """Return a player's view of a batch, for the adversarial loss and these terms."""
        return self.domain.view(player, self._domain_batch(batch), terms)

    def discriminate(self, samples: Tree, cond: Tree) -> DiscriminatorOutput:
        """Return D's output for samples, which are augmented and perturbed first, as everything that D receives."""
        return self.domain.discriminate(samples, cond, self.random)

    def constant_weights(self, player: str) -> list[nn.Parameter]:
        """Return the discriminator's weights for the generator's update, unless a term reads both losses."""
        return [] if self._reads_both_losses else super().constant_weights(player)

    def _domain_batch(self, batch: Batch) -> DomainBatch:
        discriminate = partial(self.discriminate, cond=batch.cond)
        return DomainBatch(
            real=batch.sample,
            cond=batch.cond,
            shown=batch.cond,
            take=self.takes(batch),
            generator=self.generator,
            random=self.random,
            compute_vector_field=lambda: vector_field(self, self.loss, batch, discriminate),
        )
