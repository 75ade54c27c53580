"""How class labels enter a network."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganlab.interfaces import Spec


class ClassLabels(nn.Module):
    """Appends one-hot labels along an axis, the same at every other position (Mirza and Osindero 2014).

    Along axis 1 of images these are planes, along the last axis of sequences a vector at each time step. Without
    classes it is the identity. Raises ValueError for a condition that is not a class label.
    """

    def __init__(self, spec: Spec, axis: int = 1) -> None:
        super().__init__()
        if spec.cond and not spec.classes:
            raise ValueError(f"this network takes class labels, but the data's condition has the shape {spec.cond}")
        self.classes, self.axis = spec.classes, axis

    def forward(self, values: Tensor, labels: Tensor | None) -> Tensor:
        """Return `values` with `classes` more entries along the axis, for long labels of shape (n,)."""
        if not self.classes:
            return values
        if labels is None:
            raise ValueError(f"this network was built for {self.classes} classes, but it got no labels")
        shape = [1] * values.ndim
        shape[0], shape[self.axis] = len(values), self.classes
        expanded = list(values.shape)
        expanded[self.axis] = self.classes
        codes = functional.one_hot(labels, self.classes).to(values.dtype)
        return torch.cat([values, codes.reshape(shape).expand(expanded)], self.axis)
