"""An autoencoder whose measure of likeness is a critic's (Larsen et al. 2016)."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from ganlab import tree
from ganlab.games.adversarial import AdversarialGame
from ganlab.games.vae import must_be_normal
from ganlab.interfaces import AdversarialLoss, Augment, Batch, Critic, Game, Latent, Regularizer, Spec
from ganlab.layers import build_encoder, posterior
from ganlab.tree import Tree


class VAEGAN(Game):
    """An adversarial game whose generator also decodes what an encoder, of the critic's make, has encoded.

    Beside its adversarial term it minimises `reconstruction` times ½|f(x) − f(x̂)|², f the critic's features of samples
    and of their reconstructions, plus `beta` times the divergence (algorithm 1). The encoder moves with the generator.
    The critic judges samples of the prior alone, where the paper's judges reconstructions too. Raises ValueError for a
    negative weight, latents that are not normal, or a critic that shows no features.
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
        self.gan = AdversarialGame(spec, generator, discriminator, loss, regularizers, augment, latent)
        self.encoder = build_encoder(discriminator, self.gan.spec, 2 * latent.size)
        self.latent, self.reconstruction, self.beta = latent, reconstruction, beta

    @property
    def sampler(self) -> nn.Module:  # type: ignore[override]
        """The generator."""
        return self.gan.generator

    def players(self) -> dict[str, nn.Module]:
        """Return the two players."""
        return self.gan.players()

    def companions(self, player: str) -> list[nn.Module]:
        """Return the encoder with the generator, and the player's regularizers."""
        return [*([self.encoder] if player == "generator" else []), *self.gan.companions(player)]

    def tallies(self, player: str) -> list[Tensor]:
        """Return those of the adversarial game."""
        return self.gan.tallies(player)

    def sample(self, batch: Batch, network: nn.Module) -> Tree:
        """Decode latents drawn from their distribution."""
        sample = tree.first(batch.sample)
        return network(self.latent.sample(len(sample), self.random, sample.device), batch.cond)

    def prepare(self, batch: Batch, order: Sequence[str]) -> None:
        """Prepare the adversarial game."""
        self._adversarial().prepare(batch, order)

    def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Return the terms of the adversarial game, and for the generator those of the autoencoder."""
        terms = self._adversarial().losses(player, batch, step)
        return terms if player == "discriminator" else terms | self._autoencoder(batch)

    def moved(self, player: str, step: int) -> None:
        """Tell the adversarial game."""
        self.gan.moved(player, step)

    def diagnostics(self) -> dict[str, Tensor]:
        """Return those of the adversarial game."""
        return self.gan.diagnostics()

    def spreads(self) -> dict[str, Tensor]:
        """Return those of the adversarial game."""
        return self.gan.spreads()

    def _adversarial(self) -> AdversarialGame:
        self.gan.random = self.random  # whoever lends us other randomness means the whole game
        return self.gan

    def _autoencoder(self, batch: Batch) -> dict[str, Tensor]:
        critic = self.gan.discriminator
        assert isinstance(critic, Critic)  # as the encoder is
        latents, divergence = posterior(self.encoder(batch.sample, batch.cond), self.random)
        copy = critic.verdict(self.gan.generator(latents, batch.cond), batch.cond).features[-1]
        with torch.no_grad():
            original = critic.verdict(batch.sample, batch.cond).features[-1]
        error = (original - copy).float().square().sum(1) / 2
        return {
            "reconstruction": self.reconstruction * error.mean(),
            "divergence": self.reconstruction * self.beta * divergence.mean(),
        }
