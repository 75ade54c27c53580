from dataclasses import replace
from pathlib import Path

import pytorch_lightning as pl
import torch
from torch import Tensor

from ganlab.callbacks.feature_space import FeatureFactory, build_features
from ganlab.callbacks.periodic import Periodic
from ganlab.core.errors import UserError
from ganlab.data import DataSet
from ganlab.data.condition_source import build_sampler
from ganlab.engine.module import GANModule
from ganlab.engine.trainer_access import data_of
from ganlab.features import Cache
from ganlab.kinds import Sheet
from ganlab.kinds.picture_file import save_picture
from ganlab.loggers import log_image
from ganlab.metrics import AllValues, Evaluator, Processes
from ganlab.metrics.copies import Spacing, copy_distance, mean_spacing
from ganlab.metrics.nearest import nearest
from ganlab.metrics.scoring.scoring import generated_samples, real_samples
from ganlab.protocols import Protocol

COLUMNS = 8  # pairs in a row
STATISTICS = [AllValues("features"), Spacing()]  # of the training samples


class Copies(Periodic):
    """Draws the generated samples that are closest to training samples, each above its nearest one, in samples/.

    The closest `count` of `samples` samples of the EMA generator, from the same latents at every step, are shown, the
    closest first, in whole rows. Below each is its distance in the feature space, divided by the mean distance from
    training samples to the nearest other one, and the word copy if the metric `copies` with this `quantile` counts it
    as one. The randomness and weights of training are not changed. The features of the training samples are computed
    once and kept. Raises ValueError for a number that is out of range, and UserError for data other than images.
    """

    shows_weights = True

    def __init__(
        self,
        features: FeatureFactory,
        protocol: Protocol,
        every: int = 0,
        samples: int = 512,
        count: int = 32,
        quantile: float = 0.05,
    ) -> None:
        super().__init__(every)
        if not 1 <= count <= samples:
            raise ValueError(f"count must be at least 1 and at most samples={samples}, got {count}")
        if not 0 < quantile < 1:
            raise ValueError(f"quantile must be above 0 and below 1, got {quantile}")
        self.build_features, self.count, self.quantile = features, count, quantile
        self.protocol = replace(protocol.selection(), samples=samples)

    def setup(self, trainer: pl.Trainer, module: GANModule, stage: str) -> None:  # type: ignore[override]
        """Build the feature network; raises UserError for data whose sheets have no captions."""
        data = data_of(trainer)
        if not data.kind.shows_captions:
            raise UserError(
                f"callback=copies shows pairs of images, and this data has {data.kind.plural}; remove copies from "
                "callback, and use metric=copies, which scores all kinds of data"
            )
        self.evaluator = Evaluator(
            build_features(trainer, self.build_features, data),
            {},
            {"train": real_samples(data, "train", self.protocol)},
            self.protocol.batch_size,
            Cache(),
            Processes(trainer.global_rank, trainer.world_size, trainer.strategy.broadcast),
        )

    def on_fit_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Compute the features of the training samples; raises UserError if they all are equal."""
        self.evaluator.features.to(module.device)
        try:
            training = self.evaluator.reference_statistics("train", STATISTICS)
            if trainer.is_global_zero:
                mean_spacing(training[Spacing()]["distances"])
        except ValueError as error:
            raise UserError(f"callback.copies: {error}; remove copies from callback") from error

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Write one sheet."""
        if not trainer.is_global_zero:
            return
        data = data_of(trainer)
        with module.clock.paused(module.device):
            picture = data.draw_sheet(self._sheet(module, data))
            save_picture(picture, Path(trainer.default_root_dir) / "samples" / f"{module.steps:08}_copies.png")
            for logger in trainer.loggers:
                log_image(logger, "copies", picture, module.steps)

    def _sheet(self, module: GANModule, data: DataSet) -> Sheet:
        training = self.evaluator.reference_statistics("train", STATISTICS)
        table, spacing = training.rows("features"), training[Spacing()]["distances"]
        samples, distances, indices = self._search(module, data, table)
        columns = min(COLUMNS, self.count)
        order = distances.argsort(stable=True)[: self.count // columns * columns]
        used, places = indices[order].unique(return_inverse=True)
        pairs = torch.stack([samples[order], self.evaluator.references["train"].select(used)[places]])
        rows = pairs.unflatten(1, (-1, columns)).transpose(0, 1).flatten(0, 2)
        threshold, unit = copy_distance(spacing, self.quantile), mean_spacing(spacing)
        captions = [f"{value / unit:.2f}" + " copy" * (value <= threshold) for value in distances[order].tolist()]
        share = float((distances <= threshold).double().mean())
        return Sheet(
            rows.float() / 127.5 - 1,
            noun="",
            title=f"step {module.steps:,}",
            columns=columns,
            notes=(
                f"the closest {len(order)} of {len(distances):,} generated samples",
                "below each its nearest training sample",
                "1 is the mean of training samples",
                f"copies {share:.1%}, real {self.quantile:.1%}",
            ),
            captions=_above_empty_rows(captions, columns),
        )

    def _search(self, module: GANModule, data: DataSet, table: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return generated samples, their distances to the nearest training samples, and the indices of those."""
        sampler = build_sampler(module.game, module.ema.network, data, self.protocol.split)
        generated = generated_samples(sampler, data, self.protocol, self.protocol.seed)
        alone = Evaluator(self.evaluator.features.to(module.device), {}, {}, self.protocol.batch_size)
        samples, features = [], []
        try:
            for batch, _ in alone.extract_features(generated):
                assert batch.samples is not None
                samples.append(batch.samples.cpu())
                features.append(batch.features.cpu())
        except ValueError as error:
            raise UserError(f"the sheet of copies of step {module.steps}: {error}") from error
        return torch.cat(samples), *nearest(torch.cat(features), table)


def _above_empty_rows(captions: list[str], columns: int) -> list[str]:
    """Return the captions with a row of empty ones, of the training samples, after each row of `columns`."""
    rows = [captions[start : start + columns] for start in range(0, len(captions), columns)]
    return [text for row in rows for text in (*row, *[""] * columns)]
