"""The linear theory of a game near an equilibrium (Mescheder et al. 2018, section 2 and theorem A.3)."""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from math import lcm

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ganlab.core.interfaces import Batch, Game, UpdateSchedule
from ganlab.games.player_updates import PlayerUpdates
from ganlab.games.theory.derivative import jacobian
from ganlab.games.theory.joint_state import JointState
from ganlab.schedules import Simultaneous

TOLERANCE = 1e-9  # largest change of a weight by steps at an equilibrium
MAX_PERIODS = 8  # of the schedule, after which the optimizers' state must have its first structure again


class NotAtEquilibriumError(ValueError):
    """A step changes the players at the point, so it is not an equilibrium."""


@dataclass(frozen=True)
class StepMap:
    """The Jacobian of `cycle` steps with respect to everything that they change, at an equilibrium.

    Its first coordinates are the players' weights, followed by buffers and the optimizers' state of each weight.
    """

    jacobian: Tensor
    cycle: int

    @property
    def radius(self) -> float:
        """The spectral radius per step: the `cycle`-th root of the Jacobian's."""
        return spectral_radius(self.jacobian) ** (1 / self.cycle)


def spectral_radius(matrix: Tensor) -> float:
    """Return the largest absolute value of an eigenvalue."""
    return float(torch.linalg.eigvals(matrix).abs().max())


def field_jacobian(game: Game, batch: Batch) -> Tensor:
    """Return the Jacobian (n, n) of the vector field, −∇L of each player by its own weights, by all weights in float64.

    The players are in the game's order. The gradients are autograd's; their derivatives are finite differences, because
    a game detaches the discriminator's fake samples from the generator's graph. Raises NotDifferentiableError.
    """
    optimizers = dict.fromkeys(game.players(), torch.optim.SGD)
    state, real = _joint_state(game, Simultaneous(), optimizers), _double_batch(batch)

    def field(weights: Tensor) -> Tensor:
        _assign(weights, state.float_tensors())
        return -state.gradients(real)

    return jacobian(field, state.position())


def step_map(
    game: Game,
    schedule: UpdateSchedule,
    optimizers: Mapping[str, Callable[[Iterable[nn.Parameter]], Optimizer]],
    batch: Batch,
    cycle: int = 1,
) -> StepMap:
    """Return the Jacobian of the real training step, in float64, at the game's present weights.

    `game` itself is not changed. The map covers as many steps as it takes until the schedule, the optimizers (two steps
    with extragradient) and lazy terms, which repeat every `cycle` steps, are in their first state again. Raises
    NotAtEquilibriumError if steps change the players, and NotDifferentiableError.
    """
    state, real = _joint_state(game, schedule, optimizers), _double_batch(batch)
    start = state.position()
    cycle = _run_cycle(state, real, lcm(cycle, *schedule.periods.values()))
    if not (state.position() - start).abs().max() <= TOLERANCE:
        raise NotAtEquilibriumError(f"the players move away from {start.tolist()}, so it is not an equilibrium")
    snapshot, equilibrium = state.snapshot(), _flatten(state)

    def run_from(numbers: Tensor) -> Tensor:
        state.restore(snapshot)
        _assign(numbers, state.float_tensors())
        for _ in range(cycle):
            state.updates.step(real)
        return _flatten(state)

    # A number that changes at the equilibrium is a counter, such as of updates, and not part of the map.
    constant = ((run_from(equilibrium) - equilibrium).abs() <= TOLERANCE).nonzero().squeeze(1)

    def run_constant(numbers: Tensor) -> Tensor:
        return run_from(equilibrium.index_copy(0, constant, numbers))[constant]

    return StepMap(jacobian(run_constant, equilibrium[constant]), cycle)


def _run_cycle(state: JointState, batch: Batch, period: int) -> int:
    """Run steps until the optimizers' state has the structure that it had after one period; return the cycle's length.

    Raises NotAtEquilibriumError if that does not happen.
    """
    structures = []
    for count in range(MAX_PERIODS + 1):
        for _ in range(period):
            state.updates.step(batch)
        structures.append(state.structure())
        if count and structures[-1] == structures[0]:
            return period * count
    raise NotAtEquilibriumError(f"the state of the optimizers does not repeat within {MAX_PERIODS * period} steps")


def _joint_state(
    game: Game, schedule: UpdateSchedule, optimizers: Mapping[str, Callable[[Iterable[nn.Parameter]], Optimizer]]
) -> JointState:
    """Return the state of a copy of the game in float64."""
    return JointState(PlayerUpdates(deepcopy(game).double(), optimizers, schedule, seed=game.random.seed))


def _double_batch(batch: Batch) -> Batch:
    return Batch(batch.sample.double(), batch.cond)


def _flatten(state: JointState) -> Tensor:
    return torch.cat([tensor.flatten().double() for tensor in state.float_tensors()])


@torch.no_grad()
def _assign(numbers: Tensor, tensors: list[Tensor]) -> None:
    """Copy a vector into tensors, from the first one on, until the vector ends."""
    first = 0
    for tensor in tensors:
        tensor.copy_(numbers[first : first + tensor.numel()].reshape(tensor.shape))
        first += tensor.numel()
        if first == len(numbers):
            return
