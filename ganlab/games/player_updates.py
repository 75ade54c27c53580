"""The training step without a trainer: gradients and updates of a game's players on one batch."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import final

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ganlab.core import tree
from ganlab.core.interfaces import Batch, EqualBuffers, Game, UpdateSchedule
from ganlab.core.interfaces.communicator import Communicator, SingleProcess
from ganlab.core.random import derive
from ganlab.ema import EMA, Live

BuildOptimizer = Callable[[Iterable[nn.Parameter]], Optimizer]


@final
class PlayerUpdates:
    """Updates the players of a game, one batch per step; knows neither data sets, nor devices, nor loggers.

    `steps` counts the batches and `samples` the real samples, over all processes. A trainer may set its own `backward`
    (of a loss, by weights) and `step_optimizer` (of a player, which must call `clip_and_measure` once the gradients are
    final); 16-bit training scales losses and gradients there. `rate_factor` is a function of the step, and `norms` are
    those of the latest step that measured them: every `measure_every`-th, never for 0. A player without an optimizer of
    its own takes the generator's, and `clip_norm` is one number for all players or one by name, 0 being no limit.

    >>> from functools import partial
    >>> from ganlab import augments, discriminators, games, generators, latents, losses, schedules
    >>> from ganlab.core.interfaces import Spec
    >>> game = games.AdversarialGame(
    ...     spec=Spec(sample=(2,)),
    ...     generator=generators.MLP,
    ...     discriminator=discriminators.MLP,
    ...     loss=losses.NonSaturating(),
    ...     regularizers={},
    ...     augment=augments.Identity(),
    ...     latent=latents.Normal(4),
    ... )
    >>> adam = partial(torch.optim.Adam, lr=2e-4)
    >>> updates = PlayerUpdates(game, {"discriminator": adam, "generator": adam}, schedules.Alternating())
    >>> for batch in [Batch(torch.zeros(8, 2))] * 3:
    ...     terms = updates.step(batch)
    >>> updates.steps, sorted(terms)
    (3, ['discriminator/adversarial', 'generator/adversarial'])
    """

    def __init__(
        self,
        game: Game,
        optimizers: Mapping[str, BuildOptimizer],
        schedule: UpdateSchedule,
        ema: EMA | None = None,
        rate_factor: Callable[[int], float] = lambda step: 1.0,
        seed: int = 0,
        microbatches: int = 1,
        clip_norm: float | Mapping[str, float] = 0.0,
        measure_every: int = 0,
    ) -> None:
        self.game, self.ema = game, ema or Live(game.sampler)
        self.schedule = schedule.for_players(game.players())
        self.rate_factor, self.seed, self.microbatches = rate_factor, seed, microbatches
        self.measure_every = measure_every
        self.steps, self.samples = 0, 0
        self.norms: dict[str, Tensor] = {}
        self.norms_are_new = False
        self.backward: Callable[[Tensor, list[nn.Parameter]], object] = backward
        self.step_optimizer: Callable[[str], object] = self.clip_and_step
        self.game.random.seed = seed
        self.weights = {player: game.weights(player) for player in game.players()}
        self.optimizers = {
            player: optimizers[player if player in optimizers else "generator"](weights)
            for player, weights in self.weights.items()
        }
        by_player = clip_norm if isinstance(clip_norm, Mapping) else dict.fromkeys(self.weights, clip_norm)
        self.clip_norms = {player: by_player.get(player, 0.0) for player in self.weights}
        self._base_rates = {
            player: [group["lr"] for group in optimizer.param_groups] for player, optimizer in self.optimizers.items()
        }
        self._constant_weights = {player: game.constant_weights(player) for player in self.weights}
        sampler_ids = {id(weight) for weight in game.sampler.parameters()}
        self._sampler_players = {  # an update of one of these changes the sampler
            player for player, weights in self.weights.items() if any(id(weight) in sampler_ids for weight in weights)
        }
        self._measures_norms = False
        self.connect(SingleProcess())

    def connect(self, communicator: Communicator) -> None:
        """Set the communicator between processes; call this again after the networks have moved to another device."""
        self.communicator = communicator
        equal = [module for module in self.game.modules() if isinstance(module, EqualBuffers)]
        known = {id(buffer) for module in equal for buffer in module.buffers()}
        # Such as running statistics, which differ between processes; integer buffers are equal in all of them.
        buffers = [buffer for buffer in self.game.buffers() if buffer.is_floating_point()]
        self._float_buffers = [buffer for buffer in buffers if id(buffer) not in known]

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """Update the players on one batch as the schedule says; return this process's loss terms by PLAYER/NAME."""
        active = self.game.active_players(self.steps)
        groups = [[player for player in group if player in active] for group in self.schedule(self.steps)]
        updated_players = [player for group in groups for player in group]
        self._seed_layers()
        if self.microbatches == 1:
            self.seek()
            self.game.prepare(batch, updated_players)
        self._measures_norms = bool(self.measure_every) and (self.steps + 1) % self.measure_every == 0
        if self._measures_norms:
            self.norms.clear()
        terms: dict[str, Tensor] = {}
        for group in groups:
            for player in group:
                terms |= self.accumulate(player, batch)
            for player in group:
                self.update(player)
        self.steps += 1
        self.samples += tree.length(batch.sample) * self.communicator.count
        self.communicator.broadcast(self._float_buffers)
        if not self._sampler_players.isdisjoint(updated_players):
            self.ema.update(self.game.sampler, self.samples)
        self.game.after_step(self.steps, self.ema.network)
        return terms

    def accumulate(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Set the gradients of one player's weights from the joined batch; return this process's loss terms by name."""
        weights = self.weights[player]
        for weight in weights:
            weight.grad = None
        update = self.schedule.updates_before(player, self.steps)
        terms: dict[str, Tensor] = {}
        for i, microbatch in enumerate(_split(batch, self.microbatches)):
            self.seek(i)
            with self._constants(player):
                losses = self.game.losses(player, microbatch, update)
            total = torch.stack(list(losses.values())).sum() if len(losses) > 1 else next(iter(losses.values()))
            if self.microbatches > 1:
                total = total / self.microbatches
            self.backward(total, weights)
            for name, loss in losses.items():
                value = loss.detach() / self.microbatches if self.microbatches > 1 else loss.detach()
                terms[f"{player}/{name}"] = terms[f"{player}/{name}"] + value if i else value
        self.communicator.average_gradients(weights, " ".join(terms))
        self.communicator.sum_tensors(self.game.batch_sums(player))
        return terms

    def update(self, player: str) -> None:
        """Make one optimizer step of a player with its present gradients."""
        factor = self.rate_factor(self.steps)
        for group, base in zip(self.optimizers[player].param_groups, self._base_rates[player], strict=True):
            group["lr"] = base * factor
        self.step_optimizer(player)
        self.game.after_update(player, self.schedule.updates_before(player, self.steps))

    def clip_and_measure(self, player: str) -> None:
        """Clip the player's gradients, and measure norms if this step has to: those of gradients before clipping."""
        clip_norm = self.clip_norms[player]
        if not (clip_norm or self._measures_norms):
            return
        weights = self.weights[player]
        norm = torch.nn.utils.get_total_norm([weight.grad for weight in weights if weight.grad is not None])
        if clip_norm:
            torch.nn.utils.clip_grads_with_norm_(weights, clip_norm, norm)
        if self._measures_norms:
            self.norms_are_new = True
            self.norms[f"{player}/gradient_norm"] = norm
            self.norms[f"{player}/weight_norm"] = torch.nn.utils.get_total_norm([w.detach() for w in weights])

    def clip_and_step(self, player: str) -> None:
        """Clip and measure, and then step the player's optimizer."""
        self.clip_and_measure(player)
        self.optimizers[player].step()

    def seek(self, microbatch: int = 0) -> None:
        """Let the game draw the random numbers of this step, for one microbatch of this process."""
        part = self.communicator.rank * self.microbatches + microbatch
        self.game.random.seek(self.steps, part, self.communicator.count * self.microbatches)

    @contextmanager
    def _constants(self, player: str) -> Iterator[None]:
        """Let the weights that are constant for this player's update require no gradients."""
        constants = self._constant_weights[player]
        for weight in constants:
            weight.requires_grad_(False)
        try:
            yield
        finally:
            for weight in constants:
                weight.requires_grad_(True)

    def _seed_layers(self) -> None:
        # Some layers, such as dropout, use torch's default generators; a seed per step makes these resumable, too.
        seed = derive(self.seed, self.steps, self.communicator.rank, "layers")
        torch.default_generator.manual_seed(seed)
        device = next(weight.device for weights in self.weights.values() for weight in weights)
        if device.type == "cuda":
            torch.cuda.default_generators[device.index].manual_seed(seed)


def backward(loss: Tensor, weights: list[nn.Parameter]) -> None:
    """Compute the gradients of these weights only."""
    torch.autograd.backward(loss, inputs=weights)


def _split(batch: Batch, count: int) -> list[Batch]:
    if count == 1:
        return [batch]
    samples = tree.split(batch.sample, count)
    conditions = [None] * count if batch.cond is None else tree.split(batch.cond, count)
    return [Batch(sample, cond) for sample, cond in zip(samples, conditions, strict=True)]
