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
