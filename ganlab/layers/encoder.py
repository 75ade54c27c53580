"""Encoders from samples to latents, built from discriminators."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.layers.feature_discriminator import FeatureDiscriminator, shows_features
from ganlab.layers.ordered_layers import Layer, layers_of


class Encoder(nn.Module):
    """A dense layer on the features of a discriminator, whose head is removed."""

    def __init__(self, discriminator: FeatureDiscriminator, outputs: int) -> None:
        super().__init__()
        discriminator.remove_head()
        self.critic, self.dense = discriminator, nn.Linear(discriminator.feature_size, outputs)

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map samples (n, *sample) and labels (n,) to (n, outputs)."""
        return self.dense(self.critic.features(samples, cond))

    def ordered_layers(self) -> list[Layer]:
        """Return the layers of the discriminator, then the dense layer."""
        return [*layers_of(self.critic), (self.dense,)]


def build_encoder(build: Callable[[Spec], nn.Module], spec: Spec, outputs: int) -> nn.Module:
    """Build a discriminator with a dense layer (n, outputs) as its head.

    Raises ValueError if the discriminator shows no features.
    """
    discriminator = build(spec)
    if not shows_features(discriminator):
        raise ValueError(
            "this game builds its encoder from a discriminator that shows its features, which "
            f"{type(discriminator).__name__} does not; use one that does, such as discriminator=mlp or dcgan"
        )
    return Encoder(discriminator, outputs)


def posterior(outputs: Tensor, random: Random) -> tuple[Tensor, Tensor]:
    """Sample latents (n, size) from Gaussians with the means and log variances in `outputs`, shape (n, 2 · size).

    Also returns each sample's KL divergence from the standard normal distribution, shape (n,) (Kingma & Welling 2014,
    appendix B).
    """
    mean, log_variance = tree.widen(outputs).chunk(2, 1)
    divergence = (mean.square() + log_variance.exp() - log_variance - 1).sum(1) / 2
    noise = random.normal("posterior", mean.shape, mean.device)
    return mean + torch.exp(log_variance / 2) * noise, divergence
