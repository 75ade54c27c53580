"""The variational autoencoder as a cooperative game: both networks have the same objective (Kingma & Welling 2014)."""

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces import Batch, Capability, Game, Latent, Spec
from ganlab.latents import Normal
from ganlab.layers import build_encoder, posterior


class VAE(Game):
    """A variational autoencoder: the generator decodes; the discriminator's network, with another head, encodes.

    Both minimise −log p(x | z) for a Gaussian of the given `variance`, without its constant; the encoder also minimises
    `beta` times its divergence from the latents' distribution (eq. 10; Higgins et al. 2017 for beta). Raises ValueError
    for a variance that is not positive, a negative beta, or latents that are not normal.
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
        require_normal(latent)
        self.spec = replace(spec, latent=latent.size)
        self.generator = generator(self.spec)
        self.encoder = build_encoder(discriminator, self.spec, 2 * latent.size)
        self.latent, self.variance, self.beta = latent, variance, beta

    @property
    def sampler(self) -> nn.Module:  # type: ignore[override]
        """The decoder."""
        return self.generator

    def players(self) -> dict[str, nn.Module]:
        """Return encoder and decoder under the names that schedules and optimizers use."""
        return {"discriminator": self.encoder, "generator": self.generator}

    def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Return the reconstruction error and, for the encoder, the divergence."""
        with torch.set_grad_enabled(player == "discriminator"):
            latents, divergence = posterior(self.encoder(batch.sample, batch.cond), self.random)
        error = tree.widen(batch.sample - self.generator(latents, batch.cond)).square().flatten(1).sum(1)
        losses = {"reconstruction": error.mean() / (2 * self.variance)}
        if player == "discriminator":
            losses["divergence"] = self.beta * divergence.mean()
        return losses


def require_normal(latent: Latent) -> None:
    """Raise ValueError unless the latents are normal, as an encoder's divergence assumes."""
    if not isinstance(latent, Normal):
        raise ValueError(
            f"this game compares encodings with the standard normal distribution, got latents of "
            f"{type(latent).__name__}; use latent=normal"
        )
