import torch
from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Regularizer
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.layers.checks import share


class LeCam(Regularizer):
    """(D(x) − a_F)² + (D(G(z)) − a_R)², a_R and a_F moving means of D on real and fake (Tseng et al. 2021, section 3).

    The means are those before the move, and start as the first move's, which pays nothing. The authors' program pays
    for positive differences D(x) − a_F and a_R − D(G(z)) only, which are the same while D is right. Raises ValueError
    for a decay outside [0, 1).
    """

    player = "discriminator"
    averages: Tensor
    moves: Tensor
    sums: Tensor

    def __init__(self, weight: float = 0.3, decay: float = 0.99, every: int = 1) -> None:
        super().__init__(weight, every)
        share("decay", decay)
        self.decay = decay
        self.register_buffer("averages", torch.zeros(2))  # of real and of fake logits
        self.register_buffer("moves", torch.zeros(()))
        self.register_buffer("sums", torch.zeros(3), persistent=False)  # of real and fake logits, and how many

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, one value per logit."""
        real, fake = tree.widen(view.on_real.logits), tree.widen(view.on_fake.logits)
        with torch.no_grad():
            self.sums += torch.stack([real.sum(), fake.sum(), self.sums.new_tensor(real.numel())])
        on_real, on_fake = self.averages.clone()
        return (self.moves > 0) * ((real - on_fake).square() + (fake - on_real).square())

    def batch_sums(self) -> list[Tensor]:
        """Return the sums of the logits."""
        return [self.sums]

    @torch.no_grad()
    def apply_batch_sums(self) -> None:
        """Move the means."""
        means = self.sums[:2] / self.sums[2].clamp_min(1)
        kept = (self.moves > 0) * self.decay
        self.averages.copy_(kept * self.averages + (1 - kept) * means)
        self.moves += 1
        self.sums.zero_()
