from collections.abc import Sequence

import torch
from torch import Tensor

from ganlab.core.interfaces import Augment
from ganlab.core.random import Random
from ganlab.core.tree import Tree
from ganlab.layers.image_changes import CHANGES, apply_changes, check_changes


class ADA(Augment):
    """Adaptive discriminator augmentation: a probability p that limits D's overfitting (Karras et al. 2020, ADA).

    At every `interval`-th update of D, p increases if the mean of sign D(x) over the real samples since the last change
    is above `target`, and decreases if it is below. The rate takes p from 0 to 1 in `speed_samples` real samples; p
    stays in [0, 1] (section 3.1). Each of the `changes` is applied with probability p. Raises ValueError for an unknown
    change, a value out of range, or an interval below 1.
    """

    sample_dims = (3,)
    adapts = True
    p: Tensor
    signs: Tensor
    sums: Tensor

    def __init__(
        self,
        target: float = 0.6,
        speed_samples: float = 500_000,
        interval: int = 4,
        start: float = 0.0,
        changes: Sequence[str] = CHANGES,
    ) -> None:
        super().__init__()
        if not -1 < target < 1:
            raise ValueError(f"target must be above -1 and below 1, got {target}")
        if speed_samples <= 0:
            raise ValueError(f"speed_samples must be above 0, got {speed_samples}")
        if interval < 1:
            raise ValueError(f"interval must be at least 1, got {interval}")
        if not 0 <= start <= 1:
            raise ValueError(f"start must be at least 0 and at most 1, got {start}")
        self.target, self.speed_samples, self.interval = target, speed_samples, interval
        self.changes = check_changes(changes)
        self.register_buffer("p", torch.tensor(float(start)))
        self.register_buffer("signs", torch.zeros(4))  # since p changed: of signs, logits, samples, and updates
        self.register_buffer("sums", torch.zeros(3), persistent=False)  # of signs, logits, and samples in this update

    def forward(self, samples: Tree, random: Random) -> Tree:
        """Change images (n, channels, height, width)."""
        self.batch_size = len(samples)
        return apply_changes(samples, self.changes, self.p.clone(), random)

    @torch.no_grad()
    def observe(self, margins: Tensor) -> None:
        """Add the signs of the margins to the sums."""
        self.sums += torch.stack([margins.sign().sum(), *self.sums.new_tensor([margins.numel(), self.batch_size])])

    def batch_sums(self) -> list[Tensor]:
        """Return the sums of signs, logits and samples."""
        return [self.sums]

    @torch.no_grad()
    def apply_batch_sums(self) -> None:
        """Change p, if the interval has passed."""
        self.signs[:3] += self.sums
        self.signs[3] += 1
        self.sums.zero_()
        due = self.signs[3] >= self.interval
        signs, logits, samples, _ = self.signs
        direction = torch.sign(signs / logits.clamp_min(1) - self.target)
        self.p.add_(due * direction * samples / self.speed_samples).clamp_(0, 1)
        self.signs *= ~due

    def diagnostics(self) -> dict[str, Tensor]:
        """Return p."""
        return {"augment/p": self.p.clone()}
