"""Networks from samples to logits."""

from ganlab.discriminators.biggan import BigGAN
from ganlab.discriminators.dcgan import DCGAN
from ganlab.discriminators.dcgan_same import DCGANSame
from ganlab.discriminators.dirac import Dirac
from ganlab.discriminators.ensemble import Ensemble
from ganlab.discriminators.mlp import MLP
from ganlab.discriminators.multi_scale import MultiScale
from ganlab.discriminators.patch import Patch
from ganlab.discriminators.r3gan import R3GAN
from ganlab.discriminators.resnet import ResNet
from ganlab.discriminators.rnn import RNN
from ganlab.discriminators.sagan import SAGAN
from ganlab.discriminators.stylegan2 import StyleGAN2
from ganlab.discriminators.unet import UNet

__all__ = [
    "DCGAN",
    "MLP",
    "R3GAN",
    "RNN",
    "SAGAN",
    "BigGAN",
    "DCGANSame",
    "Dirac",
    "Ensemble",
    "MultiScale",
    "Patch",
    "ResNet",
    "StyleGAN2",
    "UNet",
]
