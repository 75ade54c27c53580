"""Networks from latents to samples."""

from ganlab.generators.dcgan import DCGAN
from ganlab.generators.mlp import MLP
from ganlab.generators.resnet import ResNet
from ganlab.generators.rnn import RNN

__all__ = ["DCGAN", "MLP", "RNN", "ResNet"]
