"""Building blocks that generators and discriminators share."""

from typing import TYPE_CHECKING

from ganlab.core import renamed
from ganlab.layers.activations import build_activation
from ganlab.layers.conditioning import build_generator_labels, label_specs, with_label_mode
from ganlab.layers.dense import build_dense_stack
from ganlab.layers.discriminator_ensemble import DiscriminatorEnsemble
from ganlab.layers.encoder import build_encoder, posterior
from ganlab.layers.feature_discriminator import DenseHeadDiscriminator, FeatureDiscriminator
from ganlab.layers.heads import build_head
from ganlab.layers.initialisation import initialise
from ganlab.layers.join_latents import JoinLatents
from ganlab.layers.labels import ClassLabels, append_codes
from ganlab.layers.norms import build_feature_norm, build_image_norm
from ganlab.layers.packing import build_packed
from ganlab.layers.recurrent import build_recurrent_stack
from ganlab.layers.shapes import Pyramid, channel_axis, latent_size, pyramid, sample_shape, with_channels
from ganlab.layers.spectral import normalise_spectrally

__all__ = [
    "ClassLabels",
    "DenseHeadDiscriminator",
    "DiscriminatorEnsemble",
    "FeatureDiscriminator",
    "JoinLatents",
    "Pyramid",
    "append_codes",
    "build_activation",
    "build_dense_stack",
    "build_encoder",
    "build_feature_norm",
    "build_generator_labels",
    "build_head",
    "build_image_norm",
    "build_packed",
    "build_recurrent_stack",
    "channel_axis",
    "initialise",
    "label_specs",
    "latent_size",
    "normalise_spectrally",
    "posterior",
    "pyramid",
    "sample_shape",
    "with_channels",
    "with_label_mode",
]

if not TYPE_CHECKING:
    __getattr__ = renamed.former_names(__name__)
