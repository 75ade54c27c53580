"""Class-conditional normalisation: each class has its own scales and shifts."""

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from ganlab.core.interfaces import Spec
from ganlab.layers.labels import LabelInput


class NormLabels(LabelInput):
    """Conditions the normalisations of a network on the class (de Vries et al. 2017; Dumoulin et al. 2017).

    Each class has its own scale and shift in every batch and instance normalisation. The network's input is unchanged.
    `condition` raises ValueError if the network has no such normalisation.
    """

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        self.latest: Tensor | None = None

    def forward(self, values: Tensor, labels: Tensor | None) -> Tensor:
        """Return `values` unchanged; store the labels for the normalisations of this forward pass."""
        self.latest = self.require(labels)
        return values

    def condition(self, network: nn.Module) -> None:
        """Replace each affine normalisation by one with a scale and shift per class."""
        norms = [
            (parent, name, layer)
            for parent in network.modules()
            for name, layer in parent.named_children()
            if isinstance(layer, _NormBase) and layer.affine
        ]
        if not norms:
            raise ValueError(
                "labels=norm needs batch or instance normalisation, but this network has neither; "
                "use norm=batch or norm=instance"
            )
        for parent, name, layer in norms:
            setattr(parent, name, ClassNorm(layer, self))


class ClassNorm(nn.Module):
    """A normalisation followed by the scale and shift of each sample's class."""

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
        self._labels = (labels,)  # in a tuple, so that it is not registered as a submodule

    def forward(self, values: Tensor) -> Tensor:
        """Map (n, features, ...) to the same shape."""
        labels = self._labels[0].latest
        shape = (-1, values.shape[1], *[1] * (values.ndim - 2))
        return self.norm(values) * self.scale(labels).reshape(shape) + self.shift(labels).reshape(shape)
