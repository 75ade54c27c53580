"""Activations by name."""

from collections.abc import Callable, Mapping

from torch import nn

from ganlab.layers.checks import check_at_least, look_up

# In place only if neither the first nor the second derivative needs the input. Layers before an activation save their
# inputs, not their outputs, so overwriting those is safe.
ACTIVATIONS: Mapping[str, Callable[[float, bool], nn.Module]] = {
    "relu": lambda slope, inplace: nn.ReLU(inplace),
    "leaky_relu": nn.LeakyReLU,
    "elu": lambda slope, inplace: nn.ELU(),
    "gelu": lambda slope, inplace: nn.GELU(),
    "silu": lambda slope, inplace: nn.SiLU(),
    "softplus": lambda slope, inplace: nn.Softplus(),
    "tanh": lambda slope, inplace: nn.Tanh(),
}


def build_activation(name: str, slope: float = 0.2, inplace: bool = True) -> nn.Module:
    """Build an activation; `slope` is that of a leaky ReLU below zero, `inplace` lets it overwrite its input.

    Raises ValueError for an unknown name or a negative slope.
    """
    check_at_least("slope", slope, 0)
    return look_up("activation", name, ACTIVATIONS)(slope, inplace)
