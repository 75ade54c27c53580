from functools import partial

import pytest
import torch
from torch.optim import SGD, Adam

from ganlab.augments import Identity
from ganlab.core.interfaces import Batch, Spec
from ganlab.games import AdversarialGame
from ganlab.games.player_updates import PlayerUpdates
from ganlab.games.theory import JointState
from ganlab.latents import Normal
from ganlab.losses import NonSaturating
from ganlab.optimizers import ExtraSGD, OptimisticAdam
from ganlab.regularizers import R1, InstanceNoise, LeCam
from ganlab.schedules import Alternating, Simultaneous

REAL = Batch(torch.zeros(8, 1))
PLAYERS = ("discriminator", "generator")


def build(networks):
    terms = {"r1": R1(0.3, every=2), "noise": InstanceNoise(0.1), "lecam": LeCam(0.5)}
    return AdversarialGame(Spec((1,)), *networks, NonSaturating(), terms, Identity(), Normal(1))


def state_of(game, optimizer, schedule):
    return JointState(PlayerUpdates(game, dict.fromkeys(PLAYERS, partial(optimizer, lr=0.1)), schedule))


def test_a_weight_that_the_loss_does_not_depend_on_has_the_gradient_0(dirac):
    game = build(dirac)
    game.generator.unused = torch.nn.Parameter(torch.ones(2))
    state = state_of(game, SGD, Simultaneous())
    gradients = state.gradients(REAL)
    assert gradients.shape == state.position().shape
    assert (gradients == 0).sum() == 2


@pytest.mark.parametrize("optimizer", [Adam, ExtraSGD, OptimisticAdam])
def test_a_snapshot_holds_all_that_later_steps_depend_on(dirac, optimizer):
    state = state_of(build(dirac), optimizer, Alternating())
    for _ in range(3):
        state.updates.step(REAL)
    snapshot, ends = state.snapshot(), []
    for _ in range(2):
        state.restore(snapshot)
        for _ in range(4):
            state.updates.step(REAL)
        ends.append(torch.cat([tensor.flatten() for tensor in state.float_tensors()]))
    assert torch.equal(*ends)
    assert (state.updates.steps, state.updates.samples) == (7, 7 * len(REAL.sample))
