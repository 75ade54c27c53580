"""A multi-scale discriminator: one discriminator for each of several resolutions."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional

from ganlab.core.interfaces import Spec
from ganlab.layers import DiscriminatorEnsemble, build_head, sample_shape, with_label_mode
from ganlab.layers.checks import check_at_least


class MultiScale(DiscriminatorEnsemble):
    """Discriminators of the image at full size, half size, quarter size, … (Wang et al. 2018, pix2pixHD, section 3.2).

    Each scale has its own weights, and their logits count equally. Average pooling over 3 × 3 pixels halves the size,
    rounding up. `head` maps the logits of all scales. `labels` sets the label mode of all discriminators; None leaves
    their own setting. Raises ValueError if `scales` is below 1 or the discriminator cannot be built for one of them.
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
        check_at_least("scales", scales, 1)
        networks = {}
        build = with_label_mode(critic, labels)
        for number in range(scales):
            networks[str(number)] = build(replace(spec, sample=(channels, height, width)))
            height, width = (height + 1) // 2, (width + 1) // 2
        super().__init__(networks, build_head(head, beta))

    def inputs(self, samples: Tensor) -> Iterator[tuple[nn.Module, Tensor]]:
        """Yield each discriminator with the images (n, channels, height, width) at its scale."""
        for network in self.critics.values():
            yield network, samples
            samples = functional.avg_pool2d(samples, 3, 2, 1, count_include_pad=False)
