"""Lightning's TensorBoard logger, told where the run is."""

from collections.abc import Mapping

import numpy as np
from PIL import Image
from pytorch_lightning.loggers import TensorBoardLogger
from torch import Tensor

from ganlab.loggers.display import finite, show_histograms, show_picture

BINS = 64  # TensorBoard's own 1,549 take ten times as long


def tensorboard(save_dir: str) -> TensorBoardLogger:
    """Write TensorBoard events into the run directory."""
    return TensorBoardLogger(save_dir, name="", version="", default_hp_metric=False)


@show_picture.register
def _(logger: TensorBoardLogger, name: str, picture: Image.Image, step: int) -> None:
    logger.experiment.add_image(name, np.asarray(picture.convert("RGB")), step, dataformats="HWC")


@show_histograms.register
def _(logger: TensorBoardLogger, values: Mapping[str, Tensor], step: int) -> None:
    for name, kept in finite(values):
        logger.experiment.add_histogram(name, kept, step, bins=BINS)
