from functools import partial

import pytest
import torch
from torch.optim import SGD, Adam

from ganlab.augments import Identity
from ganlab.core.interfaces import Batch, Spec
from ganlab.games import AdversarialGame
from ganlab.games.theory import PlayerUpdates
from ganlab.latents import Normal
from ganlab.losses import NonSaturating
from ganlab.optimizers import ExtraSGD, OptimisticAdam
from ganlab.regularizers import R1, InstanceNoise, LeCam
from ganlab.schedules import Alternating, Simultaneous

REAL = Batch(torch.zeros(8, 1))


def game(parts):
    terms = {"r1": R1(0.3, every=2), "noise": InstanceNoise(0.1), "lecam": LeCam(0.5)}
    return AdversarialGame(Spec((1,)), *parts, NonSaturating(), terms, Identity(), Normal(1))


@pytest.mark.parametrize("schedule", [Alternating(generator=2), Simultaneous()], ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("optimizer", [SGD, Adam, ExtraSGD, OptimisticAdam])
def test_players_move_as_in_a_run_bit_for_bit(bench, dirac, optimizer, schedule):
    stand = bench(game(dirac), lr=0.1, optimizer=optimizer, schedule=schedule)
    moves = PlayerUpdates(game(dirac), schedule, dict.fromkeys(moves_of(dirac), partial(optimizer, lr=0.1)))
    for _ in range(7):
        stand.run([REAL])
        moves.step(REAL)
    theirs = torch.cat(
        [weights.detach() for player in stand.module.game.players().values() for weights in player.parameters()]
    )
    assert torch.equal(moves.position(), theirs)


def test_a_weight_that_the_loss_does_not_depend_on_has_the_gradient_0(dirac):
    built = game(dirac)
    built.generator.spare = torch.nn.Parameter(torch.ones(2))
    moves = PlayerUpdates(built, Simultaneous(), dict.fromkeys(moves_of(dirac), partial(SGD, lr=0.1)))
    slopes = moves.gradients(REAL)
    assert slopes.shape == moves.position().shape
    assert (slopes == 0).sum() == 2


def moves_of(parts):
    return game(parts).players()


@pytest.mark.parametrize("optimizer", [Adam, ExtraSGD, OptimisticAdam])
def test_what_is_remembered_is_all_that_matters(dirac, optimizer):
    moves = PlayerUpdates(game(dirac), Alternating(), dict.fromkeys(moves_of(dirac), partial(optimizer, lr=0.1)))
    for _ in range(3):
        moves.step(REAL)
    memory, ends = moves.remember(), []
    for _ in range(2):
        moves.recall(memory)
        for _ in range(4):
            moves.step(REAL)
        ends.append(torch.cat([each.flatten() for each in moves.numbers()]))
    assert torch.equal(*ends)
    assert moves.steps == 7
