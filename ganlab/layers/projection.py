"""A critic's last layer that knows the class."""

from torch import Tensor, nn
from torch.nn import init

from ganlab.interfaces import Spec
from ganlab.layers.labels import ClassLabels


class Projection(nn.Module):
    """ψ(h) + ⟨e(y), h⟩ for features h and labels y (Miyato and Koyama 2018, eq. 3); without classes ψ alone.

    Both are linear and start orthogonal. Raises ValueError for a condition that is not a class label.
    """

    def __init__(self, spec: Spec, features: int) -> None:
        super().__init__()
        self.labels = ClassLabels(spec)
        self.dense = nn.Linear(features, 1)
        # Dense on one-hot labels, which spectral normalisation reaches as it must (and no other kind of embedding).
        self.embed = nn.Linear(spec.classes, features, bias=False) if spec.classes else nn.Identity()
        self.classes = spec.classes
        for name, weights in self.named_parameters():
            (init.zeros_ if "bias" in name else init.orthogonal_)(weights)

    def forward(self, features: Tensor, labels: Tensor | None) -> Tensor:
        """Map features (n, …, features) and labels (n,) to logits (n, …, 1)."""
        logits = self.dense(features)
        if not self.classes:
            return logits
        codes = self.labels(features.flatten(1)[:, :0], labels)
        embedded = self.embed(codes).reshape(len(features), *[1] * (features.ndim - 2), features.shape[-1])
        return logits + (embedded * features).sum(-1, keepdim=True)
