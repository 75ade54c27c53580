"""A game of three players for tests of schedules and optimizers by name."""

import torch
from torch import nn

from ganlab.core.interfaces import Batch, Game
from ganlab.latents import Normal


class Point(nn.Module):
    """A network of one weight."""

    def __init__(self, start: float) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor(start))

    def forward(self, latents, cond=None):
        return latents[:, :2] + self.value


class ThreePlayers(Game):
    """A generator and two others with one weight each; each one's loss is its weight, so its gradient is 1."""

    def __init__(self, spec, **others) -> None:
        super().__init__()
        self.latent = Normal(2)
        self.networks = nn.ModuleDict({name: Point(1.0) for name in ("critic", "generator", "encoder")})

    @property
    def sampler(self):
        return self.networks["generator"]

    def players(self):
        return dict(self.networks.items())

    def losses(self, player: str, batch: Batch, step: int):
        return {"weight": self.networks[player].value * 1.0}
