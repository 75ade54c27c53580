"""Adversarial losses: the objectives of discriminator and generator.

A loss maps logits of real and fake samples to one value per logit, without reduction or weight. Every class here
extends `ganlab.AdversarialLoss`, whose docstring has a minimal custom loss.
"""

from ganlab.losses.hinge import Hinge
from ganlab.losses.least_squares import LeastSquares
from ganlab.losses.minimax import Minimax
from ganlab.losses.non_saturating import NonSaturating
from ganlab.losses.probability import MinimaxProbability, NonSaturatingProbability
from ganlab.losses.relativistic_average import RelativisticAverage
from ganlab.losses.relativistic_pairing import RelativisticPairing
from ganlab.losses.wasserstein import Wasserstein

__all__ = [
    "Hinge",
    "LeastSquares",
    "Minimax",
    "MinimaxProbability",
    "NonSaturating",
    "NonSaturatingProbability",
    "RelativisticAverage",
    "RelativisticPairing",
    "Wasserstein",
]
