"""The Trainer of a run, with its callbacks and loggers and with ganlab's fixed settings."""

import logging
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from ganlab.config.targets import ALLOW_VARIABLE, allowed, instantiate
from ganlab.core.errors import UserError
from ganlab.engine.checkpoints import AtomicCheckpointIO
from ganlab.engine.distributed.trainer_arguments import build_arguments
from ganlab.engine.profiler import NoProfiler
from ganlab.loggers import CSV, public_config


def build_callbacks(config: DictConfig) -> list[pl.Callback]:
    """Build the training hooks, then the callbacks, each in their order, so callbacks see the changes of the hooks."""
    return [instantiate(node) for node in (*config.training_hook.values(), *config.callback.values())]


def build_loggers(config: DictConfig, directory: Path) -> list[Logger]:
    """Build the configured loggers, and CSV in any case, and log the configuration without secrets to each."""
    path = str(directory)
    loggers: list[Logger] = [instantiate(node)(path) for node in config.logger.values()]
    if not any(isinstance(logger, CSV) for logger in loggers):
        loggers.insert(0, CSV(path))
    hyperparameters = public_config(config)
    for logger in loggers:
        logger.log_hyperparams(hyperparameters)
    return loggers


def build_trainer(
    config: DictConfig,
    directory: Path,
    callbacks: Sequence[pl.Callback],
    loggers: Sequence[Logger],
    on_process_lost: Callable[[str], object],
) -> pl.Trainer:
    """Build the Trainer; raises UserError for settings that Lightning rejects.

    `on_process_lost` records the reason before this process is killed because another one is lost.
    """
    settings: dict[str, Any] = OmegaConf.to_container(config.trainer, resolve=True)  # type: ignore[assignment]
    silence_lightning()
    torch.set_float32_matmul_precision(config.matmul_precision)
    settings |= build_arguments(settings, {ALLOW_VARIABLE: allowed()}, on_process_lost)
    settings["plugins"].append(AtomicCheckpointIO())
    settings.setdefault("profiler", NoProfiler())
    try:
        return pl.Trainer(
            max_epochs=1,
            logger=list(loggers),
            callbacks=list(callbacks),
            default_root_dir=str(directory),
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
            **settings,
        )
    except (ValueError, TypeError, MisconfigurationException) as error:  # with Lightning's message
        raise UserError(f"trainer: {error}") from error


def silence_lightning() -> None:
    """Suppress Lightning's messages about settings that ganlab fixes."""
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    for message in (
        ".*does not have many workers.*",
        ".*in eval mode at the start of training.*",
        ".*smaller than the logging interval.*",
        ".*`isinstance\\(treespec, LeafSpec\\)`.*",
        ".*srun.*",
    ):
        warnings.filterwarnings("ignore", message)
