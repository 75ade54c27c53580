"""VAE-GAN: an autoencoder with its reconstruction error in the discriminator's features (Larsen et al. 2016)."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces import AdversarialLoss, Augment, Batch, Latent, Regularizer, ShowsFeatures, Spec
from ganlab.games.adversarial import AdversarialGame
from ganlab.games.vae import require_normal
from ganlab.games.with_encoder import NEEDS_TWO_NETWORKS, GANWithEncoder
from ganlab.layers import build_encoder, posterior


class VAEGAN(GANWithEncoder):
    """An adversarial game whose generator also decodes the output of an encoder with the discriminator's architecture.

    In addition to its adversarial loss, the generator minimises `reconstruction` times the sum of ½|f(x) − f(x̂)|², with
    f the discriminator's features of samples and of their reconstructions, and `beta` times the divergence
    (algorithm 1). The encoder is updated with the generator. The discriminator receives samples of the prior only; in
    the paper it receives reconstructions, too. Raises ValueError for a negative weight, latents that are not normal, a
    discriminator that shows no features, or regularizers of both losses.
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
        reconstruction: float = 0.01,
        beta: float = 1.0,
    ) -> None:
        super().__init__()
        for name, value in (("reconstruction", reconstruction), ("beta", beta)):
            if not value >= 0:
                raise ValueError(f"{name} must be at least 0, got {value}")
        require_normal(latent)
        self.reject_regularizers(
            (name for name, term in regularizers.items() if term.reads_both_losses), NEEDS_TWO_NETWORKS
        )
        self.gan = AdversarialGame(spec, generator, discriminator, loss, regularizers, augment, latent)
        self.encoder = build_encoder(discriminator, self.gan.spec, 2 * latent.size)
        self.latent, self.reconstruction, self.beta = latent, reconstruction, beta

    @property
    def sampler(self) -> nn.Module:  # type: ignore[override]
        """The generator."""
        return self.gan.generator

    def prepare(self, batch: Batch, order: Sequence[str]) -> None:
        """Prepare the adversarial game."""
        self.adversarial_game().prepare(batch, order)

    def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Return the losses of the adversarial game and, for the generator, those of the autoencoder."""
        losses = self.adversarial_game().losses(player, batch, step)
        if player == "generator":
            losses |= self._autoencoder_losses(batch)
        return losses

    def _autoencoder_losses(self, batch: Batch) -> dict[str, Tensor]:
        discriminator = self.gan.discriminator
        assert isinstance(discriminator, ShowsFeatures)  # because an encoder could be built from it
        latents, divergence = posterior(self.encoder(batch.sample, batch.cond), self.random)
        copy = discriminator.discriminate(self.gan.generator(latents, batch.cond), batch.cond).features[-1]
        with torch.no_grad():
            original = discriminator.discriminate(batch.sample, batch.cond).features[-1]
        error = tree.widen(original - copy).square().sum(1) / 2
        return {
            "reconstruction": self.reconstruction * error.mean(),
            "divergence": self.reconstruction * self.beta * divergence.mean(),
        }
