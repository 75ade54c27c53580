import logging
import math
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from ganlab.callbacks.evaluate import Evaluate
from ganlab.engine.module import GANModule
from ganlab.engine.trainer_access import callbacks_of
from ganlab.loggers import log_summary
from ganlab.runs.directory import write_json

log = logging.getLogger(__name__)


class Best(pl.Callback):
    """Writes checkpoints/best.ckpt and best.json when a score is the best so far.

    The score is one of those computed during training, on the selection split, so selecting by it does not bias the
    reported scores. A resumed run compares with its former best, unless the score or its definition has changed.
    """

    def __init__(self, score: str) -> None:
        self.score = score
        self.value: float | None = None
        self._definition: str | None = None  # the hash of the definition of the score that has this value
        self._compared_at = -1
        self._evaluate: Evaluate | None = None

    def setup(self, trainer: pl.Trainer, module: GANModule, stage: str) -> None:  # type: ignore[override]
        """Find the Evaluate callback, and warn if it does not compute the score."""
        evaluators = [callback for callback in callbacks_of(trainer) if isinstance(callback, Evaluate)]
        self._evaluate = evaluators[0] if evaluators else None
        metrics = self._evaluate.metrics if self._evaluate else {}
        scores = [name for metric in metrics.values() for name in metric.scores]
        ordered = [name for metric in metrics.values() for name, better in metric.scores.items() if better is not None]
        if scores and self.score not in scores and trainer.is_global_zero:
            log.warning(
                "optimized_metric=%s is not among this run's scores, so no best.ckpt is written; %s",
                self.score,
                f"choose {', '.join(ordered)}" if ordered else "none of its scores says which checkpoint is better",
            )

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Log the best value of a resumed run, or discard it if the score's definition has changed."""
        former = self._definition
        self._definition = self._evaluate.definition_hash(self.score) if self._evaluate else ""
        if self.value is not None and former not in (None, self._definition):
            self.value = None
            if trainer.is_global_zero:
                log.warning(
                    "best.ckpt was selected by another score, or by %s with another definition; the next score "
                    "replaces it",
                    self.score,
                )
        if self.value is not None and trainer.is_global_zero:
            for logger in trainer.loggers:
                log_summary(logger, {f"best/{self.score}": self.value})
        self._compare(trainer, module)  # with scores that are only computed now

    def on_train_batch_end(self, trainer: pl.Trainer, module: GANModule, *args: object) -> None:  # type: ignore[override]
        """Compare a new score with the best."""
        self._compare(trainer, module)

    def on_train_end(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Compare the last score with the best."""
        self._compare(trainer, module)

    def state_dict(self) -> dict[str, Any]:
        """Return the best value and the hash of the score's definition."""
        return {"value": self.value, "meaning": self._definition}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the best value."""
        self.value, self._definition = state["value"], state.get("meaning")

    def _compare(self, trainer: pl.Trainer, module: GANModule) -> None:
        is_new = module.scored_at not in (self._compared_at, -1)
        if not is_new or self.score not in module.scores or self._evaluate is None:
            return
        self._compared_at, value = module.scored_at, module.scores[self.score]
        if not math.isfinite(value):  # no value would ever be better than NaN
            return
        sign = 1 if self._evaluate.higher_is_better(self.score) else -1
        if self.value is not None and not sign * value > sign * self.value:
            return
        self.value = value
        folder = Path(trainer.default_root_dir) / "checkpoints"
        with module.clock.paused(module.device):
            trainer.save_checkpoint(folder / "best.ckpt")
        if trainer.is_global_zero:
            write_json(folder / "best.json", {"score": self.score, "value": value, "step": module.steps})
            for logger in trainer.loggers:
                log_summary(logger, {f"best/{self.score}": value, "best/step": module.steps})
