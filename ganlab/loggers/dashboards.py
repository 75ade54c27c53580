"""Lightning's own loggers, told where the run is; their packages are imported only when asked for."""

import os
from pathlib import Path

from pytorch_lightning.loggers import Logger


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
    from pytorch_lightning.loggers import WandbLogger

    mode = os.environ.get("WANDB_MODE")
    if mode is None and not offline and not package.api.api_key:
        offline = True
    Path(save_dir).mkdir(parents=True, exist_ok=True)
    settings = package.Settings(console="off", silent=True)
    return WandbLogger(
        save_dir=save_dir, project=project, name=name, offline=offline, group=group, tags=tags or [], settings=settings
    )
