"""Optimizers for games, in addition to those of torch."""

from ganlab.optimizers.lookahead import ExtraAdam, Extragradient, ExtraSGD
from ganlab.optimizers.optimistic import OptimisticAdam
from ganlab.optimizers.optimistic_sgd import OptimisticSGD

__all__ = ["ExtraAdam", "ExtraSGD", "Extragradient", "OptimisticAdam", "OptimisticSGD"]
