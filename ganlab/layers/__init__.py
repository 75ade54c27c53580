"""Blocks that networks share."""

from ganlab.layers.activations import build_activation
from ganlab.layers.dense import dense_stack
from ganlab.layers.heads import build_head
from ganlab.layers.initialisation import initialise
from ganlab.layers.labels import ClassLabels
from ganlab.layers.norms import feature_norm, image_norm
from ganlab.layers.recurrent import recurrent_stack
from ganlab.layers.shapes import Pyramid, latent_size, pyramid, sample_shape
from ganlab.layers.spectral import normalise_spectrally

__all__ = [
    "ClassLabels",
    "Pyramid",
    "build_activation",
    "build_head",
    "dense_stack",
    "feature_norm",
    "image_norm",
    "initialise",
    "latent_size",
    "normalise_spectrally",
    "pyramid",
    "recurrent_stack",
    "sample_shape",
]
