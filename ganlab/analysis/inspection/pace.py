"""How long a step of the composed experiment takes on this machine, measured by a few real ones."""

import warnings
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, final

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig

from ganlab.core.progress import format_duration
from ganlab.data import DataModule, DataSet
from ganlab.training.build import build_module
from ganlab.training.trainer import build_trainer, silence_lightning

WARM_UP = 2  # steps that are not counted


@final
class _StepTimes(pl.Callback):
    """Notes when each step ends."""

    def __init__(self) -> None:
        self.ends = list[float]()

    def on_train_batch_end(self, *arguments: Any, **more: Any) -> None:
        """Wait for the device, and note the time."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.ends.append(perf_counter())


def measure_pace(config: DictConfig, data: DataSet, steps: int) -> float | None:
    """Return the median seconds of `steps` training steps, None if there are none or the experiment cannot be trained.

    Nothing is written or logged, and the networks are thrown away.
    """
    if not steps or config.trainer.get("devices", 1) not in (1, "auto", [0]):
        return None
    times, count = _StepTimes(), steps + WARM_UP
    try:
        with TemporaryDirectory() as folder, warnings.catch_warnings():
            silence_lightning()
            trainer = build_trainer(config, Path(folder), [times], [], lambda sentence: None)
            datamodule = DataModule(data, config.batch_size, count, config.seed, config.workers)
            trainer.fit(build_module(config, data), datamodule)
    except Exception:  # the report is worth having without a time, whatever the networks raise
        return None
    lengths = [end - start for start, end in zip(times.ends[WARM_UP - 1 :], times.ends[WARM_UP:], strict=False)]
    return median(lengths) if lengths else None


def pace_text(config: DictConfig, seconds: float) -> str:
    """Return a line with the time of a step and of the run as it is configured."""
    run = format_duration(seconds * config.iterations)
    return (
        f"time here: {seconds:.3g} s per step of {config.batch_size} images, so iterations={config.iterations} take "
        f"about {run} without scores (of {config.name} as it is configured, on {_device()})"
    )


def _device() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "the CPU"
