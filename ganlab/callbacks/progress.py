import sys

import pytorch_lightning as pl
from tqdm import tqdm

from ganlab.callbacks.periodic import Periodic
from ganlab.core.progress import format_duration
from ganlab.core.score_text import score_text
from ganlab.engine.module import GANModule


class Progress(Periodic):
    """Shows step, losses, speed and remaining time: as a bar on a terminal, else as a line every `every` steps."""

    def __init__(self, every: int = 50) -> None:
        super().__init__(every)
        self._bar: tqdm | None = None

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Open the bar."""
        if trainer.is_global_zero and sys.stderr.isatty():
            self._bar = tqdm(total=module.iterations, initial=module.steps, unit="step", dynamic_ncols=True)

    def on_train_batch_end(self, trainer: pl.Trainer, module: GANModule, *args: object) -> None:  # type: ignore[override]
        """Update the bar."""
        if self._bar is not None:
            self._bar.update(module.steps - self._bar.n)
        super().on_train_batch_end(trainer, module, *args)

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Show the latest numbers."""
        if not trainer.is_global_zero:
            return
        terms = module.loss_buffer.drained_names
        losses = [name for name in terms if name.endswith("/adversarial")] or terms
        values = {name.removesuffix("/adversarial"): module.latest[name] for name in losses}
        scores = module.scores if module.scored_at == module.steps else {}
        if self._bar is not None:
            values |= scores
            values["samples/s"] = module.latest.get("samples_per_second", 0.0)
            self._bar.set_postfix({name: f"{value:.4g}" for name, value in values.items()}, refresh=False)
            return
        texts = [f"{name} {value:.4g}" for name, value in values.items()]
        texts += [score_text(name, value, module.floor, module.weak_scores) for name, value in scores.items()]
        fields = [f"step {module.steps}/{module.iterations}", *texts]
        speed = module.latest.get("samples_per_second", 0.0)
        if speed:  # measured by callback.metrics_logger only
            seconds = (module.iterations - module.steps) * module.samples / module.steps / speed
            # Sampling, evaluation and checkpointing are assumed to take the same share of the time as so far.
            seconds *= 1 + module.clock.paused_seconds / max(module.clock.seconds, 1e-9)
            fields += [f"{speed:.0f} samples/s", f"{format_duration(seconds)} left"]
        print("  ".join(filter(None, fields)), file=sys.stderr, flush=True)

    def on_train_end(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Show the last numbers and close the bar."""
        super().on_train_end(trainer, module)
        self._close()

    def on_exception(self, trainer: pl.Trainer, module: GANModule, exception: BaseException) -> None:  # type: ignore[override]
        """Close the bar."""
        self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
