"""Games: the networks that are trained against each other, and the loss of each."""

from ganlab.games.adversarial import AdversarialGame
from ganlab.games.bigan import BiGAN
from ganlab.games.cut import CUT
from ganlab.games.cyclegan import CycleGAN
from ganlab.games.gumbel import GumbelGame
from ganlab.games.likelihood import Likelihood
from ganlab.games.regression import Regression
from ganlab.games.reinforce import Reinforce
from ganlab.games.vae import VAE
from ganlab.games.vae_gan import VAEGAN

__all__ = [
    "CUT",
    "VAE",
    "VAEGAN",
    "AdversarialGame",
    "BiGAN",
    "CycleGAN",
    "GumbelGame",
    "Likelihood",
    "Regression",
    "Reinforce",
]
