"""One run from its configuration to its scores: directory, parts, Trainer, and what is written at the end."""

import logging
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.utilities.exceptions import MisconfigurationException
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from ganlab.callbacks import Interrupt
from ganlab.checkpoints import AtomicCheckpointIO
from ganlab.config import instantiate
from ganlab.data import DataModule, DataSet
from ganlab.errors import TrainingError, UserError
from ganlab.export import export
from ganlab.loggers import CSV
from ganlab.module import GANModule
from ganlab.random import derive
from ganlab.run_directory import RunDirectory, new_directory

# Processes that Lightning starts for one run find its directory here.
RUN_VARIABLE = "GANLAB_RUN_DIR"


class Run:
    """A run in its directory, new or to be continued."""

    def __init__(self, config: DictConfig) -> None:
        self.config = config
        given = os.environ.get(RUN_VARIABLE) or config.run_dir
        self.directory = RunDirectory(Path(given) if given else new_directory(config.name))
        self.interrupted = False

    def go(self) -> dict[str, float]:
        """Train to the end and return the final scores."""
        if not torch.cuda.is_available():
            # A CUDA build of torch looks for the driver at every optimizer step, unless it is told that there is none.
            os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
        self.directory.write_config(self.config)
        if self._is_finished():
            print(f"{self.directory.path} is already finished; raise iterations to train on", file=sys.stderr)
            return self.directory.scores()
        os.environ[RUN_VARIABLE] = str(self.directory.path.resolve())
        done: dict[str, int] = {}
        try:
            trainer = self._trainer()
            data = build_data(self.config)
            module = build_module(self.config, data)
            try:
                self._fit(trainer, module, data)
            finally:
                done = {"step": module.steps, "samples": module.samples}
        except BaseException as error:
            self._failed(error, done)
            raise
        finally:
            os.environ.pop(RUN_VARIABLE, None)
        return self._finish(trainer, module, data)

    def _is_finished(self) -> bool:
        status = self.directory.status()
        return status.get("state") == "finished" and status["step"] >= self.config.iterations

    def _fit(self, trainer: pl.Trainer, module: GANModule, data: DataSet) -> None:
        config = self.config
        datamodule = DataModule(data, config.batch_size, config.iterations, config.seed, config.workers)
        checkpoint = self.directory.checkpoint if self.directory.checkpoint.exists() else None
        print(f"{'continuing' if checkpoint else 'training'} in {self.directory.path}", file=sys.stderr)
        with warnings.catch_warnings():
            _silence_lightning()
            trainer.fit(module, datamodule, ckpt_path=checkpoint and str(checkpoint), weights_only=True)

    def _trainer(self) -> pl.Trainer:
        config = self.config
        settings: dict[str, Any] = OmegaConf.to_container(config.trainer, resolve=True)  # type: ignore[assignment]
        path = str(self.directory.path)
        loggers = [instantiate(node)(path) for node in config.logger.values()]
        if not any(isinstance(logger, CSV) for logger in loggers):
            loggers.insert(0, CSV(path))
        _silence_lightning()
        torch.set_float32_matmul_precision(config.matmul_precision)
        callbacks = [instantiate(node) for node in config.callback.values()]
        try:
            return pl.Trainer(
                max_epochs=1,
                logger=loggers,
                callbacks=callbacks,
                default_root_dir=path,
                plugins=[AtomicCheckpointIO()],
                enable_checkpointing=False,
                enable_progress_bar=False,
                enable_model_summary=False,
                num_sanity_val_steps=0,
                use_distributed_sampler=False,
                **settings,
            )
        except (ValueError, TypeError, MisconfigurationException) as error:  # in Lightning's words
            raise UserError(f"trainer: {error}") from error

    def _finish(self, trainer: pl.Trainer, module: GANModule, data: DataSet) -> dict[str, float]:
        scores = module.scores
        self.interrupted = any(isinstance(each, Interrupt) and each.requested for each in trainer.callbacks)  # type: ignore[attr-defined]
        if not trainer.is_global_zero:
            return scores
        export(self.directory.path, module, self.config, data.spec, data.scale)
        done = {"step": module.steps, "samples": module.samples}
        if self.interrupted:
            self.directory.write_status("preempted", reason="interrupted by the user", **done)
            print(f"saved at step {module.steps} in {self.directory.path}", file=sys.stderr)
            return scores
        objective = scores.get(self.config.optimized_metric)
        self.directory.write_status("finished", reason="", objective=objective, **done)
        numbers = "  ".join(f"{name} {value:.4g}" for name, value in scores.items())
        print(f"finished in {self.directory.path}  {numbers}", file=sys.stderr)
        return scores

    @rank_zero_only
    def _failed(self, error: BaseException, done: dict[str, int]) -> None:
        told = isinstance(error, TrainingError | UserError)
        self.directory.write_status("failed", reason=str(error) if told else f"{type(error).__name__}: {error}", **done)


def build_module(config: DictConfig, data: DataSet) -> GANModule:
    """Build game and module; the first weights follow from the seed alone."""
    torch.manual_seed(derive(config.seed, "weights"))
    game = instantiate(config.game)(data.spec)
    if config.channels_last:
        game = game.to(memory_format=torch.channels_last)
    module = GANModule(
        game=game,
        optimizers={player: instantiate(node) for player, node in config.optimizer.items()},
        schedule=instantiate(config.schedule),
        ema=instantiate(config.ema),
        lr_schedule=instantiate(config.lr_schedule),
        iterations=config.iterations,
        seed=config.seed,
        microbatches=config.microbatches,
        gradient_clip_norm=config.gradient_clip_norm,
        observe_every=config.log_every,
    )
    for player in config.compile:
        game.players()[player].compile()  # in place, after the EMA's copy: the names of weights stay
    return module


def build_data(config: DictConfig) -> DataSet:
    """Read the data set; raises UserError where it cannot be."""
    try:
        data: DataSet = instantiate(config.data)
    except Exception as error:
        cause = error.__cause__ or error
        if isinstance(cause, ValueError | OSError):
            raise UserError(f"data: {cause}") from error
        raise
    return data


def _silence_lightning() -> None:
    """Leave out what Lightning says of settings that are ours to choose."""
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    for message in (
        ".*does not have many workers.*",
        ".*in eval mode at the start of training.*",
        ".*smaller than the logging interval.*",
        ".*`isinstance\\(treespec, LeafSpec\\)`.*",
        ".*srun.*",
    ):
        warnings.filterwarnings("ignore", message)
