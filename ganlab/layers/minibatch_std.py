"""Minibatch standard deviation, which shows a discriminator how similar the samples of a batch are."""

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.layers.checks import check_at_least

# Added under the square root, whose derivative at 0 is infinite.
SMALLEST_VARIANCE = 1e-8


class MinibatchDeviation(nn.Module):
    """Appends a channel with the standard deviation over a group of samples, averaged over channels and positions.

    Karras et al. 2018, section 3. The group size is the largest one up to `group` that divides the batch. Raises
    ValueError if `group` is below 1.
    """

    def __init__(self, group: int = 4) -> None:
        super().__init__()
        check_at_least("group", group, 1)
        self.group = group

    def forward(self, images: Tensor) -> Tensor:
        """Map (n, channels, height, width) to (n, channels + 1, height, width)."""
        count = len(images)
        size = max(divisor for divisor in range(1, min(self.group, count) + 1) if count % divisor == 0)
        grouped = tree.widen(images).reshape(size, count // size, -1)
        deviation = (grouped.var(0, correction=0) + SMALLEST_VARIANCE).sqrt().mean(1)
        planes = deviation.repeat(size).to(images.dtype).reshape(-1, 1, 1, 1).expand(-1, 1, *images.shape[2:])
        return torch.cat([images, planes], 1)
