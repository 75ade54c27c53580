"""Base class of discriminators of sound with a logit for each part of it, which show all of their feature maps."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from torch import Tensor, nn

from ganlab.core.interfaces import DiscriminatorOutput, Spec
from ganlab.layers.class_projection import build_projection
from ganlab.layers.conditioning import label_specs
from ganlab.layers.feature_discriminator import FeatureDiscriminator
from ganlab.layers.labels import ClassLabels


class WavePatches(FeatureDiscriminator, ABC):
    """Convolutions of a sound, and a last one to logits; the features are the maps of each one, then their mean.

    The mean is that of the last maps over all positions. Feature matching of all layers, as
    `regularizer=perceptual_discriminator` is, reads the maps. `labels` is concat for one-hot planes, projection for an
    inner product of the last maps with a vector of the class at each position, or none; None is concat for data with
    classes, and none for others, whose condition the discriminator does not see. A subclass builds `blocks`, `last` and
    its head, and says how a sound is laid out:

    >>> import torch
    >>> class Frames(WavePatches):
    ...     def __init__(self, spec, labels=None):
    ...         super().__init__(spec, labels)
    ...         block = nn.Conv2d(1 + self.labels.width, 4, (1, 8), (1, 8))
    ...         self.add_layers([block], 4, nn.Conv2d(4, 1, 1), nn.Identity())
    ...
    ...     def layout(self, samples):
    ...         return samples.mT.unsqueeze(2)
    >>> Frames(Spec(sample=(64, 1), kind="audio")).discriminate(torch.zeros(2, 64, 1)).logits.shape
    torch.Size([2, 8])
    """

    def __init__(self, spec: Spec, labels: str | None) -> None:
        super().__init__()
        specs = label_specs(labels or ("concat" if spec.classes else "none"), spec, "concat", "projection")
        self.labels, self._spec = ClassLabels(specs["concat"]), specs["projection"]

    def add_layers(self, blocks: Sequence[nn.Module], width: int, last: nn.Module, head: nn.Module) -> None:
        """Take the blocks from laid out sounds to maps of `width` channels, the layer to (n, 1, …), and the head."""
        self.blocks, self.last, self.head = nn.ModuleList(blocks), last, head
        self.feature_size = width
        self.projection = build_projection(self._spec, width)

    @abstractmethod
    def layout(self, samples: Tensor) -> Tensor:
        """Return sounds (n, samples, channels) as maps (n, channels, …, …)."""

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map sounds (n, samples, channels) and labels (n,) to logits (n, positions)."""
        return self.discriminate(samples, cond).logits

    def discriminate(self, samples: Tensor, cond: Tensor | None = None) -> DiscriminatorOutput:
        """Return the logits, and the maps of all blocks before the features."""
        maps = self._maps(samples, cond)
        values = self.last(maps[-1]).flatten(1).unsqueeze(2)
        positions = maps[-1].flatten(2).mT
        logits = self.head(self.projection(values, positions, cond).squeeze(2))
        return DiscriminatorOutput(logits, (*maps, maps[-1].mean((2, 3))))

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the last feature maps, averaged over all positions: (n, feature_size)."""
        return self._maps(samples, cond)[-1].mean((2, 3))

    def remove_head(self) -> None:
        """Remove the last layer, the projection and the head."""
        del self.last, self.projection, self.head

    def _maps(self, samples: Tensor, cond: Tensor | None) -> list[Tensor]:
        maps = [self.labels(self.layout(samples), cond)]
        for block in self.blocks:
            maps.append(block(maps[-1]))
        return maps[1:]
