"""What only the tests on a cluster need in a job; allow it with GANLAB_ALLOW=slurm_parts."""

import os
import time

import pytorch_lightning as pl

# How often a job is interrupted before it may end: until then it is slow, and then so slow that it cannot.
FATES = {"none": 0, "requeued": 1, "cancelled": 9, "killed": 9, "limited": 1, "moved": 2}
SLOW_STEPS = 50


class Fate(pl.Callback):
    """Keeps a diary of the lives of a job, in life.<rank>, and waits for what has to happen to it."""

    def __init__(self, fate: str) -> None:
        self.interruptions = FATES[fate]
        self.slow = False

    def on_train_start(self, trainer, module):
        diary = os.path.join(trainer.default_root_dir, f"life.{trainer.global_rank}")
        with open(diary, "a+") as file:
            file.seek(0)
            self.slow = len(file.readlines()) < self.interruptions
            print(os.getpid(), trainer.world_size, module.steps, file=file)

    def on_train_batch_start(self, trainer, module, *args):
        if self.slow:
            time.sleep(0.02 if module.steps % 100 < SLOW_STEPS else 0.5)
