"""The truncation trick: fewer kinds of samples, and better ones, of a generator that was trained without it."""

from torch import nn

from ganlab.interfaces import Game, Truncating


def truncate(game: Game, network: nn.Module, truncation: float) -> None:
    """Change what the network will make of the game's latents, for good.

    A style generator's styles keep that share of their distance from the average (Karras et al. 2019, appendix B);
    before any other, latents are cut off at that distance from 0 (Brock et al. 2019, section 3.1). Raises ValueError
    for latents without tails and a truncation out of range.
    """
    if isinstance(network, Truncating):
        network.truncate(truncation)
    else:
        game.latent = game.latent.cut_off(truncation)
