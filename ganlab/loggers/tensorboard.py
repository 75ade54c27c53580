"""Lightning's TensorBoard logger, told where the run is."""

import numpy as np
from PIL import Image
from pytorch_lightning.loggers import TensorBoardLogger
from torch import Tensor

from ganlab.loggers.display import finite, show_histogram, show_picture


def tensorboard(save_dir: str) -> TensorBoardLogger:
    """Write TensorBoard events into the run directory."""
    return TensorBoardLogger(save_dir, name="", version="", default_hp_metric=False)


@show_picture.register
def _(logger: TensorBoardLogger, name: str, picture: Image.Image, step: int) -> None:
    logger.experiment.add_image(name, np.asarray(picture.convert("RGB")), step, dataformats="HWC")


@show_histogram.register
def _(logger: TensorBoardLogger, name: str, values: Tensor, step: int) -> None:
    if len(kept := finite(values)):
        logger.experiment.add_histogram(name, kept, step)
