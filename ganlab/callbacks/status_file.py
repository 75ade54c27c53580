from pathlib import Path

import pytorch_lightning as pl

from ganlab.callbacks.periodic import Periodic
from ganlab.engine.module import GANModule
from ganlab.runs.directory import RunDirectory


class StatusFile(Periodic):
    """Writes the latest step to the run directory's status.json; the heartbeat is renewed independently of it."""

    run_on_interrupt = True

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Write the status before the first step."""
        self.act(trainer, module)

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Write step and samples."""
        if trainer.is_global_zero:
            run = RunDirectory(Path(trainer.default_root_dir))
            run.write_status("running", step=module.steps, samples=module.samples, iterations=module.iterations)
