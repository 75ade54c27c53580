import sys
from pathlib import Path
from typing import Any, ClassVar

import pytorch_lightning as pl

from ganlab.callbacks.nan_monitor import HealthMonitor
from ganlab.callbacks.periodic import Periodic
from ganlab.core.errors import AlarmError, TrainingError, UserError
from ganlab.engine.checkpoints import read
from ganlab.engine.module import GANModule
from ganlab.lr_schedules import LearningRateSchedule
from ganlab.recovery.base import Recovery
from ganlab.runs.directory import RunDirectory


class RollBack(Periodic, Recovery):
    """Goes back to checkpoints/healthy.ckpt, and on with learning rates times `lr_factor`; at most `roll_backs` times.

    The checkpoint is written at every `every`-th step at which all watchers are calm; without one, the run begins anew.
    Weights, averages, optimizers and counts are those of the checkpoint, and so is all randomness: what differs is the
    smaller rate. It is kept in every later checkpoint, so that a killed run goes on exactly; one killed before the next
    checkpoint meets the same alarm again and takes the same way. Each time is told on stderr, in status.json, and in
    metrics.csv as `roll_backs` at the first step after it. Raises ValueError for an `lr_factor` outside (0, 1) or less
    than one roll back, UserError with several processes.
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
        self.history: list[str] = []
        self._untold = False

    def on_alarm(self, alarm: AlarmError, run: RunDirectory, step: int) -> Path | None:
        """Choose the checkpoint and the smaller rates, or end the run where it was rolled back often enough."""
        if len(self.history) >= self.roll_backs:
            raise TrainingError(f"{alarm} (rolled back {len(self.history)} times before)") from alarm
        healthy = run.path / "checkpoints" / "healthy.ckpt"
        found = healthy if healthy.exists() else None
        back = read(found)["ganlab"]["steps"] if found else 0
        self.factor *= self.lr_factor
        sentence = f"from step {step} to step {back}, learning rates now times {self.factor:g}: {alarm}"
        self.history.append(sentence)
        self._untold = True
        run.write_status("running", step=back, roll_backs=list(self.history))
        print(f"rolled back {sentence}", file=sys.stderr)
        return found

    def setup(self, trainer: pl.Trainer, module: GANModule, stage: str) -> None:  # type: ignore[override]
        """Refuse what cannot be rolled back."""
        if trainer.world_size > 1:  # an alarm may be one process's alone, and the others would wait for it for ever
            raise UserError(
                f"recovery=roll_back needs a single process, and there are {trainer.world_size}; choose recovery=stop"
            )

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Make the learning rates smaller."""
        if self.history:
            module.lr_schedule = _Scaled(module.lr_schedule, self.factor)

    def on_train_batch_end(self, trainer: pl.Trainer, module: GANModule, *args: object) -> None:  # type: ignore[override]
        """Tell the loggers of what was done, and keep a healthy checkpoint where it is due."""
        if self._untold:
            self._untold = False
            for logger in trainer.loggers:
                logger.log_metrics({"roll_backs": len(self.history)}, step=module.steps)
        super().on_train_batch_end(trainer, module, *args)

    def on_train_end(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Keep nothing more: nobody goes back from the end."""

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Keep the state to go back to, where all watchers are calm."""
        if all(each.healthy for each in trainer.callbacks if isinstance(each, HealthMonitor)):  # type: ignore[attr-defined]
            with module.clock.paused(module.device):
                trainer.save_checkpoint(Path(trainer.default_root_dir) / "checkpoints" / "healthy.ckpt")

    def state_dict(self) -> dict[str, Any]:
        """Remember what was done."""
        return {"factor": self.factor, "history": list(self.history)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what was done, unless the checkpoint is the one that was just gone back to and knows less."""
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
