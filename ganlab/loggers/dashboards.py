"""Lightning's own loggers, told where the run is; their packages are imported only when asked for."""

import os
from pathlib import Path

from pytorch_lightning.loggers import Logger, WandbLogger


def tensorboard(save_dir: str) -> Logger:
    """Write TensorBoard events into the run directory."""
    from pytorch_lightning.loggers import TensorBoardLogger

    return TensorBoardLogger(save_dir, name="", version="")


def wandb(
    save_dir: str,
    project: str = "ganlab",
    name: str | None = None,
    offline: bool = False,
    group: str | None = None,
    tags: list[str] | None = None,
) -> Logger:
    """Log to Weights & Biases; offline where asked for, or where there is neither an account nor a setting of W&B's."""
    import wandb as package

    if not offline and "WANDB_MODE" not in os.environ and not package.api.api_key:
        offline = True
    # Lightning's own `offline` would set WANDB_MODE for every later run of the process.
    mode = "offline" if offline else None
    Path(save_dir).mkdir(parents=True, exist_ok=True)
    settings = package.Settings(console="off", silent=True)
    return _Wandb(
        save_dir=save_dir, project=project, name=name, mode=mode, group=group, tags=tags or [], settings=settings
    )


class _Wandb(WandbLogger):
    """Ends its run with the training, for the next one of the process would else be logged into it."""

    def finalize(self, status: str) -> None:
        super().finalize(status)
        if self._experiment is not None:
            self._experiment.finish(exit_code=0 if status == "success" else 1)
