"""Copies of one critic at several scales."""

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional

from ganlab.interfaces import Spec, Verdict, as_verdict
from ganlab.layers import build_head, sample_shape
from ganlab.layers.options import at_least
from ganlab.layers.votes import join_votes


class MultiScale(nn.Module):
    """Critics of the image, of half its size, of a quarter, … (Wang et al. 2018, pix2pixHD, section 3.2).

    Each has weights of its own, and the same say. Sizes are halved by means over 3 × 3 pixels, odd ones rounded up.
    `head` is that of all votes. Raises ValueError for fewer than one scale, or where a critic cannot be built for one.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self, spec: Spec, critic: Callable[[Spec], nn.Module], scales: int = 2, head: str = "logit", beta: float = 1.0
    ) -> None:
        super().__init__()
        channels, height, width = sample_shape(spec, "MultiScale", "discriminator", self.sample_dims)
        at_least("scales", scales, 1)
        critics = []
        for _ in range(scales):
            critics.append(critic(replace(spec, sample=(channels, height, width))))
            height, width = (height + 1) // 2, (width + 1) // 2
        self.critics, self.head = nn.ModuleList(critics), build_head(head, beta)

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Verdict:
        """Judge images (n, channels, height, width) with labels (n,); logits are (n, scales, votes)."""
        verdicts = []
        for critic in self.critics:
            verdicts.append(as_verdict(critic(samples, cond)))
            samples = functional.avg_pool2d(samples, 3, 2, 1, count_include_pad=False)
        features = tuple(feature for verdict in verdicts for feature in verdict.features)
        return Verdict(self.head(join_votes(verdicts)), features)
