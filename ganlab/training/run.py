"""One run, from its configuration to its final scores and files."""

import os
import sys
import warnings
from collections.abc import Sequence
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
from ganlab.core.errors import AlarmError, ConfigurationError, Interrupted, TrainingError, UserError
from ganlab.core.score_text import score_text
from ganlab.core.shell_lines import with_directory
from ganlab.data import DataModule, DataSet
from ganlab.engine.checkpoints import exists
from ganlab.engine.device import keep_freed_memory
from ganlab.engine.distributed import cluster
from ganlab.engine.distributed.trainer_arguments import environment_of
from ganlab.engine.module import GANModule
from ganlab.loggers import close_run
from ganlab.recovery import Recovery
from ganlab.runs.heartbeat import Heartbeat
from ganlab.runs.lock import RunLock
from ganlab.training.announcement import Announcement
from ganlab.training.build import build_data, build_module
from ganlab.training.config_record import ConfigRecord, check_progress
from ganlab.training.export import export
from ganlab.training.failures import user_facing
from ganlab.training.initial_weights import InitialWeights
from ganlab.training.resume_line import resume_line
from ganlab.training.start import Start
from ganlab.training.start_lines import data_lines, network_lines
from ganlab.training.trainer import build_callbacks, build_loggers, build_trainer, silence_lightning

# Names the run directory for the processes that this one starts for the same run.
RUN_VARIABLE = "GANLAB_RUN_DIR"


class Run:
    """A run in its directory, new or to be resumed; `signal` is the number of the signal that interrupted it, or 0."""

    def __init__(self, config: DictConfig) -> None:
        self.config = config
        directory, environment = os.environ.get(RUN_VARIABLE) or config.run_dir, environment_of(config.trainer)
        self._is_rank_zero = cluster.is_rank_zero(environment)  # also before there is a Trainer
        if not directory and (environment.creates_processes_externally or config.trainer.get("num_nodes", 1) > 1):
            raise UserError("this run has several processes; set run_dir=DIR so that they share one directory")
        # Read before there is a new directory.
        self._initial_weights = InitialWeights.of(config, Path(directory) if directory else None)
        self.interrupted, self.signal = False, 0
        self._loggers: list[Logger] = []
        callbacks = build_callbacks(self.config)
        self._interrupts = [callback for callback in callbacks if isinstance(callback, Interrupt)]
        self._start = Start(Path(directory)) if directory else Start.in_new_directory(config.name)
        self.directory, self._record = self._start.directory, ConfigRecord(config)
        self._counts: dict[str, int] = {}

    def train(self) -> dict[str, float]:
        """Train to the end, or until a signal, and return the final scores.

        Rank 0 locks the directory, and signals are handled, for the whole call. The former handler of a received signal
        is called last, when everything is saved.
        """
        if not torch.cuda.is_available():
            # A CUDA build of torch looks for the driver at every optimizer step, unless no device is visible.
            os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
        if self._is_rank_zero:
            self._start.check_directory()
        try:
            scores = self._train_with_lock()
        except Exception:
            if self._is_rank_zero and not self._record.training_has_started:
                self._start.undo()
            raise
        except Interrupted as stop:
            self.interrupted, self.signal, scores = True, stop.signal_number if self._is_rank_zero else 0, {}
            print(f"\n{stop} before the first step; nothing was to be saved", file=sys.stderr)
            if self.directory.exists():
                print(f"resume with: {resume_line(self.directory.path)}", file=sys.stderr)
        if self.interrupted:
            for interrupt in self._interrupts:
                interrupt.call_former_handler()
        return scores

    def _train_with_lock(self) -> dict[str, float]:
        with ExitStack() as stack:
            for interrupt in self._interrupts:
                stack.enter_context(interrupt)
            if self._is_rank_zero:
                stack.enter_context(RunLock(self.directory.path))
                self.directory.check_config(self.config)
                check_progress(self.directory, self.config)
            if self._is_finished():
                print(f"{self.directory.path} is already finished; raise iterations to train on", file=sys.stderr)
                return self.directory.scores()
            if self._is_rank_zero:
                self.directory.write_config(self.config)
                facts = {
                    "step": self.directory.status().get("step", 0),
                    "iterations": self.config.iterations,
                    "resume": with_directory(resume_line(self.directory.path)),
                }
                self.directory.write_status("running", reason="", **facts)
                stack.enter_context(Heartbeat(self.directory))
            stack.callback(self._close_loggers)
            return self._train_and_finish()

    def _train_and_finish(self) -> dict[str, float]:
        os.environ[RUN_VARIABLE] = str(self.directory.path.resolve())
        try:
            return self._finish(*self._fit_with_recovery())
        except BaseException as error:
            reported = user_facing(error, self.directory.path)
            self._record_failure(reported)
            if not isinstance(reported, UserError) and self._is_rank_zero and self._record.training_has_started:
                reported.add_note(f"resume with: {resume_line(self.directory.path)}")
            if reported is error:
                raise
            raise reported from error
        finally:
            os.environ.pop(RUN_VARIABLE, None)

    def _is_finished(self) -> bool:
        status = self.directory.status()
        return status.get("state") == "finished" and status.get("step", -1) >= self.config.iterations

    def _fit_with_recovery(self) -> tuple[pl.Trainer, GANModule, DataSet]:
        """Train; after an alarm, train again from the checkpoint that the recovery returns."""
        recovery: Recovery = instantiate(self.config.recovery)
        trainer = self._build_trainer(recovery)
        data = build_data(self.config)
        if preview(self.config.data) != data.spec:  # the shapes were unknown until the files were read
            issues = find_issues(self.config, spec=data.spec)
            if issues:
                raise ConfigurationError(issue.sentence for issue in issues)
        checkpoint = self.directory.checkpoint if exists(self.directory.checkpoint) else None
        self._record_data(data.fingerprint(), resumed=bool(checkpoint))
        self._print(data_lines(data, self.config, self.directory.path, resumed=bool(checkpoint)))
        while True:
            initial = None if checkpoint else self._initial_weights
            module = build_module(self.config, data, initial)
            if initial and self._is_rank_zero:
                initial.record(self.directory)
            self._print(network_lines(module.game, self.config, initial))
            try:
                self._fit(trainer, module, data, checkpoint)
                return trainer, module, data
            except AlarmError as alarm:
                checkpoint = recovery.on_alarm(alarm, self.directory, module.steps)
            trainer = self._build_trainer(recovery)

    def _print(self, lines: Sequence[str]) -> None:
        if self._is_rank_zero:
            for line in lines:
                print(line, file=sys.stderr)

    def _record_data(self, fingerprint: str, resumed: bool) -> None:
        """Write the data's fingerprint to the status; raises UserError if the run was trained on other data before."""
        if resumed and self.directory.trained_on_other_data(fingerprint):
            raise UserError(
                f"{self.directory.path} was trained on other data: the data set has changed since this run started; "
                "restore it, or choose another run_dir"
            )
        if self._is_rank_zero:
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
                if module.steps:  # else an error came before the checkpoint was restored
                    self._counts = {"step": module.steps, "samples": module.samples}

    def _build_trainer(self, recovery: Recovery) -> pl.Trainer:
        # The Interrupt callbacks are already active, and stay so over all roll backs.
        callbacks = [callback for callback in build_callbacks(self.config) if not isinstance(callback, Interrupt)]
        self._close_loggers()  # of the attempt before
        self._loggers = build_loggers(self.config, self.directory.path)
        callbacks += [recovery, self._record, *self._interrupts, Announcement()]
        return build_trainer(self.config, self.directory.path, callbacks, self._loggers, self._on_process_lost)

    def _close_loggers(self) -> None:
        for logger in self._loggers:
            close_run(logger)

    def _finish(self, trainer: pl.Trainer, module: GANModule, data: DataSet) -> dict[str, float]:
        scores = module.scores
        signal_number = max((interrupt.signal_number for interrupt in self._interrupts), default=0)
        is_complete = module.steps >= self.config.iterations and not any(
            interrupt.abandoned for interrupt in self._interrupts
        )
        self.interrupted = signal_number != 0 and not is_complete
        if not trainer.is_global_zero:
            return scores
        export(self.directory.path, module, self.config, data)
        if self.interrupted:
            self.signal = signal_number
            reason = f"stopped by {Signals(signal_number).name}"
            self.directory.write_status("preempted", reason=reason, **self._counts)
            print(f"saved at step {module.steps} in {self.directory.path}", file=sys.stderr)
            print(f"resume with: {resume_line(self.directory.path)}", file=sys.stderr)
            return scores
        objective = scores.get(self.config.optimized_metric)
        self.directory.write_status("finished", reason="", resume="", objective=objective, **self._counts)
        texts = [score_text(name, value, module.floor, module.weak_scores) for name, value in scores.items()]
        numbers = "  ".join(texts)
        print(f"finished in {self.directory.path}  {numbers}", file=sys.stderr)
        return scores

    def _on_process_lost(self, sentence: str) -> None:
        self._record_failure(TrainingError(sentence))

    def _record_failure(self, error: BaseException) -> None:
        if not self._is_rank_zero:
            return
        state = "preempted" if isinstance(error, KeyboardInterrupt | Interrupted) else "failed"
        is_user_facing = isinstance(error, TrainingError | UserError | KeyboardInterrupt | Interrupted)
        reason = str(error) if is_user_facing else f"{type(error).__name__}: {error}"
        with suppress(OSError):  # the disk is unavailable; the error that is raised says more
            self.directory.write_status(state, reason=reason, **self._counts)
