"""Class labels in a critic's last layer."""

from torch import Tensor, nn
from torch.nn import functional

from ganlab.core.interfaces import Spec
from ganlab.layers.initialisation import initialise
from ganlab.layers.labels import ClassEmbedding, ClassLabels


class NoProjection(nn.Module):
    """Nothing is added."""

    def forward(self, values: Tensor, features: Tensor, labels: Tensor | None) -> Tensor:
        """Return `values`."""
        return values


class ClassProjection(nn.Module):
    """Adds the inner product of the features with a vector of each class (Miyato & Koyama 2018, eq. 4)."""

    def __init__(self, spec: Spec, features: int) -> None:
        super().__init__()
        self.embed = ClassEmbedding(spec.classes, features)

    def forward(self, values: Tensor, features: Tensor, labels: Tensor | None) -> Tensor:
        """Return `values` (n, …, 1) plus the products, for features (n, …, features) and long labels (n,)."""
        if labels is None:
            raise ValueError(f"this critic was built for {self.embed.in_features} classes, but it got no labels")
        codes = functional.one_hot(labels, self.embed.in_features).to(features.dtype)
        embedded = self.embed(codes).reshape(len(features), *[1] * (features.ndim - 2), features.shape[-1])
        return values + (embedded * features).sum(-1, keepdim=True)


class ConvolvedProjection(nn.Module):
    """The same where the last layer is a convolution: adds that of the last maps with a filter of each class.

    So every patch is projected for itself.
    """

    def __init__(self, spec: Spec, channels: int, kernel: int) -> None:
        super().__init__()
        self.labels, self.channels, self.kernel = ClassLabels(spec), channels, kernel
        self.embed = ClassEmbedding(spec.classes, channels * kernel * kernel)

    def forward(self, values: Tensor, maps: Tensor, labels: Tensor | None) -> Tensor:
        """Return `values` (n, 1, …) plus the class's, for maps (n, channels, height, width) and long labels (n,)."""
        codes = self.labels(maps.new_empty(len(maps), 0), labels)
        filters = self.embed(codes).reshape(-1, self.channels, self.kernel, self.kernel)
        joined = maps.reshape(1, -1, *maps.shape[2:])
        padding = (self.kernel - 1) // 2
        own = functional.conv2d(joined, filters, padding=padding, groups=len(maps))
        return values + own.movedim(0, 1)


class Multiplied(nn.Module):
    """Takes the scaled inner product of the values themselves with a vector of each class, instead of adding one.

    `embed` maps an empty (n, 0) and labels (n,) to vectors (n, values).
    """

    def __init__(self, embed: nn.Module, scale: float = 1.0) -> None:
        super().__init__()
        self.embed, self.scale = embed, scale

    def forward(self, values: Tensor, features: Tensor, labels: Tensor | None) -> Tensor:
        """Return (n, 1) of values (n, values) and long labels (n,)."""
        vectors = self.embed(values[:, :0], labels)
        return (values * vectors).sum(1, keepdim=True) * self.scale


def projection_of(spec: Spec, features: int) -> nn.Module:
    """Build the projection where the data has classes, and else what adds nothing."""
    return ClassProjection(spec, features) if spec.classes else NoProjection()


def convolved_projection_of(spec: Spec, channels: int, kernel: int) -> nn.Module:
    """Build that of every patch where the data has classes, and else what adds nothing."""
    return ConvolvedProjection(spec, channels, kernel) if spec.classes else NoProjection()


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
