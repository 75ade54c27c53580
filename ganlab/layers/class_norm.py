"""Class labels as the scales and shifts of a network's normalisations."""

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from ganlab.core.interfaces import Spec
from ganlab.layers.labels import LabelInput


class NormLabels(LabelInput):
    """Gives each class its own scale and shift after every normalisation (de Vries et al. 2017; Dumoulin et al. 2017).

    The input stays as it is. Raises ValueError for a network without a batch or instance normalisation.
    """

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        self.latest: Tensor | None = None

    def forward(self, values: Tensor, labels: Tensor | None) -> Tensor:
        """Return `values`, and keep the labels for the layers that follow in this pass."""
        self.latest = self.required(labels)
        return values

    def condition(self, network: nn.Module) -> None:
        """Replace the normalisations that have scales of their own."""
        found = [
            (parent, name, layer)
            for parent in network.modules()
            for name, layer in parent.named_children()
            if isinstance(layer, _NormBase) and layer.affine
        ]
        if not found:
            raise ValueError(
                "labels=norm gives each class scales of the network's normalisation, but this network has none that "
                "can take them; use norm=batch or norm=instance"
            )
        for parent, name, layer in found:
            setattr(parent, name, ClassNorm(layer, self))


class ClassNorm(nn.Module):
    """A normalisation whose scale and shift are those of each sample's class."""

    def __init__(self, norm: _NormBase, labels: NormLabels) -> None:
        super().__init__()
        self.norm = norm
        norm.affine = False
        norm.register_parameter("weight", None)
        norm.register_parameter("bias", None)
        self.scale = nn.Embedding(
            labels.classes, norm.num_features, _weight=torch.ones(labels.classes, norm.num_features)
        )
        self.shift = nn.Embedding(
            labels.classes, norm.num_features, _weight=torch.zeros(labels.classes, norm.num_features)
        )
        self._labels = (labels,)  # in a tuple, so that it is no part of this layer

    def forward(self, values: Tensor) -> Tensor:
        """Map (n, features, ...) to the same shape."""
        labels = self._labels[0].latest
        shape = (-1, values.shape[1], *[1] * (values.ndim - 2))
        return self.norm(values) * self.scale(labels).reshape(shape) + self.shift(labels).reshape(shape)
