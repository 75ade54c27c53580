import logging
import math
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from ganlab.callbacks.evaluate import Evaluate
from ganlab.engine.module import GANModule
from ganlab.loggers import summarise
from ganlab.runs.directory import write_json

log = logging.getLogger(__name__)


class Best(pl.Callback):
    """Writes checkpoints/best.ckpt, and best.json beside it, whenever a score is the best so far.

    The score is one of training's own, against the selection split, so that choosing by it spoils no report. A
    continued run remembers its best, unless it goes on with another score, or one that means something else.
    """

    def __init__(self, score: str) -> None:
        self.score = score
        self.value: float | None = None
        self._meaning: str | None = None  # of the score whose value it is
        self._seen = -1
        self._evaluate: Evaluate | None = None

    def setup(self, trainer: pl.Trainer, module: GANModule, stage: str) -> None:  # type: ignore[override]
        """Find who scores, and say where nobody computes the score."""
        self._evaluate = next((each for each in trainer.callbacks if isinstance(each, Evaluate)), None)  # type: ignore[attr-defined]
        measures = self._evaluate.measures if self._evaluate else {}
        scores = [name for each in measures.values() for name in each.scores]
        if scores and self.score not in scores and trainer.is_global_zero:
            log.warning(
                "optimized_metric=%s is none of this run's scores, so there will be no best.ckpt; choose %s",
                self.score,
                ", ".join(scores),
            )

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Tell loggers of a continued run what they may have to surpass, if that can be compared."""
        former, self._meaning = self._meaning, self._evaluate.meaning(self.score) if self._evaluate else ""
        if self.value is not None and former not in (None, self._meaning):
            self.value = None
            if trainer.is_global_zero:
                log.warning(
                    "best.ckpt was chosen by another score, or by %s of another meaning: the next one chooses anew",
                    self.score,
                )
        if self.value is not None and trainer.is_global_zero:
            for logger in trainer.loggers:
                summarise(logger, {f"best/{self.score}": self.value})

    def on_train_batch_end(self, trainer: pl.Trainer, module: GANModule, *args: object) -> None:  # type: ignore[override]
        """Compare where there is a new score."""
        self._compare(trainer, module)

    def on_train_end(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Compare the last score."""
        self._compare(trainer, module)

    def state_dict(self) -> dict[str, Any]:
        """Remember the best value, and what it means."""
        return {"value": self.value, "meaning": self._meaning}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from it."""
        self.value, self._meaning = state["value"], state.get("meaning")

    def _compare(self, trainer: pl.Trainer, module: GANModule) -> None:
        if module.scored_at in (self._seen, -1) or self.score not in module.scores or self._evaluate is None:
            return
        self._seen, value = module.scored_at, module.scores[self.score]
        if not math.isfinite(value):  # nothing would ever be better than NaN
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
                summarise(logger, {f"best/{self.score}": value, "best/step": module.steps})
