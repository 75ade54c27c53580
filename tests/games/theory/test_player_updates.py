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
PLAYERS = ("discriminator", "generator")


def build(networks):
    terms = {"r1": R1(0.3, every=2), "noise": InstanceNoise(0.1), "lecam": LeCam(0.5)}
    return AdversarialGame(Spec((1,)), *networks, NonSaturating(), terms, Identity(), Normal(1))


@pytest.mark.parametrize("schedule", [Alternating(generator=2), Simultaneous()], ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("optimizer", [SGD, Adam, ExtraSGD, OptimisticAdam])
def test_players_are_updated_as_in_a_run_bit_for_bit(bench, dirac, optimizer, schedule):
    run = bench(build(dirac), lr=0.1, optimizer=optimizer, schedule=schedule)
    updates = PlayerUpdates(build(dirac), schedule, dict.fromkeys(PLAYERS, partial(optimizer, lr=0.1)))
    for _ in range(7):
        run.run([REAL])
        updates.step(REAL)
    networks = run.module.game.players().values()
    expected = torch.cat([weights.detach() for network in networks for weights in network.parameters()])
    assert torch.equal(updates.position(), expected)


def test_a_weight_that_the_loss_does_not_depend_on_has_the_gradient_0(dirac):
    game = build(dirac)
    game.generator.unused = torch.nn.Parameter(torch.ones(2))
    updates = PlayerUpdates(game, Simultaneous(), dict.fromkeys(PLAYERS, partial(SGD, lr=0.1)))
    gradients = updates.gradients(REAL)
    assert gradients.shape == updates.position().shape
    assert (gradients == 0).sum() == 2


@pytest.mark.parametrize("optimizer", [Adam, ExtraSGD, OptimisticAdam])
def test_a_snapshot_holds_all_that_later_steps_depend_on(dirac, optimizer):
    updates = PlayerUpdates(build(dirac), Alternating(), dict.fromkeys(PLAYERS, partial(optimizer, lr=0.1)))
    for _ in range(3):
        updates.step(REAL)
    snapshot, ends = updates.snapshot(), []
    for _ in range(2):
        updates.restore(snapshot)
        for _ in range(4):
            updates.step(REAL)
        ends.append(torch.cat([tensor.flatten() for tensor in updates.float_tensors()]))
    assert torch.equal(*ends)
    assert updates.steps == 7
