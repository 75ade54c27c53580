"""Optimism without memory of anything but the last gradient."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch.optim import Optimizer

BEFORE = "gradient"


class OptimisticSGD(Optimizer):
    """θ ← θ − 2 η g + η g', g' the gradient of the step before (Daskalakis et al. 2018, eq. 4).

    There is no g' at the first step. Raises ValueError for a negative learning rate.
    """

    def __init__(self, params: Iterable[Any], lr: float = 1e-2) -> None:
        if not lr >= 0:
            raise ValueError(f"lr must be at least 0, got {lr}")
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Step all weights that have a gradient."""
        result = None
        if closure is not None:
            with torch.enable_grad():
                result = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    now, before = weight.grad.clone(), self.state[weight].get(BEFORE)
                    weight.sub_((now if before is None else 2 * now - before) * group["lr"])
                    self.state[weight][BEFORE] = now
        return result
