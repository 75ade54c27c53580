"""The configuration in every checkpoint, which identifies the run even if its config.yaml is lost or was edited."""

import logging
from typing import Any, cast, final

import pytorch_lightning as pl
from omegaconf import DictConfig, OmegaConf

from ganlab.core.errors import UserError
from ganlab.core.renamed import current_config
from ganlab.engine.checkpoints import AtomicCheckpointIO, exists
from ganlab.runs.directory import MAX_NAMED_SETTINGS, RunDirectory
from ganlab.runs.resume_compatibility import find_changes

log = logging.getLogger(__name__)
KEY = "config"  # in a checkpoint; those of earlier versions have none


@final
class ConfigRecord(pl.Callback):
    """Saves the run's configuration in its checkpoints, and compares it when one is loaded."""

    def __init__(self, config: DictConfig) -> None:
        self.config = config
        self.training_has_started = False  # in this process

    def on_train_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        """Remember it."""
        self.training_has_started = True

    def on_save_checkpoint(self, trainer: pl.Trainer, module: pl.LightningModule, checkpoint: dict[str, Any]) -> None:
        """Add the configuration in plain containers."""
        checkpoint[KEY] = OmegaConf.to_container(self.config, resolve=True)

    def on_load_checkpoint(self, trainer: pl.Trainer, module: pl.LightningModule, checkpoint: dict[str, Any]) -> None:
        """Raise UserError if the checkpoint is of a run with other settings, or of a longer one."""
        check_checkpoint(checkpoint, self.config)


def check_progress(run: RunDirectory, config: DictConfig) -> None:
    """Raise UserError if a run to be resumed has trained longer than `iterations`, or with other settings.

    The settings are those of its config.yaml, which `RunDirectory.check_config` compares; without one, the checkpoint
    is read for them.
    """
    if not exists(run.checkpoint):
        return
    status = run.status()
    if status.get("state") != "finished":
        check_steps(status.get("step", 0), config)
    if run.config.exists():
        return
    checkpoint = AtomicCheckpointIO().load_checkpoint(run.checkpoint)
    if KEY not in checkpoint:
        log.warning("%s is missing, so its settings cannot be compared with the present ones", run.config)
    check_checkpoint(checkpoint, config)


def check_checkpoint(checkpoint: dict[str, Any], config: DictConfig) -> None:
    """Raise UserError if a checkpoint was trained with other settings, or for more steps than `iterations`."""
    check_steps(checkpoint["ganlab"]["steps"], config)
    if KEY not in checkpoint:
        return
    former = cast(DictConfig, OmegaConf.create(current_config(checkpoint[KEY])))
    changes = find_changes(former, config, data_may_move=True)  # whose content is compared
    if changes:
        raise UserError(
            f"the checkpoint was trained with other settings ({'; '.join(changes[:MAX_NAMED_SETTINGS])}); choose "
            "another run_dir, or the settings it was trained with"
        )


def check_steps(steps: int, config: DictConfig) -> None:
    """Raise UserError if a run has trained more steps than `iterations`."""
    if steps > config.iterations:
        raise UserError(
            f"this run has trained {steps} steps, more than iterations={config.iterations}; give iterations={steps} or "
            "more, or choose another run_dir"
        )
