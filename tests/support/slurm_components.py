"""What only the tests on a cluster need in a job; allow it with GANLAB_ALLOW=support."""

import os
import time

import pytorch_lightning as pl

from ganlab.callbacks import Interrupt

# How often a job is interrupted before it may end.
FATES = {"none": 0, "requeued": 1, "cancelled": 1, "killed": 1, "limited": 1, "moved": 2}
STEPS_OF_A_LIFE = 30


class Fate(pl.Callback):
    """Keeps a diary of the lives of a job, in life.<rank>, and lets none of them end before it is interrupted."""

    def __init__(self, fate: str) -> None:
        self.interruptions = FATES[fate]
        self.last_step = None

    def on_train_start(self, trainer, module):
        diary = os.path.join(trainer.default_root_dir, f"life.{trainer.global_rank}")
        with open(diary, "a+") as file:
            file.seek(0)
            if len(file.readlines()) < self.interruptions:
                self.last_step = module.steps + STEPS_OF_A_LIFE
            print(os.getpid(), trainer.world_size, module.steps, file=file)

    def on_train_batch_start(self, trainer, module, *args):
        interrupts = [each for each in trainer.callbacks if isinstance(each, Interrupt)]
        while module.steps == self.last_step and not any(each.requested for each in interrupts):
            time.sleep(0.02)
