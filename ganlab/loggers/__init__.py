from ganlab.loggers.csv import CSV
from ganlab.loggers.dashboards import tensorboard, wandb

__all__ = ["CSV", "tensorboard", "wandb"]
