"""Optimistic gradient descent."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch.optim import Optimizer

PREVIOUS = "gradient"


class OptimisticSGD(Optimizer):
    """θ ← θ − 2 η g + η g', with the gradient g' of the previous step (Daskalakis et al. 2018, eq. 4).

    The first step is θ ← θ − η g. Raises ValueError for a negative learning rate.
    """

    def __init__(self, params: Iterable[Any], lr: float = 1e-2) -> None:
        if not lr >= 0:
            raise ValueError(f"lr must be at least 0, got {lr}")
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update all weights that have a gradient."""
        result = None
        if closure is not None:
            with torch.enable_grad():
                result = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    gradient, previous = weight.grad.clone(), self.state[weight].get(PREVIOUS)
                    weight.sub_((gradient if previous is None else 2 * gradient - previous) * group["lr"])
                    self.state[weight][PREVIOUS] = gradient
        return result
