import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ganlab.core.interfaces import Latent, Regularizer, Spec
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.layers.checks import check_at_least


class Information(Regularizer):
    """−log Q(codes | fake sample), the non-constant part of InfoGAN's bound (Chen et al. 2016, eqs. 4 and 5).

    Q has one hidden layer of `width` units on the discriminator's features. Both players minimise the term. It is the
    cross entropy of categories plus `continuous` times the negative log-likelihood of continuous codes under Gaussians
    of standard deviation 1 (without its constant). The discriminator's optimizer trains Q. Raises ValueError for a
    setting out of range.
    """

    player = "discriminator"
    reads_features = True
    single = True
    needs_codes = True

    def __init__(self, weight: float = 1.0, continuous: float = 0.1, width: int = 128, every: int = 1) -> None:
        super().__init__(weight, every)
        check_at_least("continuous", continuous, 0)
        check_at_least("width", width, 1)
        self.continuous, self.width = continuous, width

    def applies_to(self, player: str) -> bool:
        """Return True: both players have the term."""
        return True

    def build(self, spec: Spec, features: int, latent: Latent) -> None:
        """Create Q."""
        self.sizes = (*latent.categories, latent.continuous)
        self.split = latent.split
        hidden, outputs = nn.Linear(features, self.width), nn.Linear(self.width, sum(self.sizes))
        self.q = nn.Sequential(hidden, nn.LeakyReLU(0.1), outputs)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, shape (n,)."""
        _, categories, continuous = self.split(view.latents)
        *logits, means = self.q(view.on_fake.features[-1]).split(self.sizes, 1)
        terms = [
            cross_entropy(logit, code.argmax(1), reduction="none")
            for logit, code in zip(logits, categories, strict=True)
        ]
        terms.append(self.continuous * (continuous - means).square().sum(1) / 2)
        return torch.stack(terms).sum(0)
