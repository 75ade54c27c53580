"""The alarm names the player that made the run diverge, not the one whose loss shows it first."""

from types import SimpleNamespace

import pytest
import torch
from support.small_runs import POINTS, go
from torch import nn

from ganlab.callbacks.divergence import is_finite, suspect
from ganlab.core.errors import TrainingError


def module_with(rates, broken=()):
    players = {name: nn.Linear(1, 1) for name in rates}
    for name in broken:
        players[name].weight.data.fill_(torch.nan)
    optimizers = {name: torch.optim.SGD(players[name].parameters(), rate) for name, rate in rates.items()}
    game = SimpleNamespace(players=lambda: players)
    return SimpleNamespace(game=game, updates=SimpleNamespace(optimizers=optimizers))


@pytest.mark.parametrize(
    ("rates", "broken", "setting"),
    [
        ((1e-3, 1e-3), (), "optimizer.discriminator.lr (now 0.001)"),
        ((4e-4, 1e-4), ("discriminator", "generator"), "optimizer.discriminator.lr (now 0.0004)"),
        ((1e-3, 1e-3), ("generator",), "optimizer.generator.lr (now 0.001)"),
        ((1e-3, 1e30), (), "optimizer.generator.lr (now 1e+30)"),
        ((1e-3, 0.01), ("discriminator",), "optimizer.generator.lr (now 0.01)"),
        ((0.02, 1e-3), ("discriminator", "generator"), "optimizer.discriminator.lr (now 0.02)"),
    ],
)
def test_the_suspect(rates, broken, setting):
    module = module_with(dict(zip(("discriminator", "generator"), rates, strict=True)), broken)
    assert suspect(module, "discriminator") == setting


def test_a_term_of_no_player_is_named_as_it_is():
    assert suspect(module_with({"discriminator": 1.0, "generator": 1.0}), "game") == "optimizer.game.lr"


def test_a_norm_that_overflows_is_not_finite():
    network = nn.Linear(2, 1)
    assert is_finite(network)
    network.weight.data.fill_(3e38)
    assert not is_finite(network)


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_the_learning_rate_that_exploded_is_named(tmp_path, player):
    sentence = rf"(became nan at|no longer finite after) step \d; .* smaller optimizer\.{player}\.lr \(now 1e\+30\), "
    with pytest.raises(TrainingError, match=sentence):
        go(tmp_path, *POINTS, f"optimizer.{player}.lr=1e30")
