"""A step of a game's field from where a first step would lead (Korpelevich 1976; Gidel et al. 2019, algorithm 2)."""

from abc import ABC
from collections.abc import Callable
from typing import Any

import torch
from torch.optim import SGD, Adam, Optimizer

ORIGIN = "origin"


class Extragradient(Optimizer, ABC):
    """Takes every other step only to look: the next one starts from where the player was, with the gradient from there.

    With schedule=simultaneous this is the papers' method, in which all players look ahead from the same point; players
    that alternate look ahead of each other's moves. One update takes two moves, each on fresh samples. Between the two
    the weights are the looked-at ones, which checkpoints and averages see.
    """

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Look ahead, or go back and make the step."""
        weights = [weight for group in self.param_groups for weight in group["params"]]
        ahead = [weight for weight in weights if ORIGIN in self.state[weight]]
        if ahead:
            torch._foreach_copy_(ahead, [self.state[weight].pop(ORIGIN) for weight in ahead])
            return super().step(closure)
        origins = [weight.clone() for weight in weights]
        result = super().step(closure)
        for weight, origin in zip(weights, origins, strict=True):
            self.state[weight][ORIGIN] = origin
        return result


class ExtraAdam(Extragradient, Adam):
    """Adam with extrapolation (Gidel et al. 2019, algorithm 4); both steps of a pair move Adam's averages."""


class ExtraSGD(Extragradient, SGD):
    """Stochastic extragradient (Gidel et al. 2019, algorithm 2)."""
