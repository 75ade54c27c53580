import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from ganlab.callbacks.periodic import Periodic
from ganlab.data import DataModule, DataSet
from ganlab.data.dataset import check_split
from ganlab.errors import UserError
from ganlab.metrics import Features, Metric, Unsuitable, quantise, score
from ganlab.module import GANModule
from ganlab.run_directory import write_json
from ganlab.sampler import Sampler

log = logging.getLogger(__name__)


class Evaluate(Periodic):
    """Scores the kept generator against real samples, and writes scores.json with the protocol of the scores.

    Fakes and reals pass through the same feature network, images rounded to uint8 alike. A metric that the feature
    space cannot serve is left out and named. Nothing here touches the randomness of training.
    """

    def __init__(
        self,
        features: Callable[[DataSet], Features],
        metrics: Mapping[str, Callable[[Features, DataSet], Metric]],
        every: int = 0,
        samples: int = 10_000,
        split: str = "validation",
        batch_size: int = 250,
        seed: int = 0,
    ) -> None:
        super().__init__(every)
        for name, value in (("samples", samples), ("batch_size", batch_size)):
            if value < 2:
                raise ValueError(f"{name} must be at least 2, got {value}")
        check_split(split)
        self.make_features, self.make_metrics = features, metrics
        self.samples, self.split, self.batch_size, self.seed = samples, split, batch_size, seed
        self.metrics: dict[str, Metric] = {}

    def setup(self, trainer: pl.Trainer, module: GANModule, stage: str) -> None:  # type: ignore[override]
        """Build the feature network and the metrics, so that what is missing is told before training."""
        if not self.make_metrics:
            return
        data = trainer.datamodule.data  # type: ignore[attr-defined]
        try:
            next(iter(data.reals(1, self.seed, self.split)))
        except ValueError as error:
            raise UserError(f"protocol.split={self.split}: {error}") from error
        with torch.random.fork_rng(devices=[]):
            for turn in (True, False):  # the first process may have to train or download the features
                if trainer.is_global_zero is turn:
                    self.features = self.make_features(data)
                trainer.strategy.barrier()
            for name, make in self.make_metrics.items():
                try:
                    self.metrics[name] = make(self.features, data)
                except Unsuitable as error:
                    log.warning("left out: %s", error)
                except ValueError as error:
                    raise UserError(f"metric.{name}: {error}") from error

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Score, log and write."""
        if not self.metrics:
            return
        scores = self._score(trainer, module)
        module.latest |= {f"score/{name}": value for name, value in scores.items()}
        for logger in trainer.loggers:
            logger.log_metrics({f"score/{name}": value for name, value in scores.items()}, step=module.steps)
        if trainer.is_global_zero:
            protocol = self.protocol(trainer.datamodule.data)  # type: ignore[attr-defined]
            digest = hashlib.sha256(json.dumps(protocol, sort_keys=True).encode()).hexdigest()
            content = {"scores": scores, "protocol": protocol, "protocol_hash": digest, "step": module.steps}
            write_json(Path(trainer.default_root_dir) / "scores.json", content)

    def protocol(self, data: DataSet) -> dict[str, Any]:
        """Return all that two scores must share to be comparable."""
        return {
            "features": self.features.describe(),
            "metrics": {name: metric.describe() for name, metric in self.metrics.items()},
            "data": data.fingerprint(),
            "split": self.split,
            "samples": self.samples,
            "batch_size": self.batch_size,
            "seed": self.seed,
            "versions": {name: version(name) for name in ("ganlab", "torch", "torchmetrics")},
        }

    def _score(self, trainer: pl.Trainer, module: GANModule) -> dict[str, float]:
        datamodule: DataModule = trainer.datamodule  # type: ignore[attr-defined]
        data, device = datamodule.data, module.device
        rank, world = trainer.global_rank, trainer.world_size
        sampler = Sampler(module.game, module.ema.network, data.spec, data.decode)
        fakes = _rebatch(sampler.stream(self.samples, self.seed, first=rank, stride=world), self.batch_size)
        reals = islice(datamodule.reals(self.samples, self.seed, self.split, self.batch_size), rank, None, world)
        return score(
            (_measured(fake) for fake in fakes),
            (_measured(data.decode(real.sample.to(device))) for real in reals),
            self.features.to(device),
            self.metrics,
        )


def _measured(samples: Tensor) -> Tensor:
    return quantise(samples) if samples.ndim == 4 else samples


def _rebatch(pieces: Iterator[Tensor], size: int) -> Iterator[Tensor]:
    held: list[Tensor] = []
    count = 0
    for piece in pieces:
        held.append(piece)
        count += len(piece)
        while count >= size:
            whole = torch.cat(held)
            yield whole[:size]
            held, count = [whole[size:]], count - size
    if count:
        yield torch.cat(held)
