"""Generators: networks from latents to samples.

A generator is built from a `Spec` of the data, which holds the sample's shape, the number of classes and the latent
size. Its forward pass receives latents (n, latent) and `cond`, and returns samples (n, *sample). Images are in [-1, 1]
or unbounded, as the class states.

`cond` is None, long labels (n,), or images (n, *cond) for generators that make images from images. Those work for any
sides that are multiples of their attribute `multiple`, and their samples have `scale` times those sides.
"""

from ganlab.generators.biggan import BigGAN
from ganlab.generators.dcgan import DCGAN
from ganlab.generators.dcgan_same import DCGANSame
from ganlab.generators.dirac import Dirac
from ganlab.generators.fastgan import FastGAN
from ganlab.generators.hifigan import HiFiGAN
from ganlab.generators.independent_frames import IndependentFrames
from ganlab.generators.mlp import MLP
from ganlab.generators.mocogan import MoCoGAN
from ganlab.generators.r3gan import R3GAN
from ganlab.generators.recurrent import Recurrent
from ganlab.generators.residual_unet import ResidualUNet
from ganlab.generators.resnet import ResNet
from ganlab.generators.resnet_translator import ResNetTranslator
from ganlab.generators.rnn import RNN
from ganlab.generators.rrdb import RRDB
from ganlab.generators.sagan import SAGAN
from ganlab.generators.spectrogram import Spectrogram
from ganlab.generators.srresnet import SRResNet
from ganlab.generators.stylegan2 import StyleGAN2
from ganlab.generators.table import Table
from ganlab.generators.transformer import Transformer
from ganlab.generators.unet_translator import UNetTranslator
from ganlab.generators.vgan import VGAN
from ganlab.generators.wavegan import WaveGAN

__all__ = [
    "DCGAN",
    "MLP",
    "R3GAN",
    "RNN",
    "RRDB",
    "SAGAN",
    "VGAN",
    "BigGAN",
    "DCGANSame",
    "Dirac",
    "FastGAN",
    "HiFiGAN",
    "IndependentFrames",
    "MoCoGAN",
    "Recurrent",
    "ResNet",
    "ResNetTranslator",
    "ResidualUNet",
    "SRResNet",
    "Spectrogram",
    "StyleGAN2",
    "Table",
    "Transformer",
    "UNetTranslator",
    "WaveGAN",
]
