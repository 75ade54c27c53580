"""A generator of tables: residual dense layers, and outputs by the types of columns."""

from collections.abc import Sequence
from typing import ClassVar, final

import torch
from torch import Tensor, nn
from torch.nn import functional, init

from ganlab.core.interfaces import Spec
from ganlab.kinds import kind_of
from ganlab.kinds.table import TableKind
from ganlab.kinds.table_columns import Layout
from ganlab.layers import (
    build_activation,
    build_feature_norm,
    build_generator_labels,
    initialise,
    latent_size,
    sample_shape,
)
from ganlab.layers.checks import check_at_least


@final
class ColumnOutputs(nn.Module):
    """Turns numbers into codes of columns: numbers stay as they are, and choices become one-hots.

    A one-hot is that of the largest number; its gradient is that of the softmax (straight-through estimator, Bengio et
    al. 2013), so the discriminator never sees a mixture of categories that no real row has.
    """

    def __init__(self, layouts: Sequence[Layout]) -> None:
        super().__init__()
        self.sizes = [size for layout in layouts for size in layout if size]
        self.is_choice = [place == 1 for layout in layouts for place, size in enumerate(layout) if size]

    def forward(self, values: Tensor) -> Tensor:
        """Map numbers (n, width) to codes (n, width)."""
        parts = zip(values.split(self.sizes, 1), self.is_choice, strict=True)
        return torch.cat([_one_hot(part) if is_choice else part for part, is_choice in parts], 1)


@final
class ResidualLayer(nn.Module):
    """Adds two dense layers to its input; at first these add nothing."""

    def __init__(self, width: int, norm: str, activation: str, slope: float) -> None:
        super().__init__()
        self.body = nn.Sequential(
            build_feature_norm(norm, width),
            nn.Linear(width, width),
            build_activation(activation, slope),
            nn.Linear(width, width),
        )

    def forward(self, values: Tensor) -> Tensor:
        """Map (n, width) to (n, width)."""
        changed: Tensor = values + self.body(values)
        return changed

    def silence(self) -> None:
        """Set the last layer to 0."""
        last = self.body[-1]
        assert isinstance(last, nn.Linear)
        init.zeros_(last.weight)
        init.zeros_(last.bias)


@final
class Table(nn.Module):
    """Residual dense layers to rows of a table (after Xu et al. 2019, CTGAN, section 4.4), with outputs by column.

    At first the numbers of a row are a linear function of the latents, so normal ones. Raises ValueError for a setting
    out of range, and for data of another kind.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (1,)

    def __init__(
        self,
        spec: Spec,
        width: int = 128,
        layers: int = 2,
        activation: str = "leaky_relu",
        slope: float = 0.2,
        norm: str = "none",
        labels: str = "concat",
        init: str = "torch",
    ) -> None:
        super().__init__()
        check_at_least("width", width, 1)
        check_at_least("layers", layers, 0)
        (outputs,) = sample_shape(spec, "Table", "generator", self.sample_dims)
        self.labels = build_generator_labels(labels, spec)
        inputs = latent_size(spec, "Table") + self.labels.width
        residual = [ResidualLayer(width, norm, activation, slope) for _ in range(layers)]
        self.body = nn.Sequential(
            nn.Linear(inputs, width),
            *residual,
            nn.Linear(width, outputs),
            ColumnOutputs(column_layouts(spec)),
        )
        initialise(self.body, init)
        for layer in residual:
            layer.silence()
        self.labels.condition(self)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to rows (n, width)."""
        rows: Tensor = self.body(self.labels(latents, cond))
        return rows


def column_layouts(spec: Spec) -> list[Layout]:
    """Return the layouts of the columns of a row's code; raises ValueError for data of another kind."""
    kind = kind_of(spec)
    if not isinstance(kind, TableKind):
        raise ValueError(
            f"Table makes rows of tables, but the data has {kind.plural}; use generator=mlp for points, or data=table"
        )
    return [column.layout for column in kind.coded_columns]


def _one_hot(values: Tensor) -> Tensor:
    soft = values.softmax(1)
    hard = functional.one_hot(values.argmax(1), values.shape[1]).to(soft.dtype)
    return hard + soft - soft.detach()
