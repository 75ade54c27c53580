"""Stacks of dense layers."""

from collections.abc import Sequence

from torch import nn

from ganlab.layers.activations import build_activation
from ganlab.layers.checks import check_all_positive
from ganlab.layers.dropout import Dropout
from ganlab.layers.norms import build_feature_norm


def build_dense_stack(
    inputs: int,
    widths: Sequence[int],
    norm: str,
    activation_name: str,
    slope: float,
    dropout: float = 0.0,
    norm_momentum: float = 0.1,
) -> nn.Sequential:
    """Build hidden layers (n, inputs) → (n, widths[-1]); raises ValueError for a width below 1 or an unknown name."""
    check_all_positive("widths", widths)
    layers: list[nn.Module] = []
    for before, after in zip([inputs, *widths], widths, strict=False):
        layers += [
            nn.Linear(before, after, bias=norm == "none"),  # a normalisation has its own bias
            build_feature_norm(norm, after, norm_momentum),
            build_activation(activation_name, slope),
            Dropout(dropout),
        ]
    return nn.Sequential(*layers)
