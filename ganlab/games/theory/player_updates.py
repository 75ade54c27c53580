"""The updates of a game's players without a trainer."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ganlab.core.interfaces import Batch, Game, UpdateSchedule


class Snapshot(NamedTuple):
    """Everything that a step depends on: its number, weights and buffers, and the optimizers' state of each weight."""

    steps: int
    tensors: list[Tensor]
    optimizer_states: list[dict[str, Any]]


class PlayerUpdates:
    """Updates players as a run on one process does, at constant learning rates; bit for bit without gradient clipping.

    Networks must not draw from torch's global generator, which a run seeds at every step.
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
        self._all_weights = [weight for weights in self.weights.values() for weight in weights]
        self._buffers = list(game.buffers())

    def step(self, batch: Batch) -> None:
        """Update the players on one batch as the schedule says."""
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
        """Return the gradients of all players' losses by their own weights, concatenated, shape (numbers,)."""
        for player in self.weights:
            self._differentiate(player, batch)
        # A weight that the player's loss does not depend on has no gradient, which counts as 0.
        gradients = (torch.zeros_like(weight) if weight.grad is None else weight.grad for weight in self._all_weights)
        return torch.cat([gradient.flatten() for gradient in gradients])

    def position(self) -> Tensor:
        """Return a copy of all players' weights, concatenated, shape (numbers,)."""
        return torch.cat([weight.detach().flatten() for weight in self._all_weights])

    def float_tensors(self) -> list[Tensor]:
        """Return all floating-point tensors that a step reads and changes: weights, buffers, optimizer states."""
        states = [value for state in self._optimizer_states() for value in state.values() if torch.is_tensor(value)]
        tensors = [*(weight.detach() for weight in self._all_weights), *self._buffers, *states]
        return [tensor for tensor in tensors if tensor.is_floating_point()]

    def state_structure(self) -> list[tuple[str, ...]]:
        """Return the names in the optimizers' state of each weight, which show if an extragradient step is pending."""
        return [tuple(sorted(state)) for state in self._optimizer_states()]

    def snapshot(self) -> Snapshot:
        """Copy everything that the next step depends on."""
        tensors = [tensor.detach().clone() for tensor in (*self._all_weights, *self._buffers)]
        return Snapshot(self.steps, tensors, [_copy_state(state) for state in self._optimizer_states()])

    @torch.no_grad()
    def restore(self, snapshot: Snapshot) -> None:
        """Return to a snapshot."""
        self.steps = snapshot.steps
        for tensor, saved in zip((*self._all_weights, *self._buffers), snapshot.tensors, strict=True):
            tensor.copy_(saved)
        for state, saved_state in zip(self._optimizer_states(), snapshot.optimizer_states, strict=True):
            state.clear()
            state.update(_copy_state(saved_state))

    def _differentiate(self, player: str, batch: Batch) -> None:
        """Compute the gradients of a player's loss by its weights."""
        weights = self.weights[player]
        for weight in weights:
            weight.grad = None
        self.game.random.seek(self.steps)
        losses = self.game.losses(player, batch, self.schedule.updates_before(player, self.steps))
        torch.stack(list(losses.values())).sum().backward(inputs=weights)

    def _optimizer_states(self) -> list[dict[str, Any]]:
        optimizers = self._optimizers.items()
        return [optimizer.state[weight] for player, optimizer in optimizers for weight in self.weights[player]]


def _copy_state(state: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.clone() if torch.is_tensor(value) else value for name, value in state.items()}
