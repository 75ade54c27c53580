"""A generator: a network that maps latents to samples."""

from ganlab import Spec
from torch import Tensor, nn


class SineGenerator(nn.Module):
    """A generator of vectors with two hidden layers and sines as activations.

    Raises ValueError for a width below 1.
    """

    def __init__(self, spec: Spec, width: int = 64) -> None:
        super().__init__()
        if width < 1:
            raise ValueError(f"width must be at least 1, got {width}")
        self.first = nn.Linear(spec.latent, width)
        self.second = nn.Linear(width, width)
        self.output = nn.Linear(width, spec.sample[0])

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Return samples (count, size) for latents (count, latent)."""
        return self.output(self.second(self.first(latents).sin()).sin())
