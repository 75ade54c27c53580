"""What games have in common that add something to an adversarial game."""

from abc import ABC
from collections.abc import Iterable, Mapping

from torch import Tensor, nn

from ganlab.core.interfaces import Game, Regularizer
from ganlab.games.adversarial import AdversarialGame

ENCODER_UPDATES_TOO = "regularizers of both losses know two players, and here an encoder moves with a loss of its own"


class GANWithEncoder(Game, ABC):
    """An adversarial game with an encoder that moves with its generator; what it does not change, it passes on."""

    gan: AdversarialGame
    encoder: nn.Module

    @staticmethod
    def reject_regularizers(names: Iterable[str], why: str) -> None:
        """Raise ValueError where there are names of regularizers, with the reason."""
        if named := ", ".join(names):
            raise ValueError(f"{why}; drop {named}")

    def players(self) -> dict[str, nn.Module]:
        """Return the two players."""
        return self.gan.players()

    def terms(self) -> Mapping[str, Regularizer]:
        """Return those of the adversarial game."""
        return self.gan.terms()

    def extra_modules(self, player: str) -> list[nn.Module]:
        """Return the encoder with the generator, and the player's regularizers."""
        return [*([self.encoder] if player == "generator" else []), *self.gan.extra_modules(player)]

    def batch_sums(self, player: str) -> list[Tensor]:
        """Return those of the adversarial game."""
        return self.gan.batch_sums(player)

    def adversarial(self) -> AdversarialGame:
        """Return the adversarial game, drawing from our randomness: whoever lends us other means the whole game."""
        self.gan.random = self.random
        return self.gan

    def after_update(self, player: str, step: int) -> None:
        """Tell the adversarial game."""
        self.gan.after_update(player, step)

    def diagnostics(self) -> dict[str, Tensor]:
        """Return those of the adversarial game."""
        return self.gan.diagnostics()

    def histograms(self) -> dict[str, Tensor]:
        """Return those of the adversarial game."""
        return self.gan.histograms()
