"""How class labels enter the networks: one mode for each, checked together."""

from ganlab.conditioning.conditioning import Conditioning

__all__ = ["Conditioning"]
