"""Latent distributions: the inputs of generators."""

from ganlab.latents.codes import Codes
from ganlab.latents.gumbel import Gumbel
from ganlab.latents.noise_image import NoiseImage
from ganlab.latents.none import NoLatents
from ganlab.latents.normal import Normal, Truncated
from ganlab.latents.uniform import Uniform

__all__ = ["Codes", "Gumbel", "NoLatents", "NoiseImage", "Normal", "Truncated", "Uniform"]
