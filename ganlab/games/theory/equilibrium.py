"""The linear theory of a game near a point where it rests (Mescheder et al. 2018, section 2 and theorem A.3)."""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from math import lcm

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ganlab.core.interfaces import Batch, Game, UpdateSchedule
from ganlab.games.theory.derivative import jacobian
from ganlab.games.theory.player_updates import PlayerUpdates
from ganlab.schedules import Simultaneous

REST = 1e-9  # how far a game may move in one step from where it rests
LONGEST = 8  # of the optimizers' own cycles


class NotAtEquilibriumError(ValueError):
    """The game moves on from the point that it was to be examined at."""


@dataclass(frozen=True)
class StepMap:
    """The derivative of `cycle` steps by all that they change, at a point where the players rest.

    Its first coordinates are the players' weights; then come buffers, and what the optimizers keep of each weight.
    """

    jacobian: Tensor
    cycle: int

    @property
    def radius(self) -> float:
        """The spectral radius of one step: of the map's, the `cycle`-th root."""
        return spectral_radius(self.jacobian) ** (1 / self.cycle)


def spectral_radius(matrix: Tensor) -> float:
    """Return the largest absolute value of an eigenvalue."""
    return float(torch.linalg.eigvals(matrix).abs().max())


def field_jacobian(game: Game, batch: Batch) -> Tensor:
    """Differentiate the field (−∇L of each player by its own weights) by all weights, in float64, shape (n, n).

    Players come in the game's own order. The gradients are autograd's and their derivatives differences, for a game
    cuts the discriminator's fake samples from the generator's graph. Raises NotDifferentiableError.
    """
    moves = PlayerUpdates(_exact(game), Simultaneous(), {player: torch.optim.SGD for player in game.players()})
    start, real = moves.position(), _widened(batch)

    def field(weights: Tensor) -> Tensor:
        _put(weights, moves.numbers())
        return -moves.gradients(real)

    return jacobian(field, start)


def step_map(
    game: Game,
    schedule: UpdateSchedule,
    optimizers: Mapping[str, Callable[[Iterable[nn.Parameter]], Optimizer]],
    batch: Batch,
    cycle: int = 1,
) -> StepMap:
    """Differentiate the real step, in float64, at the game's present weights; `game` itself is left as it is.

    As many steps are taken as it needs for the schedule, the optimizers (two with extragradient), and lazy terms,
    which repeat every `cycle` steps, to be where they were. Raises NotAtEquilibriumError where the players move from
    here, and NotDifferentiableError.
    """
    moves, real = PlayerUpdates(_exact(game), schedule, optimizers), _widened(batch)
    start = moves.position()
    cycle = _settle(moves, real, lcm(cycle, *schedule.periods.values()))
    if not (moves.position() - start).abs().max() <= REST:
        raise NotAtEquilibriumError(f"the players move from {start.tolist()}, so that no step's map rests there")
    memory, whole = moves.remember(), _vector(moves)

    def after(numbers: Tensor) -> Tensor:
        moves.recall(memory)
        _put(numbers, moves.numbers())
        for _ in range(cycle):
            moves.step(real)
        return _vector(moves)

    # What goes on by itself at rest is a clock, as a count of moves, and no part of the map.
    still = ((after(whole) - whole).abs() <= REST).nonzero().squeeze(1)

    def inside(numbers: Tensor) -> Tensor:
        return after(whole.index_copy(0, still, numbers))[still]

    return StepMap(jacobian(inside, whole[still]), cycle)


def _settle(moves: PlayerUpdates, batch: Batch, period: int) -> int:
    """Move until the optimizers keep what they kept after the first period; return how many steps that takes."""
    seen = []
    for count in range(LONGEST + 1):
        for _ in range(period):
            moves.step(batch)
        seen.append(moves.structure())
        if count and seen[-1] == seen[0]:
            return period * count
    raise NotAtEquilibriumError(f"what the optimizers keep has not come back after {LONGEST} times {period} steps")


def _exact(game: Game) -> Game:
    return deepcopy(game).double()


def _widened(batch: Batch) -> Batch:
    return Batch(batch.sample.double(), batch.cond)


def _vector(moves: PlayerUpdates) -> Tensor:
    return torch.cat([each.flatten().double() for each in moves.numbers()])


@torch.no_grad()
def _put(numbers: Tensor, tensors: list[Tensor]) -> None:
    first = 0
    for each in tensors:
        each.copy_(numbers[first : first + each.numel()].reshape(each.shape))
        first += each.numel()
        if first == len(numbers):
            return
