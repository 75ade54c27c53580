"""Heads: the last layer of a discriminator, from values (n, 1) to its output (n,)."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.layers.checks import look_up


class Logit(nn.Module):
    """The value itself as the logit."""

    def forward(self, values: Tensor) -> Tensor:
        """Return logits of shape (n,)."""
        return values.squeeze(1)


class TanhProbability(nn.Module):
    """A probability in [0, 1], ½ (tanh(βx) + 1); raises ValueError if β is not positive."""

    def __init__(self, beta: float) -> None:
        super().__init__()
        if beta <= 0:
            raise ValueError(f"beta must be above 0, got {beta}")
        self.beta = beta

    def forward(self, values: Tensor) -> Tensor:
        """Return probabilities of shape (n,), in float32 or better."""
        # Equal to the tanh formula, without its cancellation to 0 at large negative values. Half precision would round
        # probabilities near 1 to 1, whose log(1 − p) is infinite.
        return torch.sigmoid(2 * self.beta * tree.widen(values.squeeze(1)))


HEADS: Mapping[str, Callable[[float], nn.Module]] = {
    "logit": lambda beta: Logit(),
    "tanh_probability": TanhProbability,
}


def build_head(name: str, beta: float = 1.0) -> nn.Module:
    """Build a head; raises ValueError for an unknown name."""
    return look_up("head", name, HEADS)(beta)
