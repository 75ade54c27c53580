"""How class labels enter a network at its input."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganlab.core.interfaces import Spec


def append_codes(values: Tensor, codes: Tensor, axis: int) -> Tensor:
    """Append codes (n, size) along an axis of `values`, the same at every other position."""
    shape = [1] * values.ndim
    shape[0], shape[axis] = codes.shape
    expanded = list(values.shape)
    expanded[axis] = codes.shape[1]
    return torch.cat([values, codes.to(values.dtype).reshape(shape).expand(expanded)], axis)


class LabelInput(nn.Module, ABC):
    """What a network does with labels; raises ValueError for a condition that is not a class label."""

    width = 0  # how many entries it appends to the network's input

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        if spec.cond and not spec.classes:
            raise ValueError(f"this network takes class labels, but the data's condition has the shape {spec.cond}")
        self.classes = spec.classes

    @abstractmethod
    def forward(self, values: Tensor, labels: Tensor | None) -> Tensor:
        """Return the network's input for `values` under long labels of shape (n,)."""

    def condition(self, network: nn.Module) -> None:
        """Change the network's layers, once they are built and initialised; by default not at all."""

    def required(self, labels: Tensor | None) -> Tensor:
        """Return the labels; raises ValueError where there are none."""
        if labels is None:
            raise ValueError(f"this network was built for {self.classes} classes, but it got no labels")
        return labels


class ClassLabels(LabelInput):
    """Appends one-hot labels along an axis, the same at every other position (Mirza & Osindero 2014).

    Along axis 1 of images these are planes, along the last axis of sequences a vector at each time step. Without
    classes it is the identity.
    """

    def __init__(self, spec: Spec, axis: int = 1) -> None:
        super().__init__(spec)
        self.axis, self.width = axis, spec.classes

    def forward(self, values: Tensor, labels: Tensor | None) -> Tensor:
        """Return `values` with `classes` more entries along the axis."""
        if not self.classes:
            return values
        return append_codes(values, functional.one_hot(self.required(labels), self.classes), self.axis)


class ClassEmbedding(nn.Linear):
    """A vector for each class, of one-hot labels: a table that is initialised and normalised as dense layers are."""

    def __init__(self, classes: int, size: int) -> None:
        super().__init__(classes, size, bias=False)


class LabelEmbedding(nn.Module):
    """A vector of `size` numbers for each class beside an input, and nothing at all where there are no classes."""

    def __init__(self, spec: Spec, size: int) -> None:
        super().__init__()
        self.labels = ClassLabels(spec)
        self.width = size if spec.classes else 0
        self.embed = ClassEmbedding(spec.classes, size) if spec.classes else nn.Identity()

    def forward(self, values: Tensor, labels: Tensor | None) -> Tensor:
        """Return `values` (n, inputs) with the vectors of long labels (n,) appended."""
        return torch.cat([values, self.embed(self.labels(values[:, :0], labels))], 1)
