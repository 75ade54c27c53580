"""An autoencoder whose measure of likeness is a critic's (Larsen et al. 2016)."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces import AdversarialLoss, Augment, Batch, Latent, Regularizer, ShowsFeatures, Spec
from ganlab.games.adversarial import AdversarialGame
from ganlab.games.vae import must_be_normal
from ganlab.games.with_encoder import ENCODER_UPDATES_TOO, GANWithEncoder
from ganlab.layers import build_encoder, posterior


class VAEGAN(GANWithEncoder):
    """An adversarial game whose generator also decodes what an encoder, of the critic's make, has encoded.

    Beside its adversarial term it minimises `reconstruction` times the sum of ½|f(x) − f(x̂)|², f the critic's features
    of samples and of their reconstructions, and `beta` times the divergence (algorithm 1). The encoder moves with the
    generator. The critic judges samples of the prior alone, where the paper's judges reconstructions too. Raises
    ValueError for a negative weight, latents that are not normal, a critic that shows no features, or regularizers of
    both losses.
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
        must_be_normal(latent)
        self.reject_regularizers(
            (name for name, term in regularizers.items() if term.reads_both_losses), ENCODER_UPDATES_TOO
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
        self.adversarial().prepare(batch, order)

    def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Return the terms of the adversarial game, and for the generator those of the autoencoder."""
        terms = self.adversarial().losses(player, batch, step)
        return terms if player == "discriminator" else terms | self._autoencoder(batch)

    def _autoencoder(self, batch: Batch) -> dict[str, Tensor]:
        critic = self.gan.discriminator
        assert isinstance(critic, ShowsFeatures)  # as the encoder is
        latents, divergence = posterior(self.encoder(batch.sample, batch.cond), self.random)
        copy = critic.discriminate(self.gan.generator(latents, batch.cond), batch.cond).features[-1]
        with torch.no_grad():
            original = critic.discriminate(batch.sample, batch.cond).features[-1]
        error = tree.widen(original - copy).square().sum(1) / 2
        return {
            "reconstruction": self.reconstruction * error.mean(),
            "divergence": self.reconstruction * self.beta * divergence.mean(),
        }
