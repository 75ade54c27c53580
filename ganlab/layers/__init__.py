"""Blocks that networks share."""

from ganlab.layers.activations import build_activation
from ganlab.layers.conditioning import generator_labels, label_specs, with_labels
from ganlab.layers.dense import dense_stack
from ganlab.layers.discriminator_ensemble import DiscriminatorEnsemble
from ganlab.layers.encoder import build_encoder, posterior
from ganlab.layers.feature_discriminator import DenseHeadDiscriminator, FeatureDiscriminator
from ganlab.layers.heads import build_head
from ganlab.layers.initialisation import initialise
from ganlab.layers.labels import ClassLabels, append_codes
from ganlab.layers.norms import feature_norm, image_norm
from ganlab.layers.packing import packed
from ganlab.layers.recurrent import recurrent_stack
from ganlab.layers.shapes import Pyramid, channel_axis, latent_size, pyramid, sample_shape, widened
from ganlab.layers.spectral import normalise_spectrally

__all__ = [
    "ClassLabels",
    "DenseHeadDiscriminator",
    "DiscriminatorEnsemble",
    "FeatureDiscriminator",
    "Pyramid",
    "append_codes",
    "build_activation",
    "build_encoder",
    "build_head",
    "channel_axis",
    "dense_stack",
    "feature_norm",
    "generator_labels",
    "image_norm",
    "initialise",
    "label_specs",
    "latent_size",
    "normalise_spectrally",
    "packed",
    "posterior",
    "pyramid",
    "recurrent_stack",
    "sample_shape",
    "widened",
    "with_labels",
]
