from ganlab.loggers.csv import CSV
from ganlab.loggers.display import close_run, log_histograms, log_image, log_summary
from ganlab.loggers.public_config import public_config
from ganlab.loggers.tensorboard import tensorboard
from ganlab.loggers.wandb import WandB

__all__ = ["CSV", "WandB", "close_run", "log_histograms", "log_image", "log_summary", "public_config", "tensorboard"]
