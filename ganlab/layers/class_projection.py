"""Class conditioning in the last layer of a discriminator (projection discriminator)."""

from torch import Tensor, nn
from torch.nn import functional

from ganlab.core.interfaces import Spec
from ganlab.layers.initialisation import initialise
from ganlab.layers.labels import ClassEmbedding, ClassLabels


class NoProjection(nn.Module):
    """Stands in for a projection if the data has no classes; adds nothing."""

    def forward(self, values: Tensor, features: Tensor, labels: Tensor | None) -> Tensor:
        """Return `values`."""
        return values


class ClassProjection(nn.Module):
    """Adds the inner product of the features with a vector of each class (Miyato & Koyama 2018, eq. 4)."""

    def __init__(self, spec: Spec, features: int) -> None:
        super().__init__()
        self.embed = ClassEmbedding(spec.classes, features)

    def forward(self, values: Tensor, features: Tensor, labels: Tensor | None) -> Tensor:
        """Return `values` (n, …, 1) plus the inner products of features (n, …, features) and labels (n,), long.

        Raises ValueError without labels.
        """
        if labels is None:
            raise ValueError(f"this discriminator was built for {self.embed.in_features} classes, but it got no labels")
        codes = functional.one_hot(labels, self.embed.in_features).to(features.dtype)
        embedded = self.embed(codes).reshape(len(features), *[1] * (features.ndim - 2), features.shape[-1])
        return values + (embedded * features).sum(-1, keepdim=True)


class PatchProjection(nn.Module):
    """A class projection for each patch: adds the convolution of the last feature maps with a filter of the class."""

    def __init__(self, spec: Spec, channels: int, kernel: int) -> None:
        super().__init__()
        self.labels, self.channels, self.kernel = ClassLabels(spec), channels, kernel
        self.embed = ClassEmbedding(spec.classes, channels * kernel * kernel)

    def forward(self, values: Tensor, maps: Tensor, labels: Tensor | None) -> Tensor:
        """Return `values` (n, 1, …) plus the projection, for maps (n, channels, height, width) and long labels (n,)."""
        codes = self.labels(maps.new_empty(len(maps), 0), labels)
        filters = self.embed(codes).reshape(-1, self.channels, self.kernel, self.kernel)
        grouped = maps.reshape(1, -1, *maps.shape[2:])
        padding = (self.kernel - 1) // 2
        projected = functional.conv2d(grouped, filters, padding=padding, groups=len(maps))
        return values + projected.movedim(0, 1)


class ClassProduct(nn.Module):
    """Replaces the values by their scaled inner product with a vector of the class.

    `embed` maps an empty (n, 0) tensor and labels (n,) to vectors (n, values).
    """

    def __init__(self, embed: nn.Module, scale: float = 1.0) -> None:
        super().__init__()
        self.embed, self.scale = embed, scale

    def forward(self, values: Tensor, features: Tensor, labels: Tensor | None) -> Tensor:
        """Map values (n, values) and long labels (n,) to (n, 1)."""
        vectors = self.embed(values[:, :0], labels)
        return (values * vectors).sum(1, keepdim=True) * self.scale


def build_projection(spec: Spec, features: int) -> nn.Module:
    """Build the class projection, or a layer that adds nothing if the data has no classes."""
    return ClassProjection(spec, features) if spec.classes else NoProjection()


def build_patch_projection(spec: Spec, channels: int, kernel: int) -> nn.Module:
    """Build the class projection of each patch, or a layer that adds nothing if the data has no classes."""
    return PatchProjection(spec, channels, kernel) if spec.classes else NoProjection()


class Projection(nn.Module):
    """Logit ψ(h) + ⟨e(y), h⟩ of features h and labels y (Miyato & Koyama 2018, eq. 4); without classes ψ(h) alone.

    ψ and e are linear and start orthogonal.
    """

    def __init__(self, spec: Spec, features: int) -> None:
        super().__init__()
        self.dense = nn.Linear(features, 1)
        self.classes = build_projection(spec, features)
        initialise(self, "orthogonal")

    def forward(self, features: Tensor, labels: Tensor | None) -> Tensor:
        """Map features (n, …, features) and labels (n,) to logits (n, …, 1)."""
        return self.classes(self.dense(features), features, labels)
