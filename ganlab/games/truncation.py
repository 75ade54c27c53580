"""The truncation trick."""

from torch import nn

from ganlab.core.interfaces import Game, SupportsTruncation


def truncate(game: Game, network: nn.Module, truncation: float) -> None:
    """Apply the truncation trick, permanently: samples become less diverse and more typical.

    A style generator scales the distance of its styles from their average by `truncation` (Karras et al. 2019,
    appendix B); for other generators the game's latents are truncated at ±`truncation` (Brock et al. 2019, section
    3.1). Raises ValueError for latents without tails and for a truncation out of range.
    """
    if isinstance(network, SupportsTruncation):
        network.truncate(truncation)
    else:
        game.latent = game.latent.truncated(truncation)
