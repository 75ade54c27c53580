"""The way back of a game of two directions, as a translator of its own."""

from typing import cast

from ganlab.core.errors import UserError
from ganlab.core.interfaces import Capability
from ganlab.games.sampler import Sampler
from ganlab.games.translation import swapped
from ganlab.games.translator import OVERLAP, Translator
from ganlab.games.two_way import TwoWayTranslator


def translator_back(sampler: Sampler, tile: int | None = None, overlap: int = OVERLAP, seed: int = 0) -> Translator:
    """Return the translator from targets to sources, for images of any size; see `Translator` for the settings.

    Raises UserError if the game has no way back, and ValueError for a tile that the overlap fills.
    """
    if Capability.WAY_BACK not in sampler.game.provides:
        raise UserError(
            f"direction=back needs a game of two directions, such as game=cyclegan, and this run's "
            f"{type(sampler.game).__name__} has one; leave out direction"
        )
    network = cast(TwoWayTranslator, sampler.network).to_source
    return Translator(sampler.game, network, swapped(sampler.spec), tile, overlap, seed)
