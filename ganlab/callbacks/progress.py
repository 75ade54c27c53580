import sys

import pytorch_lightning as pl
from tqdm import tqdm

from ganlab.callbacks.periodic import Periodic
from ganlab.engine.module import GANModule


class Progress(Periodic):
    """A bar with step, speed, losses and time to go on a terminal; plain lines, one per `every` steps, elsewhere."""

    def __init__(self, every: int = 50) -> None:
        super().__init__(every)
        self._bar: tqdm | None = None

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Open the bar."""
        if trainer.is_global_zero and sys.stderr.isatty():
            self._bar = tqdm(total=module.iterations, initial=module.steps, unit="step", dynamic_ncols=True)

    def on_train_batch_end(self, trainer: pl.Trainer, module: GANModule, *args: object) -> None:  # type: ignore[override]
        """Advance."""
        if self._bar is not None:
            self._bar.update(module.steps - self._bar.n)
        super().on_train_batch_end(trainer, module, *args)

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Show the latest numbers."""
        if not trainer.is_global_zero:
            return
        losses = [name for name in module.observed.taken if name.endswith("/adversarial")]
        short = {name.removesuffix("/adversarial"): module.latest[name] for name in losses or module.observed.taken}
        if module.scored_at == module.steps:
            short |= module.scores
        if self._bar is not None:
            short["samples/s"] = module.latest.get("samples_per_second", 0.0)
            self._bar.set_postfix({name: f"{value:.4g}" for name, value in short.items()}, refresh=False)
            return
        numbers = "  ".join(f"{name} {value:.4g}" for name, value in short.items())
        said = [f"step {module.steps}/{module.iterations}", numbers]
        speed = module.latest.get("samples_per_second", 0.0)
        if speed:  # which nobody measures without callback=[metrics_logger]
            left = (module.iterations - module.steps) * module.samples / module.steps / speed
            left *= 1 + module.clock.seconds_beside / max(module.clock.seconds, 1e-9)  # as much beside it as so far
            said += [f"{speed:.0f} samples/s", f"{_clock(left)} left"]
        print("  ".join(filter(None, said)), file=sys.stderr, flush=True)

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


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
