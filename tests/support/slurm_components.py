"""A callback that only the jobs of the SLURM tests need; allow it with GANLAB_ALLOW=support."""

import os
import time

import pytorch_lightning as pl

from ganlab.callbacks import Interrupt

# How often a job must be interrupted before it may finish.
FATES = {"none": 0, "requeued": 1, "cancelled": 1, "killed": 1, "limited": 1, "moved": 2}
STEPS_PER_LIFE = 30


class Fate(pl.Callback):
    """Writes a line to life.<rank> each time the job starts, and waits at a step until the job is interrupted.

    It waits STEPS_PER_LIFE steps after the start; only once the job was interrupted as often as its fate says, it runs
    to the end.
    """

    def __init__(self, fate: str) -> None:
        self.interruptions = FATES[fate]
        self.last_step = None

    def on_train_start(self, trainer, module):
        path = os.path.join(trainer.default_root_dir, f"life.{trainer.global_rank}")
        with open(path, "a+") as file:
            file.seek(0)
            if len(file.readlines()) < self.interruptions:
                self.last_step = module.steps + STEPS_PER_LIFE
            print(os.getpid(), trainer.world_size, module.steps, file=file)

    def on_train_batch_start(self, trainer, module, *args):
        interrupts = [callback for callback in trainer.callbacks if isinstance(callback, Interrupt)]
        while module.steps == self.last_step and not any(interrupt.requested for interrupt in interrupts):
            time.sleep(0.02)
