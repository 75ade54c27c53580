"""The game that is none: two networks that want the same (Kingma & Welling 2014)."""

from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces import Batch, Capability, Game, Latent, Spec
from ganlab.latents import Normal
from ganlab.layers import build_encoder, posterior


class VAE(Game):
    """A variational autoencoder: the generator decodes, and the discriminator's network, with another head, encodes.

    Both minimise −log p(x | z) for a Gaussian of the given `variance`, less its constant, and the encoder `beta` times
    its divergence from the latents' distribution, besides (eq. 10; Higgins et al. 2017 for beta). Raises ValueError for
    a variance that is not positive, a negative beta, or latents that are not normal.
    """

    provides: ClassVar[frozenset[Capability]] = frozenset()

    def __init__(
        self,
        spec: Spec,
        generator: Callable[[Spec], nn.Module],
        discriminator: Callable[[Spec], nn.Module],
        latent: Latent,
        variance: float = 0.1,
        beta: float = 1.0,
    ) -> None:
        super().__init__()
        if not variance > 0:
            raise ValueError(f"variance must be above 0, got {variance}")
        if not beta >= 0:
            raise ValueError(f"beta must be at least 0, got {beta}")
        must_be_normal(latent)
        self.spec = Spec(spec.sample, spec.cond, spec.classes, latent.size)
        self.generator = generator(self.spec)
        self.encoder = build_encoder(discriminator, self.spec, 2 * latent.size)
        self.latent, self.variance, self.beta = latent, variance, beta

    @property
    def sampler(self) -> nn.Module:  # type: ignore[override]
        """The decoder."""
        return self.generator

    def players(self) -> dict[str, nn.Module]:
        """Return the two networks by the names that schedules and optimizers have for them."""
        return {"discriminator": self.encoder, "generator": self.generator}

    def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Return the reconstruction's error, and for the encoder the divergence."""
        with torch.set_grad_enabled(player == "discriminator"):
            latents, divergence = posterior(self.encoder(batch.sample, batch.cond), self.random)
        error = tree.widen(batch.sample - self.generator(latents, batch.cond)).square().flatten(1).sum(1)
        terms = {"reconstruction": error.mean() / (2 * self.variance)}
        return terms | ({"divergence": self.beta * divergence.mean()} if player == "discriminator" else {})


def must_be_normal(latent: Latent) -> None:
    """Raise ValueError for latents that an encoder's Gaussians cannot be compared with."""
    if not isinstance(latent, Normal):
        raise ValueError(
            f"this game compares what it encodes with the standard normal distribution, got latents of "
            f"{type(latent).__name__}; use latent=normal"
        )
