"""The LightningModule that updates the players; the game defines the loss of each player."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ganlab.core import private_api, tree
from ganlab.core.interfaces import Batch, Game, UpdateSchedule
from ganlab.core.random import derive
from ganlab.ema import EMA
from ganlab.engine.checkpoints import require_matching_weights
from ganlab.engine.clock import TrainingClock
from ganlab.engine.distributed.communicator import Communicator, SingleProcess
from ganlab.engine.distributed.strategy import communicator_of
from ganlab.engine.loss_buffer import LossBuffer
from ganlab.lr_schedules import LearningRateSchedule


class GANModule(pl.LightningModule):
    """Trains a game by manual optimisation, with its own counts of steps and samples.

    Lightning's `global_step` counts optimizer steps, of which a GAN makes several or none per batch. ganlab counts
    `steps` (training batches) and `samples` (real samples, over all processes) instead.
    """

    def __init__(
        self,
        game: Game,
        optimizers: Mapping[str, Callable[[Iterable[nn.Parameter]], Optimizer]],
        schedule: UpdateSchedule,
        ema: Callable[[nn.Module], EMA],
        lr_schedule: LearningRateSchedule,
        iterations: int,
        seed: int = 0,
        microbatches: int = 1,
        gradient_clip_norm: float = 0.0,
        observe_every: int = 50,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.game, self.ema = game, ema(game.sampler)
        self.schedule, self.lr_schedule = schedule, lr_schedule
        self.iterations, self.seed, self.microbatches = iterations, seed, microbatches
        self.gradient_clip_norm, self.observe_every = gradient_clip_norm, observe_every
        self.steps, self.samples = 0, 0
        self.loss_buffer = LossBuffer()
        self.norms: dict[str, Tensor] = {}  # of gradients and weights, at the latest step that measured them
        self.norms_are_new = False
        self.latest: dict[str, float] = {}  # the latest row that was logged
        self.scores: dict[str, float] = {}  # the latest scores, computed after step `scored_at`
        self.scored_at = -1
        self.clock = TrainingClock()
        self._optimizer_partials = optimizers
        self._weights = {player: game.weights(player) for player in game.players()}
        sampler_ids = {id(weight) for weight in game.sampler.parameters()}
        self._sampler_players = {  # an update of one of these changes the sampler
            player for player, weights in self._weights.items() if any(id(weight) in sampler_ids for weight in weights)
        }
        self._updated_player = ""  # during an optimizer step
        self.game.random.seed = seed
        self.communicator: Communicator = SingleProcess()
        self._float_buffers: list[Tensor] = []  # such as running statistics, which differ between processes

    def setup(self, stage: str) -> None:
        """Set the communicator between the processes of this run."""
        self.communicator = communicator_of(self.trainer.strategy)

    def on_train_start(self) -> None:
        """Start the clock, and list the buffers to broadcast: only now are they on their device.

        Integer buffers are equal in all processes.
        """
        self.clock = TrainingClock()
        self._float_buffers = [buffer for buffer in self.game.buffers() if buffer.is_floating_point()]

    def configure_optimizers(self) -> list[Optimizer]:
        """Build one optimizer per player, in the order of the players."""
        optimizers = {player: self._optimizer_partials[player](weights) for player, weights in self._weights.items()}
        self._base_rates = {
            player: [group["lr"] for group in optimizer.param_groups] for player, optimizer in optimizers.items()
        }
        for optimizer in optimizers.values():
            private_api.unscale_before_step(optimizer)
        return list(optimizers.values())

    def training_step(self, batch: Batch, batch_idx: int) -> None:
        """Update the players on one batch as the schedule says."""
        groups = self.schedule(self.steps)
        updated_players = [player for group in groups for player in group]
        self._seed_dropout()
        if self.microbatches == 1:
            self._seek()
            self.game.prepare(batch, updated_players)
        self._measures_norms = bool(self.observe_every) and (self.steps + 1) % self.observe_every == 0
        if self._measures_norms:
            self.norms.clear()
        terms: dict[str, Tensor] = {}
        for group in groups:
            for player in group:
                terms |= self.accumulate(player, batch)
            for player in group:
                self.update(player)
        self.loss_buffer.append(terms)
        self.steps += 1
        self.samples += tree.length(batch.sample) * self.trainer.world_size
        self.communicator.broadcast(self._float_buffers)
        if not self._sampler_players.isdisjoint(updated_players):
            self.ema.update(self.game.sampler, self.samples)

    def accumulate(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Set the gradients of one player's weights from the joined batch; return this process's loss terms by name."""
        weights = self._weights[player]
        for weight in weights:
            weight.grad = None
        update = self.schedule.updates_before(player, self.steps)
        terms: dict[str, Tensor] = {}
        for i, microbatch in enumerate(_split(batch, self.microbatches)):
            self._seek(i)
            losses = self.game.losses(player, microbatch, update)
            total = torch.stack(list(losses.values())).sum() if len(losses) > 1 else next(iter(losses.values()))
            if self.microbatches > 1:
                total = total / self.microbatches
            self.manual_backward(total, inputs=weights)
            for name, loss in losses.items():
                value = loss.detach() / self.microbatches if self.microbatches > 1 else loss.detach()
                terms[f"{player}/{name}"] = terms[f"{player}/{name}"] + value if i else value
        self.communicator.average_gradients(weights, " ".join(terms))
        self.communicator.sum_tensors(self.game.batch_sums(player))
        return terms

    def update(self, player: str) -> None:
        """Make one optimizer step of a player with its present gradients."""
        optimizers = dict(zip(self._weights, private_api.lightning_optimizers(self.trainer.strategy), strict=True))
        self._updated_player, optimizer = player, optimizers[player]
        factor = self.lr_schedule(self.steps, self.iterations)
        for group, base in zip(optimizer.param_groups, self._base_rates[player], strict=True):
            group["lr"] = base * factor
        optimizer.step()
        self.game.after_update(player, self.schedule.updates_before(player, self.steps))

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Clip gradients and measure norms here: under 16-bit precision gradients are unscaled only now."""
        if not (self.gradient_clip_norm or self._measures_norms):
            return
        player, weights = self._updated_player, self._weights[self._updated_player]
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients)
        if self.gradient_clip_norm:
            torch.nn.utils.clip_grads_with_norm_(weights, self.gradient_clip_norm, norm)
        if self._measures_norms:
            self.norms_are_new = True
            self.norms[f"{player}/gradient_norm"] = norm
            self.norms[f"{player}/weight_norm"] = torch.nn.utils.get_total_norm([w.detach() for w in weights])

    def on_train_batch_end(self, *args: object) -> None:
        """Stop all processes if a callback in any of them requested it."""
        self.trainer.should_stop = self.communicator.any_rank(self.trainer.should_stop)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Save ganlab's counts, and remove Lightning's, which count optimizer steps."""
        checkpoint["ganlab"] = {"steps": self.steps, "samples": self.samples}
        checkpoint["term_weights"] = {name: term.weight for name, term in self.game.terms().items()}
        checkpoint["observed"] = self.loss_buffer.state_dict(self.communicator, self.device)
        checkpoint.pop("loops", None)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Restore ganlab's counts; raises UserError if the checkpoint is of other networks."""
        require_matching_weights(checkpoint, self.state_dict())
        self.steps, self.samples = checkpoint["ganlab"]["steps"], checkpoint["ganlab"]["samples"]
        weights = checkpoint.get("term_weights", {})  # which may have been annealed
        for name, term in self.game.terms().items():
            term.weight = weights.get(name, term.weight)
        if "observed" in checkpoint:  # absent from older checkpoints
            self.loss_buffer.load_state_dict(checkpoint["observed"])

    def _seek(self, microbatch: int = 0) -> None:
        part = self.trainer.global_rank * self.microbatches + microbatch
        self.game.random.seek(self.steps, part, self.trainer.world_size * self.microbatches)

    def _seed_dropout(self) -> None:
        # Some layers, such as dropout, use torch's default generators; a seed per step makes these resumable, too.
        seed = derive(self.seed, self.steps, self.trainer.global_rank, "layers")
        torch.default_generator.manual_seed(seed)
        if self.device.type == "cuda":
            torch.cuda.default_generators[self.device.index].manual_seed(seed)


def _split(batch: Batch, count: int) -> list[Batch]:
    if count == 1:
        return [batch]
    samples = tree.split(batch.sample, count)
    conditions = [None] * count if batch.cond is None else tree.split(batch.cond, count)
    return [Batch(sample, cond) for sample, cond in zip(samples, conditions, strict=True)]
