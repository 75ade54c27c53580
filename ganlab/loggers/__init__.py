from ganlab.loggers.csv import CSV
from ganlab.loggers.display import end, show_histograms, show_picture, summarise
from ganlab.loggers.public import public
from ganlab.loggers.tensorboard import tensorboard
from ganlab.loggers.wandb import WandB

__all__ = ["CSV", "WandB", "end", "public", "show_histograms", "show_picture", "summarise", "tensorboard"]
