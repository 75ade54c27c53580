import torch
from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Regularizer
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.layers.checks import check_share


class LeCam(Regularizer):
    """(D(x) − a_F)² + (D(G(z)) − a_R)², with moving averages of D on real and fake (Tseng et al. 2021, section 3).

    a_R and a_F, the averages on real and fake samples, are those before the update. They start as the means of the
    first update, whose penalty is 0. The authors' code penalises only positive differences D(x) − a_F and
    a_R − D(G(z)), which is equivalent while D classifies correctly. Raises ValueError for a decay outside [0, 1).
    """

    player = "discriminator"
    averages: Tensor
    moves: Tensor
    sums: Tensor

    def __init__(self, weight: float = 0.3, decay: float = 0.99, every: int = 1) -> None:
        super().__init__(weight, every)
        check_share("decay", decay)
        self.decay = decay
        self.register_buffer("averages", torch.zeros(2))  # of real and of fake logits
        self.register_buffer("moves", torch.zeros(()))  # the number of updates
        self.register_buffer(
            "sums", torch.zeros(3), persistent=False
        )  # of real logits, of fake logits, and their number

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, one value per logit."""
        real, fake = tree.widen(view.on_real.logits), tree.widen(view.on_fake.logits)
        with torch.no_grad():
            self.sums += torch.stack([real.sum(), fake.sum(), self.sums.new_tensor(real.numel())])
        real_average, fake_average = self.averages.clone()
        return (self.moves > 0) * ((real - fake_average).square() + (fake - real_average).square())

    def batch_sums(self) -> list[Tensor]:
        """Return the sums of the logits and their number."""
        return [self.sums]

    @torch.no_grad()
    def apply_batch_sums(self) -> None:
        """Update the moving averages."""
        means = self.sums[:2] / self.sums[2].clamp_min(1)
        decay = (self.moves > 0) * self.decay
        self.averages.copy_(decay * self.averages + (1 - decay) * means)
        self.moves += 1
        self.sums.zero_()
