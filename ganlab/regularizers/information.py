import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ganlab.core.interfaces import Latent, Regularizer, Spec
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.layers.checks import at_least


class Information(Regularizer):
    """−log Q(codes | fake sample), the part of InfoGAN's bound that can move (Chen et al. 2016, eq. 4 and 5).

    Q is a hidden layer on the critic's features that both players help: categories by their cross entropy, continuous
    codes as means of Gaussians of deviation 1, which count `continuous` times as much. Its weights move with the
    discriminator. Raises ValueError for an option out of range.
    """

    player = "discriminator"
    reads_features = True
    single = True
    needs_codes = True

    def __init__(self, weight: float = 1.0, continuous: float = 0.1, width: int = 128, every: int = 1) -> None:
        super().__init__(weight, every)
        at_least("continuous", continuous, 0)
        at_least("width", width, 1)
        self.continuous, self.width = continuous, width

    def applies_to(self, player: str) -> bool:
        """Belong to both."""
        return True

    def build(self, spec: Spec, features: int, latent: Latent) -> None:
        """Make Q."""
        self.sizes = (*latent.categories, latent.continuous)
        self.split = latent.split
        hidden, outputs = nn.Linear(features, self.width), nn.Linear(self.width, sum(self.sizes))
        self.q = nn.Sequential(hidden, nn.LeakyReLU(0.1), outputs)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, shape (n,)."""
        _, categories, continuous = self.split(view.latents)
        *guesses, means = self.q(view.on_fake.features[-1]).split(self.sizes, 1)
        terms = [
            cross_entropy(guess, code.argmax(1), reduction="none")
            for guess, code in zip(guesses, categories, strict=True)
        ]
        terms.append(self.continuous * (continuous - means).square().sum(1) / 2)
        return torch.stack(terms).sum(0)
