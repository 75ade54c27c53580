"""How class labels enter generator and discriminator: one mode for each network."""

from ganlab.conditioning.conditioning import Conditioning

__all__ = ["Conditioning"]
