"""Class labels in a critic's last layer."""

from torch import Tensor, nn
from torch.nn import functional

from ganlab.interfaces import Spec


class NoProjection(nn.Module):
    """Nothing is added."""

    def forward(self, values: Tensor, features: Tensor, labels: Tensor | None) -> Tensor:
        """Return `values`."""
        return values


class ClassProjection(nn.Module):
    """Adds the inner product of the features with a vector of each class (Miyato & Koyama 2018, eq. 4).

    Raises ValueError for data without labels.
    """

    def __init__(self, spec: Spec, features: int) -> None:
        super().__init__()
        if not spec.classes:
            raise ValueError(
                "labels=projection needs class labels, but the data is used without; write data.labels=true"
            )
        # A dense layer of one-hot labels and not a table, so that it is initialised and normalised as all others are.
        self.embed = nn.Linear(spec.classes, features, bias=False)

    def forward(self, values: Tensor, features: Tensor, labels: Tensor | None) -> Tensor:
        """Return `values` (n, …, 1) plus the products, for features (n, …, features) and long labels (n,)."""
        if labels is None:
            raise ValueError(f"this critic was built for {self.embed.in_features} classes, but it got no labels")
        codes = functional.one_hot(labels, self.embed.in_features).to(features.dtype)
        embedded = self.embed(codes).reshape(len(features), *[1] * (features.ndim - 2), features.shape[-1])
        return values + (embedded * features).sum(-1, keepdim=True)


def projection_of(spec: Spec, features: int) -> nn.Module:
    """Build the projection where the data has classes, and else what adds nothing."""
    return ClassProjection(spec, features) if spec.classes else NoProjection()
