"""Networks from samples to logits."""

from ganlab.discriminators.dcgan import DCGAN
from ganlab.discriminators.mlp import MLP
from ganlab.discriminators.resnet import ResNet
from ganlab.discriminators.rnn import RNN

__all__ = ["DCGAN", "MLP", "RNN", "ResNet"]
