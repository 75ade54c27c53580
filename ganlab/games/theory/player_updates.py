"""The moves of a game's players, without a trainer around them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ganlab.core.interfaces import Batch, Game, UpdateSchedule


class Memory(NamedTuple):
    """All that a step depends on: the step's number, weights, buffers, and what the optimizers keep of each weight."""

    steps: int
    tensors: list[Tensor]
    kept: list[dict[str, Any]]


class PlayerUpdates:
    """Moves players as a run on one process does, at constant learning rates; bit for bit where nothing is clipped.

    Networks must not draw from torch's own generator, which a run seeds at every step.
    """

    def __init__(
        self,
        game: Game,
        schedule: UpdateSchedule,
        optimizers: Mapping[str, Callable[[Iterable[nn.Parameter]], Optimizer]],
    ) -> None:
        self.game, self.schedule, self.steps = game, schedule, 0
        self.weights = {player: game.weights(player) for player in game.players()}
        self._optimizers = {player: optimizers[player](weights) for player, weights in self.weights.items()}
        self._all = [weight for weights in self.weights.values() for weight in weights]
        self._buffers = list(game.buffers())

    def step(self, batch: Batch) -> None:
        """Let the players move on one batch as the schedule says."""
        groups = self.schedule(self.steps)
        self.game.random.seek(self.steps)
        self.game.prepare(batch, [player for group in groups for player in group])
        for group in groups:
            for player in group:
                self._differentiate(player, batch)
            for player in group:
                self._optimizers[player].step()
                self.game.after_update(player, self.schedule.updates_before(player, self.steps))
        self.steps += 1

    def gradients(self, batch: Batch) -> Tensor:
        """Return the gradients of all players' losses by their own weights, one after another, shape (numbers,)."""
        for player in self.weights:
            self._differentiate(player, batch)
        # A weight that the player's loss does not depend on has none, which is 0.
        slopes = (torch.zeros_like(weight) if weight.grad is None else weight.grad for weight in self._all)
        return torch.cat([slope.flatten() for slope in slopes])

    def position(self) -> Tensor:
        """Return a copy of all players' weights, one after another, shape (numbers,)."""
        return torch.cat([weight.detach().flatten() for weight in self._all])

    def numbers(self) -> list[Tensor]:
        """Return all floating-point tensors that a step reads and changes: first the weights, then what is kept."""
        kept = [value for each in self._kept() for value in each.values() if torch.is_tensor(value)]
        tensors = [*(weight.detach() for weight in self._all), *self._buffers, *kept]
        return [each for each in tensors if each.is_floating_point()]

    def structure(self) -> list[tuple[str, ...]]:
        """Return which things the optimizers keep, by weight; it tells, for one, whether a look ahead is pending."""
        return [tuple(sorted(each)) for each in self._kept()]

    def remember(self) -> Memory:
        """Copy all that the next step depends on."""
        tensors = [each.detach().clone() for each in (*self._all, *self._buffers)]
        return Memory(self.steps, tensors, [_copy(each) for each in self._kept()])

    @torch.no_grad()
    def recall(self, memory: Memory) -> None:
        """Go back to it."""
        self.steps = memory.steps
        for mine, then in zip((*self._all, *self._buffers), memory.tensors, strict=True):
            mine.copy_(then)
        for each, former in zip(self._kept(), memory.kept, strict=True):
            each.clear()
            each.update(_copy(former))

    def _differentiate(self, player: str, batch: Batch) -> None:
        weights = self.weights[player]
        for weight in weights:
            weight.grad = None
        self.game.random.seek(self.steps)
        losses = self.game.losses(player, batch, self.schedule.updates_before(player, self.steps))
        torch.stack(list(losses.values())).sum().backward(inputs=weights)

    def _kept(self) -> list[dict[str, Any]]:
        optimizers = self._optimizers.items()
        return [optimizer.state[weight] for player, optimizer in optimizers for weight in self.weights[player]]


def _copy(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.clone() if torch.is_tensor(value) else value for name, value in kept.items()}
