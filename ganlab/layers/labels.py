"""Class labels at the input of a network."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganlab.core.interfaces import Spec
from ganlab.layers.condition_input import ConditionInput
from ganlab.layers.image_shapes import condition_image

FOR_IMAGES = (
    "images from images are made by generator=unet_translator, resnet_translator, residual_unet, srresnet and rrdb"
)


def append_codes(values: Tensor, codes: Tensor, axis: int) -> Tensor:
    """Append codes (n, size) to `values` along an axis, repeated at all positions of the other axes."""
    shape = [1] * values.ndim
    shape[0], shape[axis] = codes.shape
    expanded = list(values.shape)
    expanded[axis] = codes.shape[1]
    return torch.cat([values, codes.to(values.dtype).reshape(shape).expand(expanded)], axis)


class LabelInput(ConditionInput, ABC):
    """Base class of the layers through which class labels enter a network.

    A subclass computes the network's input from values and labels:

    >>> import torch
    >>> from ganlab.core.interfaces import Spec
    >>> class ScaleByClass(LabelInput):
    ...     def forward(self, values, labels):
    ...         return values * (1 + self.require(labels)[:, None])
    >>> ScaleByClass(Spec(sample=(2,), classes=3))(torch.ones(2, 4), torch.tensor([0, 2])).mean(1)
    tensor([1., 3.])

    Raises ValueError if the data's condition is not a class label.
    """

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        if spec.cond and not spec.classes:
            advice = "" if condition_image(spec) is None else f"; {FOR_IMAGES}"
            raise ValueError(
                f"this network takes class labels, but the data's condition has the shape {spec.cond}{advice}"
            )
        self.classes = spec.classes

    @abstractmethod
    def forward(self, values: Tensor, labels: Tensor | None) -> Tensor:
        """Return the network's input for `values` and long labels of shape (n,)."""

    def condition(self, network: nn.Module) -> None:
        """Change the network's layers after they are built and initialised; by default, change nothing."""

    def require(self, labels: Tensor | None) -> Tensor:
        """Return the labels; raises ValueError if there are none."""
        if labels is None:
            raise ValueError(f"this network was built for {self.classes} classes, but it got no labels")
        return labels


class ClassLabels(LabelInput):
    """Appends one-hot labels along an axis, repeated at all positions of the other axes (Mirza & Osindero 2014).

    On axis 1 of images these are constant planes; on the last axis of sequences, the same vector at each time step.
    Without classes this layer is the identity.
    """

    def __init__(self, spec: Spec, axis: int = 1) -> None:
        super().__init__(spec)
        self.axis, self.width = axis, spec.classes

    def forward(self, values: Tensor, labels: Tensor | None) -> Tensor:
        """Return `values` with `classes` additional entries along the axis."""
        if not self.classes:
            return values
        return append_codes(values, functional.one_hot(self.require(labels), self.classes), self.axis)


class ClassEmbedding(nn.Linear):
    """An embedding of one-hot labels, initialised and spectrally normalised like any dense layer."""

    def __init__(self, classes: int, size: int) -> None:
        super().__init__(classes, size, bias=False)


class LabelEmbedding(nn.Module):
    """Appends a learnt vector of `size` numbers per class to the input; the identity without classes."""

    def __init__(self, spec: Spec, size: int) -> None:
        super().__init__()
        self.labels = ClassLabels(spec)
        self.width = size if spec.classes else 0
        self.embed = ClassEmbedding(spec.classes, size) if spec.classes else nn.Identity()

    def forward(self, values: Tensor, labels: Tensor | None) -> Tensor:
        """Append the vectors of long labels (n,) to `values` (n, inputs)."""
        return torch.cat([values, self.embed(self.labels(values[:, :0], labels))], 1)


def ignores_labels(network: nn.Module) -> bool:
    """Return whether all of a network's label inputs were built without classes; False if it has none of them."""
    classes = [module.classes for module in network.modules() if isinstance(module, LabelInput)]
    return bool(classes) and not any(classes)
