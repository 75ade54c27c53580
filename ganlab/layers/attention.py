"""Self-attention over the positions of an image, and the blocks that it follows."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional, init
from torch.nn.attention import SDPBackend, sdpa_kernel


class SelfAttention(nn.Module):
    """Self-attention x + γ o(softmax(θ(x)ᵀ φ(x)) g(x)) over all positions (Zhang et al. 2019, eqs. 1 to 3).

    γ starts at 0. θ and φ have an eighth of the channels, g has half of them; φ and g are max-pooled over 2 × 2
    positions, as in the authors' code. Images are at least 2 × 2.
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
        key, value = (_sequence(_max_pool(layer(images))) for layer in (self.key, self.value))
        with _select_kernels():
            attended = functional.scaled_dot_product_attention(query, key, value, scale=1.0)
        maps = attended.squeeze(1).transpose(1, 2).unflatten(2, images.shape[2:])
        return images + self.gain * self.out(maps)


def _select_kernels() -> AbstractContextManager[None]:
    # The fused kernels have no second derivative, which gradient penalties and consensus need.
    return sdpa_kernel(SDPBackend.MATH) if torch.is_grad_enabled() else nullcontext()


def _sequence(images: Tensor) -> Tensor:
    """Reshape (n, channels, height, width) to (n, 1, positions, channels), the 1 being a single head."""
    return images.flatten(2).transpose(1, 2).unsqueeze(1)


def _max_pool(images: Tensor) -> Tensor:
    """Halve the resolution; torch's max-pooling sums gradients in a nondeterministic order on a GPU."""
    height, width = images.shape[2] // 2, images.shape[3] // 2
    even = images[:, :, : 2 * height, : 2 * width]
    return even.unflatten(3, (width, 2)).unflatten(2, (height, 2)).amax((3, 5))


def build_attention(
    requested: Sequence[int] | None, default: int, sides: Sequence[int], channels: Sequence[int]
) -> nn.ModuleList:
    """Build one layer to follow each block: attention if the block's shorter side is requested, else the identity.

    `sides` are the shorter sides of the blocks' outputs and `channels` their channels. None requests the `default`
    side if a block has it. If several blocks have one side, attention follows the last. Raises ValueError for a side
    that no block has.
    """
    attended = {default} & {*sides} if requested is None else {*requested}
    if unknown := attended - {*sides}:
        known = ", ".join(str(side) for side in sorted({*sides}))
        raise ValueError(f"attention must be at sides among {known}, got {min(unknown)}")
    last_blocks = {len(sides) - 1 - list(reversed(sides)).index(side) for side in attended}
    return nn.ModuleList(SelfAttention(c) if i in last_blocks else nn.Identity() for i, c in enumerate(channels))
