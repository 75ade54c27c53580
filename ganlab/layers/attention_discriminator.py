"""What residual critics with self-attention have in common."""

from abc import ABC
from collections.abc import Sequence

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers.attention import attention_at
from ganlab.layers.class_projection import projection_of
from ganlab.layers.feature_discriminator import DenseHeadDiscriminator
from ganlab.layers.initialisation import initialise
from ganlab.layers.labels import LabelInput


class AttentionDiscriminator(DenseHeadDiscriminator, ABC):
    """Residual blocks, each maybe followed by attention, then a sum over all positions, and projection on classes.

    The projection sees the classes of `spec`, and the blocks what `labels` makes of the images. `sides` are the shorter
    sides of the blocks' outputs and `attention` those that it follows, `default` for None. The last layers start
    orthogonal.
    """

    def __init__(
        self,
        spec: Spec,
        labels: LabelInput,
        blocks: Sequence[nn.Module],
        channels: Sequence[int],
        sides: Sequence[int],
        attention: Sequence[int] | None,
        default: int,
        head: nn.Module,
    ) -> None:
        super().__init__()
        self.labels = labels
        self.blocks = nn.ModuleList(blocks)
        self.attention = attention_at(attention, default, sides, channels)
        self.last = nn.ReLU(inplace=True)
        self.feature_size = channels[-1]
        self.head = nn.Sequential(nn.Linear(self.feature_size, 1), head)
        self.projection = projection_of(spec, self.feature_size)
        initialise(self.head, "orthogonal")
        initialise(self.projection, "orthogonal")

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the sum of the last images over all positions."""
        samples = self.labels(samples, cond)
        for block, attend in zip(self.blocks, self.attention, strict=True):
            samples = attend(block(samples))
        return self.last(samples).sum((2, 3))
