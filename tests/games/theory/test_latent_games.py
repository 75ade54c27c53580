"""The vector field of games that draw latents."""

import pytest
import torch
from torch import nn

from ganlab.augments import Identity
from ganlab.config import compose, instantiate
from ganlab.core.interfaces import Batch, Spec
from ganlab.games import AdversarialGame
from ganlab.games.theory import field_jacobian
from ganlab.latents import Normal
from ganlab.losses import Wasserstein

SMALL = [
    "experiment=ring", "regularizer=[]", "generator=mlp", "generator.widths=[3]", "generator.activation=softplus",
    "discriminator=mlp", "discriminator.widths=[3]", "discriminator.activation=softplus", "latent.size=2",
]  # fmt: skip


class Slope(nn.Module):
    """A linear function of one number, of latents or samples."""

    def __init__(self, spec):
        super().__init__()
        self.slope = nn.Parameter(torch.ones(1, 1))

    def forward(self, values, cond=None):
        return values @ self.slope


class Critic(Slope):
    """The same with one logit per sample."""

    def forward(self, samples, cond=None):
        return super().forward(samples)[:, 0]


def test_the_field_of_a_linear_game_is_a_rotation_by_the_mean_latent():
    # The losses are ψ (θ mean z − mean x) and −ψ θ mean z.
    game = AdversarialGame(Spec((1,)), Slope, Critic, Wasserstein(), {}, Identity(), Normal(1))
    jacobian = field_jacobian(game, Batch(torch.zeros(5, 1)))
    game.random.seek(0, 0, 1)
    mean = game.latent.sample(5, game.random).double().mean().item()
    torch.testing.assert_close(jacobian, torch.tensor([[0, -mean], [mean, 0]]).double(), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("game", "latent"),
    [
        ("adversarial", "normal"),
        ("adversarial", "uniform"),
        ("bigan", "uniform"),
        ("vae", "normal"),
        ("vae_gan", "normal"),
    ],
)
def test_every_game_has_a_field(game, latent):
    config = compose([*SMALL[:-1], f"game={game}", f"latent={latent}", "latent.size=2"])
    data = instantiate(config.data)
    built = instantiate(config.game)(data.spec)
    jacobian = field_jacobian(built, next(iter(data.real_samples(8))))
    weights = sum(weight.numel() for player in built.players() for weight in built.weights(player))
    assert jacobian.shape == (weights, weights)
    assert jacobian.isfinite().all()
    assert jacobian.any()
