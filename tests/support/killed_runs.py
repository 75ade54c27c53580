"""Runs in processes of their own that are killed at a chosen moment: a call of Python's, a byte of a file, a rename."""

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
    """Kills at the n-th call of any function, which is a moment like any other, and the same one every time."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.calls = 0

    def __call__(self, frame, event, called) -> None:
        self.calls += event in ("call", "c_call")
        if self.calls == self.number:
            kill()


class AtRename:
    """Kills just before ("c_call") or just after ("c_return") the n-th renaming of a checkpoint."""

    def __init__(self, number: int, event: str) -> None:
        self.number, self.event = number, event
        self.renames = 0

    def __call__(self, frame, event, called) -> None:
        if event == self.event and called is os.replace and frame.f_code.co_name == "save_checkpoint":
            self.renames += 1
            if self.renames == self.number:
                kill()


class AtFunction:
    """Sends its process a signal when a function of this name is called for the n-th time."""

    def __init__(self, name: str, number: int, nth: int = 1) -> None:
        self.name, self.number, self.nth = name, number, nth
        self.calls = 0

    def __call__(self, frame, event, called) -> None:
        if event == "call" and frame.f_code.co_name == self.name:
            self.calls += 1
            if self.calls == self.nth:
                os.kill(os.getpid(), self.number)


class AtByte(pl.Callback):
    """Limits the size of files while the n-th checkpoint is written; a deadly limit kills at that very byte."""

    def __init__(self, checkpoint: int, size: int, deadly: bool) -> None:
        self.checkpoint, self.size, self.deadly = checkpoint, size, deadly
        self.saved = 0

    def on_save_checkpoint(self, trainer, module, checkpoint):
        self.saved += 1
        if self.saved == self.checkpoint:
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL if self.deadly else signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def live(directory: Path, *settings: str, doom=None) -> int:
    """Train in another process and return its exit code, or the signal that killed it, negative."""
    process = CONTEXT.Process(target=_life, args=(directory, settings, doom))
    process.start()
    process.join()
    return process.exitcode


def commanded(directory: Path, *words: str, doom=None) -> int:
    """Run `ganlab train` in another process and return its exit code."""
    process = CONTEXT.Process(target=_command, args=(directory, words, doom))
    process.start()
    process.join()
    return process.exitcode


def calls_of(directory: Path, *settings: str) -> int:
    """Return how many calls a whole run makes."""
    receiver, sender = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_count, args=(directory, settings, sender))
    process.start()
    calls = receiver.recv()
    process.join()
    return calls


def _command(directory, words, doom):
    from ganlab.commands.exit_codes import guarded
    from ganlab.commands.train import main

    _prepare(directory)
    sys.setprofile(doom)
    sys.exit(guarded(main, [*words, f"run_dir={directory}"]))


def _prepare(directory):
    import torch

    os.environ["GANLAB_ALLOW"] = "tiny,mortal"
    torch.set_num_threads(1)
    errors = os.open(directory.parent / f"{directory.name}.err", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(errors, 2)


def _life(directory, settings, doom):
    from ganlab.config import compose
    from ganlab.training.run import Run

    _prepare(directory)
    config = compose([*settings, f"run_dir={directory}"])
    sys.setprofile(doom)  # before this, nothing is touched that a kill could spoil
    Run(config).go()
    sys.setprofile(None)


def _count(directory, settings, sender):
    counter = AtCall(-1)
    _life(directory, settings, counter)
    sender.send(counter.calls)
