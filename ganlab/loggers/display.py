"""Logging of images, histograms and summary values; a logger that does not support one of them ignores it."""

from collections.abc import Iterator, Mapping
from functools import singledispatch

from PIL import Image
from pytorch_lightning.loggers import Logger
from torch import Tensor


@singledispatch
def log_image(logger: Logger, name: str, image: Image.Image, step: int) -> None:
    """Log an image of a step; `name` is the same at every step."""


@singledispatch
def log_histograms(logger: Logger, values: Mapping[str, Tensor], step: int) -> None:
    """Log a histogram for each tensor; only loggers that support histograms copy the tensors to the CPU."""


@singledispatch
def log_summary(logger: Logger, values: Mapping[str, float]) -> None:
    """Log values of the whole run, such as its best score; they replace earlier values of the same name."""


@singledispatch
def close_run(logger: Logger) -> None:
    """Close a run after status.json and all other files of its directory have been written."""


def finite_values(values: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Yield the finite values of each tensor as a row of floats on the CPU, except for tensors without any."""
    for name, tensor in values.items():
        row = tensor.detach().float().flatten()
        finite = row[row.isfinite()].cpu()
        if len(finite):
            yield name, finite
