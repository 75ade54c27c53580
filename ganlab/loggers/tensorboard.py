"""Lightning's TensorBoard logger, writing into the run directory."""

from collections.abc import Mapping

import numpy as np
from PIL import Image
from pytorch_lightning.loggers import TensorBoardLogger
from torch import Tensor

from ganlab.loggers.display import finite_values, log_histograms, log_image

BINS = 64  # TensorBoard's default of 1,549 bins takes ten times as long


def tensorboard(save_dir: str) -> TensorBoardLogger:
    """Return a logger that writes TensorBoard events into the run directory."""
    return TensorBoardLogger(save_dir, name="", version="", default_hp_metric=False)


@log_image.register
def _(logger: TensorBoardLogger, name: str, image: Image.Image, step: int) -> None:
    logger.experiment.add_image(name, np.asarray(image.convert("RGB")), step, dataformats="HWC")


@log_histograms.register
def _(logger: TensorBoardLogger, values: Mapping[str, Tensor], step: int) -> None:
    for name, finite in finite_values(values):
        logger.experiment.add_histogram(name, finite, step, bins=BINS)
