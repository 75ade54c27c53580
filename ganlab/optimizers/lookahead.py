"""Extragradient methods: update with the gradient at an extrapolated point (Korpelevich 1976; Gidel et al. 2019)."""

from abc import ABC
from collections.abc import Callable
from typing import Any

import torch
from torch.optim import SGD, Adam, Optimizer

ORIGIN = "origin"


class Extragradient(Optimizer, ABC):
    """Extrapolates at every other step; the next step updates the original weights with the gradient there.

    Gidel et al. 2019, algorithm 2. With schedule=simultaneous all players extrapolate from the same point, as in the
    papers; with alternating players, each extrapolates after the other's step. One update takes two steps, each on new
    samples. Between the two, the weights are the extrapolated ones, which checkpoints and averages read.
    """

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Extrapolate, or restore the weights and update them."""
        weights = [weight for group in self.param_groups for weight in group["params"]]
        extrapolated = [weight for weight in weights if ORIGIN in self.state[weight]]
        if extrapolated:
            torch._foreach_copy_(extrapolated, [self.state[weight].pop(ORIGIN) for weight in extrapolated])
            return super().step(closure)
        origins = [weight.clone() for weight in weights]
        result = super().step(closure)
        for weight, origin in zip(weights, origins, strict=True):
            self.state[weight][ORIGIN] = origin
        return result


class ExtraAdam(Extragradient, Adam):
    """Adam with extrapolation (Gidel et al. 2019, algorithm 4); both steps of a pair update Adam's averages."""


class ExtraSGD(Extragradient, SGD):
    """Stochastic extragradient (Gidel et al. 2019, algorithm 2)."""
