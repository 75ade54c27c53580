"""The LightningModule of a game: Lightning's hooks around `PlayerUpdates`, and the checkpoint's content."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytorch_lightning as pl
from torch import Tensor, nn
from torch.optim import Optimizer

from ganlab.core import private_api
from ganlab.core.interfaces import Batch, Game, UpdateSchedule
from ganlab.core.interfaces.communicator import Communicator
from ganlab.ema import EMA
from ganlab.engine.checkpoints import require_matching_weights
from ganlab.engine.clock import TrainingClock
from ganlab.engine.direct_steps import steps_are_direct
from ganlab.engine.distributed.strategy import communicator_of
from ganlab.engine.loss_buffer import LossBuffer
from ganlab.games.player_updates import PlayerUpdates, backward
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
        self.lr_schedule, self.iterations = lr_schedule, iterations
        self.updates = PlayerUpdates(
            game,
            optimizers,
            schedule,
            self.ema,
            lambda step: self.lr_schedule(step, self.iterations),
            seed,
            microbatches,
            gradient_clip_norm,
            observe_every,
        )
        self.updates.backward, self.updates.step_optimizer = self._backward, self._step_optimizer
        self.loss_buffer = LossBuffer()
        self.latest: dict[str, float] = {}  # the latest row that was logged
        self.scores: dict[str, float] = {}  # the latest scores, computed after step `scored_at`
        self.scored_at = -1
        self.floor: dict[str, float] = {}  # the scores of real samples in place of generated ones
        self.baselines: dict[str, dict[str, float]] = {}  # the scores of the data's baselines by name
        self.weak_scores: dict[str, str] = {}  # remarks on scores that say little
        self.clock = TrainingClock()
        self._lightning_optimizers: dict[str, Any] = {}
        self._updated_player = ""  # during an optimizer step

    @property
    def steps(self) -> int:
        """The number of training batches so far."""
        return self.updates.steps

    @property
    def samples(self) -> int:
        """The number of real samples so far, over all processes."""
        return self.updates.samples

    @property
    def norms(self) -> dict[str, Tensor]:
        """Norms of gradients and weights, at the latest step that measured them."""
        return self.updates.norms

    @property
    def norms_are_new(self) -> bool:
        """Whether the norms have been measured since a callback set this to false."""
        return self.updates.norms_are_new

    @norms_are_new.setter
    def norms_are_new(self, value: bool) -> None:
        self.updates.norms_are_new = value

    @property
    def communicator(self) -> Communicator:
        """The communicator between the processes of this run."""
        return self.updates.communicator

    def setup(self, stage: str) -> None:
        """Set the communicator between the processes of this run."""
        self.updates.connect(communicator_of(self.trainer.strategy))

    def on_train_start(self) -> None:
        """Start the clock; only now are all buffers on their device."""
        self.clock, self._lightning_optimizers = TrainingClock(), {}
        if steps_are_direct(self.trainer):
            self.updates.backward, self.updates.step_optimizer = backward, self._step_directly
        self.updates.connect(self.communicator)

    def configure_optimizers(self) -> list[Optimizer]:
        """Return one optimizer per player, in the order of the players."""
        optimizers = list(self.updates.optimizers.values())
        for optimizer in optimizers:
            private_api.unscale_before_step(optimizer)
        return optimizers

    def training_step(self, batch: Batch, batch_idx: int) -> None:
        """Update the players on one batch as the schedule says."""
        self.loss_buffer.append(self.updates.step(batch))

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Clip gradients and measure norms here: under 16-bit precision gradients are unscaled only now."""
        self.updates.clip_and_measure(self._updated_player)

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
        counts = checkpoint["ganlab"]
        self.updates.steps, self.updates.samples = counts["steps"], counts["samples"]
        weights = checkpoint.get("term_weights", {})  # which may have been annealed
        for name, term in self.game.terms().items():
            term.weight = weights.get(name, term.weight)
        if "observed" in checkpoint:  # absent from older checkpoints
            self.loss_buffer.load_state_dict(checkpoint["observed"])

    def _backward(self, loss: Tensor, weights: list[nn.Parameter]) -> None:
        self.manual_backward(loss, inputs=weights)

    def _step_directly(self, player: str) -> None:
        self.updates.clip_and_step(player)
        private_api.count_optimizer_step(self.trainer)

    def _step_optimizer(self, player: str) -> None:
        self._updated_player = player
        if not self._lightning_optimizers:
            self._lightning_optimizers = dict(
                zip(self.updates.optimizers, private_api.lightning_optimizers(self.trainer.strategy), strict=True)
            )
        self._lightning_optimizers[player].step()
