"""Self-attention over the positions of an image, and where it goes."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional, init
from torch.nn.attention import SDPBackend, sdpa_kernel


class SelfAttention(nn.Module):
    """x + γ o(softmax(θ(x)ᵀ φ(x)) g(x)) over all positions, γ = 0 at first (Zhang et al. 2019, eqs. 1 to 3).

    θ and φ have an eighth of the channels and g a half; φ and g keep the largest of each 2 × 2 positions, as in the
    authors' program. Images are at least 2 × 2.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow, half = max(channels // 8, 1), max(channels // 2, 1)
        self.query = nn.Conv2d(channels, narrow, 1, bias=False)
        self.key = nn.Conv2d(channels, narrow, 1, bias=False)
        self.value = nn.Conv2d(channels, half, 1, bias=False)
        self.out = nn.Conv2d(half, channels, 1, bias=False)
        self.gain = nn.Parameter(torch.zeros(()))
        for layer in (self.query, self.key, self.value, self.out):
            init.xavier_uniform_(layer.weight)

    def forward(self, images: Tensor) -> Tensor:
        """Return images of the same shape (n, channels, height, width)."""
        query = _sequence(self.query(images))
        key, value = (_sequence(_largest(layer(images))) for layer in (self.key, self.value))
        with _kernels():
            attended = functional.scaled_dot_product_attention(query, key, value, scale=1.0)
        maps = attended.squeeze(1).transpose(1, 2).unflatten(2, images.shape[2:])
        return images + self.gain * self.out(maps)


def _kernels() -> AbstractContextManager[None]:
    # The fused kernels cannot be differentiated twice, which gradient penalties and consensus do.
    return sdpa_kernel(SDPBackend.MATH) if torch.is_grad_enabled() else nullcontext()


def _sequence(images: Tensor) -> Tensor:
    """Turn (n, channels, height, width) into one head's (n, 1, positions, channels)."""
    return images.flatten(2).transpose(1, 2).unsqueeze(1)


def _largest(images: Tensor) -> Tensor:
    """Halve the resolution; torch's own max-pooling adds up gradients in no fixed order on a GPU."""
    height, width = images.shape[2] // 2, images.shape[3] // 2
    even = images[:, :, : 2 * height, : 2 * width]
    return even.unflatten(3, (width, 2)).unflatten(2, (height, 2)).amax((3, 5))


def attention_at(
    chosen: Sequence[int] | None, default: int, sides: Sequence[int], channels: Sequence[int]
) -> nn.ModuleList:
    """Build what follows each block: attention where its shorter side is among the chosen, else nothing.

    `sides` and `channels` are those of the blocks; None chooses the `default` side, where there is such a block. Raises
    ValueError for a side that no block has.
    """
    wanted = {default} & {*sides} if chosen is None else {*chosen}
    if strange := wanted - {*sides}:
        known = ", ".join(str(side) for side in sorted({*sides}))
        raise ValueError(f"attention must be at sides among {known}, got {min(strange)}")
    # Of blocks of one side, the last.
    places = {len(sides) - 1 - list(reversed(sides)).index(side) for side in wanted}
    return nn.ModuleList(SelfAttention(c) if i in places else nn.Identity() for i, c in enumerate(channels))
