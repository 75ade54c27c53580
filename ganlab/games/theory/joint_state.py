"""All players as one point: their weights, and everything else that a step changes, as vectors."""

from collections.abc import Mapping
from typing import Any, NamedTuple, final

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch
from ganlab.games.player_updates import PlayerUpdates


class Snapshot(NamedTuple):
    """Everything that a step depends on: the counts, weights and buffers, and the optimizers' state of each weight."""

    counts: tuple[int, int]  # of steps and samples
    tensors: list[Tensor]
    optimizer_states: list[dict[str, Any]]


@final
class JointState:
    """The weights, buffers and optimizer states of all players of `updates`."""

    def __init__(self, updates: PlayerUpdates) -> None:
        self.updates = updates
        self._all_weights = [weight for weights in updates.weights.values() for weight in weights]
        self._buffers = list(updates.game.buffers())

    def gradients(self, batch: Batch) -> Tensor:
        """Return the gradients of all players' losses by their own weights, concatenated, shape (numbers,)."""
        for player in self.updates.weights:
            self.updates.accumulate(player, batch)
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

    def structure(self) -> list[tuple[str, ...]]:
        """Return the names in the optimizers' state of each weight, which show if an extragradient step is pending."""
        return [tuple(sorted(state)) for state in self._optimizer_states()]

    def snapshot(self) -> Snapshot:
        """Copy everything that the next step depends on."""
        tensors = [tensor.detach().clone() for tensor in (*self._all_weights, *self._buffers)]
        counts = (self.updates.steps, self.updates.samples)
        return Snapshot(counts, tensors, [_copy_state(state) for state in self._optimizer_states()])

    @torch.no_grad()
    def restore(self, snapshot: Snapshot) -> None:
        """Return to a snapshot."""
        self.updates.steps, self.updates.samples = snapshot.counts
        for tensor, saved in zip((*self._all_weights, *self._buffers), snapshot.tensors, strict=True):
            tensor.copy_(saved)
        for state, saved_state in zip(self._optimizer_states(), snapshot.optimizer_states, strict=True):
            state.clear()
            state.update(_copy_state(saved_state))

    def _optimizer_states(self) -> list[dict[str, Any]]:
        updates = self.updates
        optimizers = updates.optimizers.items()
        return [optimizer.state[weight] for player, optimizer in optimizers for weight in updates.weights[player]]


def _copy_state(state: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.clone() if torch.is_tensor(value) else value for name, value in state.items()}
