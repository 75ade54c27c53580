"""Copies of one critic at several scales."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional

from ganlab.core.interfaces import Spec
from ganlab.layers import DiscriminatorEnsemble, build_head, sample_shape, with_labels
from ganlab.layers.checks import at_least


class MultiScale(DiscriminatorEnsemble):
    """Critics of the image, of half its size, of a quarter, … (Wang et al. 2018, pix2pixHD, section 3.2).

    Each has weights of its own, and the same say. Sizes are halved by means over 3 × 3 pixels, odd ones rounded up.
    `head` is that of all votes, and `labels` the way that labels enter all critics, None being their own setting.
    Raises ValueError for fewer than one scale, or where a critic cannot be built for one.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self,
        spec: Spec,
        critic: Callable[..., nn.Module],
        scales: int = 2,
        head: str = "logit",
        beta: float = 1.0,
        labels: str | None = None,
    ) -> None:
        channels, height, width = sample_shape(spec, "MultiScale", "discriminator", self.sample_dims)
        at_least("scales", scales, 1)
        critics = {}
        for number in range(scales):
            critics[str(number)] = with_labels(critic, labels)(replace(spec, sample=(channels, height, width)))
            height, width = (height + 1) // 2, (width + 1) // 2
        super().__init__(critics, build_head(head, beta))

    def views(self, samples: Tensor) -> Iterator[tuple[nn.Module, Tensor]]:
        """Yield each critic with images (n, channels, height, width) of its scale."""
        for critic in self.critics.values():
            yield critic, samples
            samples = functional.avg_pool2d(samples, 3, 2, 1, count_include_pad=False)
