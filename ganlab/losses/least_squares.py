from typing import ClassVar

from torch import Tensor

from ganlab.core.interfaces import AdversarialLoss


class LeastSquares(AdversarialLoss):
    """LSGAN: squared distances from the targets 1 for real and 0 for fake, each with the paper's factor ½.

    Mao et al. 2017, eq. 9 (a = 0, b = c = 1). With `smoothing` s, the target of real samples in D's loss is 1 − s.
    Raises ValueError for a `smoothing` outside [0, 1).
    """

    boundary: ClassVar[float | None] = 0.5

    def __init__(self, smoothing: float = 0.0, flip: float = 0.0) -> None:
        super().__init__(flip)
        if not 0 <= smoothing < 1:
            raise ValueError(f"smoothing must be at least 0 and below 1, got {smoothing}")
        self.smoothing = smoothing

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return ½ (D(x) − 1 + s)² + ½ D(G(z))²."""
        return (real - (1 - self.smoothing)).square() / 2 + fake.square() / 2

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """Return ½ (D(G(z)) − 1)²."""
        return (fake - 1).square() / 2
