"""Runs in child processes that are killed at a chosen moment: a Python call, a byte of a file, a rename."""

import multiprocessing
import os
import resource
import signal
import sys
from pathlib import Path

import pytorch_lightning as pl

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["ganlab.training.run", "ganlab.data", "ganlab.metrics.scoring.scoring"])


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class AtCall:
    """Kills the process at the n-th call of any function: an arbitrary, but reproducible moment."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.calls = 0

    def __call__(self, frame, event, called) -> None:
        self.calls += event in ("call", "c_call")
        if self.calls == self.number:
            kill()


class AtRename:
    """Kills the process just before ("c_call") or just after ("c_return") the n-th rename of a checkpoint."""

    def __init__(self, number: int, event: str) -> None:
        self.number, self.event = number, event
        self.renames = 0

    def __call__(self, frame, event, called) -> None:
        if event == self.event and called is os.replace and frame.f_code.co_name == "save_checkpoint":
            self.renames += 1
            if self.renames == self.number:
                kill()


class AtFunction:
    """Sends the process a signal when a function of this name is called for the n-th time."""

    def __init__(self, name: str, signal_number: int, nth: int = 1) -> None:
        self.name, self.signal_number, self.nth = name, signal_number, nth
        self.calls = 0

    def __call__(self, frame, event, called) -> None:
        if event == "call" and frame.f_code.co_name == self.name:
            self.calls += 1
            if self.calls == self.nth:
                os.kill(os.getpid(), self.signal_number)


class AtByte(pl.Callback):
    """Limits the size of files while the n-th checkpoint is written; a deadly limit kills the process at that byte."""

    def __init__(self, checkpoint: int, size: int, deadly: bool) -> None:
        self.checkpoint, self.size, self.deadly = checkpoint, size, deadly
        self.saved = 0

    def on_save_checkpoint(self, trainer, module, checkpoint):
        self.saved += 1
        if self.saved == self.checkpoint:
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL if self.deadly else signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def train_in_process(directory: Path, *overrides: str, killer=None) -> int:
    """Train in a child process and return its exit code, or minus the signal that killed it."""
    process = CONTEXT.Process(target=_train, args=(directory, overrides, killer))
    process.start()
    process.join()
    return process.exitcode


def command_in_process(directory: Path, *overrides: str, killer=None) -> int:
    """Run `ganlab train` in a child process and return its exit code."""
    process = CONTEXT.Process(target=_command, args=(directory, overrides, killer))
    process.start()
    process.join()
    return process.exitcode


def count_calls(directory: Path, *overrides: str) -> int:
    """Return how many function calls a run makes."""
    receiver, sender = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_count, args=(directory, overrides, sender))
    process.start()
    calls = receiver.recv()
    process.join()
    return calls


def _command(directory, overrides, killer):
    from ganlab.commands.exit_codes import guarded
    from ganlab.commands.train import main

    _prepare(directory)
    sys.setprofile(killer)
    sys.exit(guarded(main, [*overrides, f"run_dir={directory}"]))


def _prepare(directory):
    import torch

    os.environ["GANLAB_ALLOW"] = "support"
    torch.set_num_threads(1)
    errors = os.open(directory.parent / f"{directory.name}.err", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(errors, 2)


def _train(directory, overrides, killer):
    from ganlab.config import compose
    from ganlab.training.run import Run

    _prepare(directory)
    config = compose([*overrides, f"run_dir={directory}"])
    sys.setprofile(killer)  # nothing is written before this
    Run(config).train()
    sys.setprofile(None)


def _count(directory, overrides, sender):
    counter = AtCall(-1)
    _train(directory, overrides, counter)
    sender.send(counter.calls)
