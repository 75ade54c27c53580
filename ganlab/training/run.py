"""One run from its configuration to its scores: directory, parts, Trainer, and what is written at the end."""

import os
import sys
import warnings
from contextlib import ExitStack, suppress
from pathlib import Path
from signal import Signals

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig
from pytorch_lightning.loggers import Logger

from ganlab.callbacks import Interrupt
from ganlab.config.dry_build import preview
from ganlab.config.targets import instantiate
from ganlab.config.validation import find_issues
from ganlab.core.errors import AlarmError, ConfigurationError, TrainingError, UserError
from ganlab.data import DataModule, DataSet
from ganlab.engine.checkpoints import exists
from ganlab.engine.device import keep_freed_memory
from ganlab.engine.distributed import cluster
from ganlab.engine.module import GANModule
from ganlab.loggers import end
from ganlab.recovery import Recovery
from ganlab.runs.directory import RunDirectory, new_directory
from ganlab.runs.heartbeat import Heartbeat
from ganlab.runs.lock import RunLock
from ganlab.training.build import build_data, build_module
from ganlab.training.export import export
from ganlab.training.failures import user_facing
from ganlab.training.trainer import build_callbacks, build_loggers, build_trainer, silence_lightning

# Processes that Lightning starts for one run find its directory here.
RUN_VARIABLE = "GANLAB_RUN_DIR"


class Run:
    """A run in its directory, new or to be continued; `signal` is the number of the one that ended it early, or 0."""

    def __init__(self, config: DictConfig) -> None:
        self.config = config
        given = os.environ.get(RUN_VARIABLE) or config.run_dir
        if not given and cluster.environment().creates_processes_externally:
            raise UserError("the processes of one run were started side by side; tell them one place: run_dir=DIR")
        self.directory = RunDirectory(Path(given) if given else new_directory(config.name))
        self.interrupted, self.signal = False, 0
        self._loggers: list[Logger] = []
        self._interrupts = [each for each in build_callbacks(self.config) if isinstance(each, Interrupt)]

    def go(self) -> dict[str, float]:
        """Train to the end, or to a signal, and return the final scores.

        The directory is locked, by the first of the run's processes, and the signals are taken over from here on. The
        handler that a signal had before is called last, when everything is saved.
        """
        if not torch.cuda.is_available():
            # A CUDA build of torch looks for the driver at every optimizer step, unless it is told that there is none.
            os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
        with ExitStack() as borrowed:
            for interrupt in self._interrupts:
                borrowed.enter_context(interrupt)
            if _is_first():
                borrowed.enter_context(RunLock(self.directory.path))
                self.directory.check_config(self.config)
            if self._is_finished():
                print(f"{self.directory.path} is already finished; raise iterations to train on", file=sys.stderr)
                return self.directory.scores()
            if _is_first():
                self.directory.write_config(self.config)
                self.directory.write_status("running", reason="", iterations=self.config.iterations)
                borrowed.enter_context(Heartbeat(self.directory))
            borrowed.callback(self._end_loggers)
            scores = self._train()
        for interrupt in self._interrupts if self.interrupted else ():
            interrupt.hand_over()
        return scores

    def _train(self) -> dict[str, float]:
        os.environ[RUN_VARIABLE] = str(self.directory.path.resolve())
        self._done: dict[str, int] = {}
        try:
            return self._finish(*self._fitted())
        except BaseException as error:
            told = user_facing(error, self.directory.path)
            self._failed(told)
            if told is error:
                raise
            raise told from error
        finally:
            os.environ.pop(RUN_VARIABLE, None)

    def _is_finished(self) -> bool:
        status = self.directory.status()
        return status.get("state") == "finished" and status.get("step", -1) >= self.config.iterations

    def _fitted(self) -> tuple[pl.Trainer, GANModule, DataSet]:
        """Train, going back as often as the recovery finds an answer to an alarm."""
        recovery: Recovery = instantiate(self.config.recovery)
        trainer = self._trainer(recovery)
        data = build_data(self.config)
        told = preview(self.config.data) == data.spec  # or only the files have told what the networks must fit
        if not told and (found := find_issues(self.config, spec=data.spec)):
            raise ConfigurationError(issue.sentence for issue in found)
        checkpoint = self.directory.checkpoint if exists(self.directory.checkpoint) else None
        self._remember(data.fingerprint(), bool(checkpoint))
        if _is_first():
            print(f"{'continuing' if checkpoint else 'training'} in {self.directory.path}", file=sys.stderr)
            if summary := data.summary():
                print(summary, file=sys.stderr)
        while True:
            module = build_module(self.config, data)
            try:
                self._fit(trainer, module, data, checkpoint)
                return trainer, module, data
            except AlarmError as alarm:
                checkpoint = recovery.on_alarm(alarm, self.directory, module.steps)
            trainer = self._trainer(recovery)

    def _remember(self, fingerprint: str, continued: bool) -> None:
        """Remember what the run is trained on; raises UserError where a continued one has been on something else."""
        if continued and self.directory.has_seen_other(fingerprint):
            raise UserError(
                f"{self.directory.path} was trained on other data: its samples have changed since, and its splits with "
                "them; bring them back, or choose another run_dir"
            )
        if _is_first():
            self.directory.write_status("running", data=fingerprint)

    def _fit(self, trainer: pl.Trainer, module: GANModule, data: DataSet, checkpoint: Path | None) -> None:
        config = self.config
        keep_freed_memory()
        datamodule = DataModule(data, config.batch_size, config.iterations, config.seed, config.workers)
        with warnings.catch_warnings():
            silence_lightning()
            try:
                trainer.fit(module, datamodule, ckpt_path=checkpoint and str(checkpoint), weights_only=True)
            finally:
                self._done = {"step": module.steps, "samples": module.samples}

    def _trainer(self, recovery: Recovery) -> pl.Trainer:
        # The signals' handler is already ours, and stays through all that is tried.
        others = [each for each in build_callbacks(self.config) if not isinstance(each, Interrupt)]
        self._end_loggers()  # of what is rolled back
        self._loggers = build_loggers(self.config, self.directory.path)
        callbacks = [*others, recovery, *self._interrupts]
        return build_trainer(self.config, self.directory.path, callbacks, self._loggers, self._mourn)

    def _end_loggers(self) -> None:
        for logger in self._loggers:
            end(logger)

    def _finish(self, trainer: pl.Trainer, module: GANModule, data: DataSet) -> dict[str, float]:
        scores = module.scores
        number = max((each.number for each in self._interrupts), default=0)
        self.interrupted = number != 0 and module.steps < self.config.iterations
        if not trainer.is_global_zero:
            return scores
        export(self.directory.path, module, self.config, data)
        if self.interrupted:
            self.signal = number
            self.directory.write_status("preempted", reason=f"stopped by {Signals(number).name}", **self._done)
            print(f"saved at step {module.steps} in {self.directory.path}", file=sys.stderr)
            return scores
        objective = scores.get(self.config.optimized_metric)
        self.directory.write_status("finished", reason="", objective=objective, **self._done)
        numbers = "  ".join(f"{name} {value:.4g}" for name, value in scores.items())
        print(f"finished in {self.directory.path}  {numbers}", file=sys.stderr)
        return scores

    def _mourn(self, sentence: str) -> None:
        self._failed(TrainingError(sentence))

    def _failed(self, error: BaseException) -> None:
        if not _is_first():
            return
        state = "preempted" if isinstance(error, KeyboardInterrupt) else "failed"
        told = isinstance(error, TrainingError | UserError | KeyboardInterrupt)
        with suppress(OSError):  # a disk that is away; what is raised says more
            self.directory.write_status(
                state, reason=str(error) if told else f"{type(error).__name__}: {error}", **self._done
            )


def _is_first() -> bool:
    """Tell whether this is the first of a run's processes, before a Trainer can tell."""
    return cluster.is_first(cluster.environment())
