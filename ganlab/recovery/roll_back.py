import sys
from pathlib import Path
from typing import Any, ClassVar

import pytorch_lightning as pl

from ganlab.callbacks.health_monitor import HealthMonitor
from ganlab.callbacks.periodic import Periodic
from ganlab.core.errors import AlarmError, TrainingError, UserError
from ganlab.engine.checkpoints import read
from ganlab.engine.module import GANModule
from ganlab.engine.trainer_access import callbacks_of
from ganlab.lr_schedules import LearningRateSchedule
from ganlab.recovery.base import Recovery
from ganlab.runs.directory import RunDirectory


class RollBack(Periodic, Recovery):
    """Resumes from checkpoints/healthy.ckpt with learning rates times `lr_factor`, at most `roll_backs` times.

    That checkpoint is written at every `every`-th step at which all health monitors are healthy; without one, the run
    starts from scratch. Weights, averages, optimizers, counts and randomness are those of the checkpoint; only the
    learning rate differs. It is part of every later checkpoint, so a killed run resumes exactly; a run killed before
    the next checkpoint raises the same alarm again, and is rolled back in the same way. Each roll back is reported on
    stderr, in status.json, and in metrics.csv as `roll_backs` at the next step. Raises ValueError for an `lr_factor`
    outside (0, 1) or fewer than one roll back, and UserError with several processes.
    """

    alone: ClassVar[bool] = True

    def __init__(self, every: int = 0, lr_factor: float = 0.5, roll_backs: int = 3) -> None:
        super().__init__(every)
        if not 0 < lr_factor < 1:
            raise ValueError(f"lr_factor must be between 0 and 1, got {lr_factor}")
        if roll_backs < 1:
            raise ValueError(f"roll_backs must be at least 1, got {roll_backs}")
        self.lr_factor, self.roll_backs = lr_factor, roll_backs
        self.factor = 1.0  # on the learning rates, after all roll backs so far
        self.history: list[str] = []  # one sentence for each roll back
        self._must_log = False  # whether the latest roll back is not logged yet

    def on_alarm(self, alarm: AlarmError, run: RunDirectory, step: int) -> Path | None:
        """Return the healthy checkpoint and reduce the rates; raises TrainingError after `roll_backs` roll backs."""
        if len(self.history) >= self.roll_backs:
            raise TrainingError(f"{alarm} (rolled back {len(self.history)} times before)") from alarm
        healthy = run.path / "checkpoints" / "healthy.ckpt"
        checkpoint = healthy if healthy.exists() else None
        checkpoint_step = read(checkpoint)["ganlab"]["steps"] if checkpoint else 0
        self.factor *= self.lr_factor
        sentence = f"from step {step} to step {checkpoint_step}, learning rates now times {self.factor:g}: {alarm}"
        self.history.append(sentence)
        self._must_log = True
        run.write_status("running", step=checkpoint_step, roll_backs=list(self.history))
        print(f"rolled back {sentence}", file=sys.stderr)
        return checkpoint

    def setup(self, trainer: pl.Trainer, module: GANModule, stage: str) -> None:  # type: ignore[override]
        """Raise UserError if the run has several processes."""
        if trainer.world_size > 1:  # an alarm may occur in one process only, and the others would wait for it
            raise UserError(
                f"recovery=roll_back needs a single process, and there are {trainer.world_size}; choose recovery=stop"
            )

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Scale the learning rates."""
        if self.history:
            module.lr_schedule = _Scaled(module.lr_schedule, self.factor)

    def on_train_batch_end(self, trainer: pl.Trainer, module: GANModule, *args: object) -> None:  # type: ignore[override]
        """Log a roll back, and write a healthy checkpoint if it is due."""
        if self._must_log:
            self._must_log = False
            for logger in trainer.loggers:
                logger.log_metrics({"roll_backs": len(self.history)}, step=module.steps)
        super().on_train_batch_end(trainer, module, *args)

    def on_train_end(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Do nothing at the end of training."""

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Write healthy.ckpt if all health monitors are healthy."""
        monitors = [callback for callback in callbacks_of(trainer) if isinstance(callback, HealthMonitor)]
        if all(monitor.healthy for monitor in monitors):
            with module.clock.paused(module.device):
                trainer.save_checkpoint(Path(trainer.default_root_dir) / "checkpoints" / "healthy.ckpt")

    def state_dict(self) -> dict[str, Any]:
        """Return the factor and the roll backs so far."""
        return {"factor": self.factor, "history": list(self.history)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore them, unless the checkpoint is the one just rolled back to, which has fewer roll backs."""
        if len(state["history"]) > len(self.history):
            self.factor, self.history = state["factor"], list(state["history"])


class _Scaled(LearningRateSchedule):
    """Another schedule, times a factor."""

    def __init__(self, schedule: LearningRateSchedule, scale: float) -> None:
        super().__init__()
        self.schedule, self.scale = schedule, scale

    def __call__(self, step: int, iterations: int) -> float:
        return self.scale * self.schedule(step, iterations)

    def factor(self, done: float) -> float:
        return self.scale * self.schedule.factor(done)
