"""Base class of residual discriminators with self-attention."""

from abc import ABC
from collections.abc import Sequence

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers.attention import build_attention
from ganlab.layers.class_projection import build_projection
from ganlab.layers.condition_input import ConditionInput
from ganlab.layers.feature_discriminator import DenseHeadDiscriminator
from ganlab.layers.initialisation import initialise


class AttentionDiscriminator(DenseHeadDiscriminator, ABC):
    """Residual blocks with optional self-attention after each, a sum over all positions, and a class projection.

    The projection uses the classes of `spec`; the first block receives the output of `labels`. `channels` and `sides`
    are the channels and shorter sides of the blocks' outputs. Attention follows the blocks whose side is in
    `attention`, or the `default` side if that is None. `head` maps (n, 1) to logits (n,). The last dense layer and the
    projection start orthogonal. Raises ValueError for an attention side that no block has.
    """

    def __init__(
        self,
        spec: Spec,
        labels: ConditionInput,
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
        self.attention = build_attention(attention, default, sides, channels)
        self.last = nn.ReLU(inplace=True)
        self.feature_size = channels[-1]
        self.head = nn.Sequential(nn.Linear(self.feature_size, 1), head)
        self.projection = build_projection(spec, self.feature_size)
        initialise(self.head, "orthogonal")
        initialise(self.projection, "orthogonal")

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the last feature maps, summed over all positions: (n, feature_size)."""
        samples = self.labels(samples, cond)
        for block, attend in zip(self.blocks, self.attention, strict=True):
            samples = attend(block(samples))
        return self.last(samples).sum((2, 3))
