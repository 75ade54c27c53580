"""A critic's last layer that knows the class."""

from torch import Tensor, nn

from ganlab.interfaces import Spec
from ganlab.layers.class_projection import projection_of
from ganlab.layers.initialisation import initialise


class Projection(nn.Module):
    """ψ(h) + ⟨e(y), h⟩ for features h and labels y (Miyato & Koyama 2018, eq. 4); without classes ψ alone.

    Both are linear and start orthogonal.
    """

    def __init__(self, spec: Spec, features: int) -> None:
        super().__init__()
        self.dense = nn.Linear(features, 1)
        self.classes = projection_of(spec, features)
        initialise(self, "orthogonal")

    def forward(self, features: Tensor, labels: Tensor | None) -> Tensor:
        """Map features (n, …, features) and labels (n,) to logits (n, …, 1)."""
        return self.classes(self.dense(features), features, labels)
