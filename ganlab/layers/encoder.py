"""Networks from samples to latents, made of critics."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.layers.feature_discriminator import FeatureDiscriminator, shows_features


class Encoder(nn.Module):
    """A dense layer on the features of a critic, which keeps no other part of it."""

    def __init__(self, critic: FeatureDiscriminator, outputs: int) -> None:
        super().__init__()
        critic.remove_head()
        self.critic, self.dense = critic, nn.Linear(critic.feature_size, outputs)

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map samples (n, *sample) and labels (n,) to (n, outputs)."""
        return self.dense(self.critic.features(samples, cond))


def build_encoder(build: Callable[[Spec], nn.Module], spec: Spec, outputs: int) -> nn.Module:
    """Build a critic whose head is a dense layer (n, outputs); raises ValueError for one that shows no features."""
    critic = build(spec)
    if not shows_features(critic):
        raise ValueError(
            f"this game makes its encoder of a discriminator that shows its features, which {type(critic).__name__} "
            "does not; use one that does, such as discriminator=mlp or dcgan"
        )
    return Encoder(critic, outputs)


def posterior(outputs: Tensor, random: Random) -> tuple[Tensor, Tensor]:
    """Draw latents (n, size) from Gaussians of the means and log variances in `outputs`, shape (n, 2 · size).

    Return them with each sample's divergence from the standard normal distribution, shape (n,) (Kingma & Welling 2014,
    appendix B).
    """
    mean, log_variance = tree.widen(outputs).chunk(2, 1)
    divergence = (mean.square() + log_variance.exp() - log_variance - 1).sum(1) / 2
    noise = random.normal("posterior", mean.shape, mean.device)
    return mean + torch.exp(log_variance / 2) * noise, divergence
