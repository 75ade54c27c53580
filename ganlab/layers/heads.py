"""What a critic makes of its last feature, shape (n, 1)."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.layers.checks import look_up


class Logit(nn.Module):
    """The bare logit."""

    def forward(self, values: Tensor) -> Tensor:
        """Return logits of shape (n,)."""
        return values.squeeze(1)


class TanhProbability(nn.Module):
    """A probability in [0, 1]: ½ (tanh(βx) + 1); raises ValueError for a β that is not positive."""

    def __init__(self, beta: float) -> None:
        super().__init__()
        if beta <= 0:
            raise ValueError(f"beta must be above 0, got {beta}")
        self.beta = beta

    def forward(self, values: Tensor) -> Tensor:
        """Return probabilities of shape (n,), in float32 at least."""
        # The same function, written so that it does not cancel to 0 for large negative values; half precision would
        # round to 1 what a logarithm is taken of.
        return torch.sigmoid(2 * self.beta * tree.widen(values.squeeze(1)))


HEADS: Mapping[str, Callable[[float], nn.Module]] = {
    "logit": lambda beta: Logit(),
    "tanh_probability": TanhProbability,
}


def build_head(name: str, beta: float = 1.0) -> nn.Module:
    """Build a head; raises ValueError for an unknown name."""
    return look_up("head", name, HEADS)(beta)
