"""Optimistic Adam, which predicts the next gradient by the present one."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


class OptimisticAdam(Optimizer):
    """θ ← θ − 2 η u + η u', with Adam's direction u = m̂ / (√v̂ + ε) and u' of the previous step.

    Daskalakis et al. 2018, algorithm 1; the first step is θ ← θ − η u. Raises ValueError for a value out of range.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.5, 0.9),
        eps: float = 1e-8,
    ) -> None:
        if not lr >= 0:
            raise ValueError(f"lr must be at least 0, got {lr}")
        if len(betas) != 2 or not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"betas must be two numbers of at least 0 and below 1, got {list(betas)}")
        if not eps > 0:
            raise ValueError(f"eps must be above 0, got {eps}")
        super().__init__(params, {"lr": lr, "betas": tuple(betas), "eps": eps})

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
                    previous = self.state[weight].get("direction")
                    direction = self._direction(weight, group)
                    weight.sub_((direction if previous is None else 2 * direction - previous) * group["lr"])
                    self.state[weight]["direction"] = direction
        return result

    def _direction(self, weight: Tensor, group: dict[str, Any]) -> Tensor:
        state, (first, second) = self.state[weight], group["betas"]
        if "mean" not in state:
            state["step"], state["mean"], state["square"] = 0, torch.zeros_like(weight), torch.zeros_like(weight)
        state["step"] += 1
        state["mean"].lerp_(weight.grad, 1 - first)
        state["square"].mul_(second).addcmul_(weight.grad, weight.grad, value=1 - second)
        root = (state["square"] / (1 - second ** state["step"])).sqrt_().add_(group["eps"])
        return (state["mean"] / (1 - first ** state["step"])).div_(root)
