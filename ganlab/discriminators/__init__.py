"""Discriminators: networks from samples to logits.

A discriminator is built from a `Spec` of the data, which holds the sample's shape and the number of classes. Its
forward pass receives samples (n, *sample) and `cond`, which is None, long labels (n,) or images (n, *cond). It returns
logits (n,), or (n, ...) if there are several per sample, such as one per patch; a larger logit means more likely real.
Features and other outputs are returned with the logits in a `DiscriminatorOutput`.
"""

from ganlab.discriminators.biggan import BigGAN
from ganlab.discriminators.dcgan import DCGAN
from ganlab.discriminators.dcgan_same import DCGANSame
from ganlab.discriminators.dirac import Dirac
from ganlab.discriminators.ensemble import Ensemble
from ganlab.discriminators.fastgan import FastGAN
from ganlab.discriminators.maxout import Maxout
from ganlab.discriminators.mlp import MLP
from ganlab.discriminators.mocogan import MoCoGAN
from ganlab.discriminators.multi_period import MultiPeriod
from ganlab.discriminators.multi_scale import MultiScale
from ganlab.discriminators.multi_scale_waves import MultiScaleWaves
from ganlab.discriminators.patch import Patch
from ganlab.discriminators.projected import Projected
from ganlab.discriminators.r3gan import R3GAN
from ganlab.discriminators.random_frame import RandomFrame
from ganlab.discriminators.resnet import ResNet
from ganlab.discriminators.rnn import RNN
from ganlab.discriminators.sagan import SAGAN
from ganlab.discriminators.sequence_cnn import SequenceCNN
from ganlab.discriminators.sequence_recurrent import SequenceRecurrent
from ganlab.discriminators.spectrogram import Spectrogram
from ganlab.discriminators.stylegan2 import StyleGAN2
from ganlab.discriminators.unet import UNet
from ganlab.discriminators.vgan import VGAN
from ganlab.discriminators.wavegan import WaveGAN

__all__ = [
    "DCGAN",
    "MLP",
    "R3GAN",
    "RNN",
    "SAGAN",
    "VGAN",
    "BigGAN",
    "DCGANSame",
    "Dirac",
    "Ensemble",
    "FastGAN",
    "Maxout",
    "MoCoGAN",
    "MultiPeriod",
    "MultiScale",
    "MultiScaleWaves",
    "Patch",
    "Projected",
    "RandomFrame",
    "ResNet",
    "SequenceCNN",
    "SequenceRecurrent",
    "Spectrogram",
    "StyleGAN2",
    "UNet",
    "WaveGAN",
]
