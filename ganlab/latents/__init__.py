"""Latent distributions: the inputs of generators."""

from ganlab.latents.codes import Codes
from ganlab.latents.normal import Normal, Truncated
from ganlab.latents.uniform import Uniform

__all__ = ["Codes", "Normal", "Truncated", "Uniform"]
