"""`GANWithEncoder`, the base class of games that add an encoder to an adversarial game."""

from abc import ABC
from collections.abc import Iterable, Mapping

from torch import Tensor, nn

from ganlab.core.interfaces import Game, Regularizer
from ganlab.games.adversarial import AdversarialGame

# Why regularizers with `reads_both_losses` are rejected.
NEEDS_TWO_NETWORKS = "regularizers of both losses need a game of two networks, but here an encoder is trained, too"


class GANWithEncoder(Game, ABC):
    """Base class of games that consist of an adversarial game `gan` and an `encoder`, updated with the generator.

    All methods but `losses` and `sampler` delegate to the adversarial game.
    """

    gan: AdversarialGame
    encoder: nn.Module

    @staticmethod
    def reject_regularizers(names: Iterable[str], reason: str) -> None:
        """Raise ValueError, with the reason, if there are names of regularizers."""
        if rejected := ", ".join(names):
            raise ValueError(f"{reason}; remove {rejected}")

    def players(self) -> dict[str, nn.Module]:
        """Return the generator and the discriminator."""
        return self.gan.players()

    def terms(self) -> Mapping[str, Regularizer]:
        """Return the adversarial game's regularizers."""
        return self.gan.terms()

    def extra_modules(self, player: str) -> list[nn.Module]:
        """Return the player's regularizers and, for the generator, the encoder before them."""
        terms = self.gan.extra_modules(player)
        return [self.encoder, *terms] if player == "generator" else terms

    def constant_weights(self, player: str) -> list[nn.Parameter]:
        """Return the adversarial game's."""
        return self.gan.constant_weights(player)

    def batch_sums(self, player: str) -> list[Tensor]:
        """Return the adversarial game's sums."""
        return self.gan.batch_sums(player)

    def adversarial_game(self) -> AdversarialGame:
        """Return the adversarial game after it was given this game's `random`, which callers may have replaced."""
        self.gan.random = self.random
        return self.gan

    def after_update(self, player: str, step: int) -> None:
        """Call the adversarial game's method."""
        self.gan.after_update(player, step)

    def diagnostics(self) -> dict[str, Tensor]:
        """Return the adversarial game's diagnostics."""
        return self.gan.diagnostics()

    def histograms(self) -> dict[str, Tensor]:
        """Return the adversarial game's histograms."""
        return self.gan.histograms()
