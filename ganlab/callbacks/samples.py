from functools import partial
from pathlib import Path

import pytorch_lightning as pl

from ganlab.callbacks.periodic import Periodic
from ganlab.core import tree
from ganlab.core.tree import Tree
from ganlab.data import DataSet
from ganlab.data.comparison_sheet import comparison_sheet
from ganlab.data.condition_source import build_sampler
from ganlab.data.real_sheet import real_sheet, sheet_labels
from ganlab.engine.module import GANModule
from ganlab.engine.trainer_access import data_of
from ganlab.games.sampler import Sampler
from ganlab.kinds import Sheet
from ganlab.kinds.picture_file import save_picture
from ganlab.layers.labels import ignores_labels
from ganlab.loggers import log_image


class Samples(Periodic):
    """Writes sample sheets of fixed latents, as PNG files in the run directory's samples/ and to loggers with images.

    A conditional generator's samples are ordered by class, equally many of each; the outputs of a generator that
    translates or enhances samples are shown with their inputs, of held-out data if there are some. The first time, a
    sheet of as many real samples is written next to them, samples/real.png. Raises ValueError for a count below 1.
    """

    shows_weights = True

    def __init__(self, every: int = 0, count: int = 64, seed: int = 0) -> None:
        super().__init__(every)
        if count < 1:
            raise ValueError(f"count must be at least 1, got {count}")
        self.count, self.seed = count, seed

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Write one sample sheet and, if there is none yet, the sheet of real samples."""
        if not trainer.is_global_zero:
            return
        folder, data = Path(trainer.default_root_dir) / "samples", data_of(trainer)
        with module.clock.paused(module.device):
            self._write(trainer, module, data, folder / f"{module.steps:08}.png", self._generate(module, data))
            if not (folder / "real.png").exists():
                self._write(trainer, module, data, folder / "real.png", real_sheet(data, self.count, self.seed))

    def _generate(self, module: GANModule, data: DataSet) -> Sheet:
        network = module.ema.network
        sampler = build_sampler(module.game, network, data)
        if data.spec.cond:
            translate = partial(self._translate, sampler)
            return comparison_sheet(data, self.count, translate, f"step {module.steps:,}")
        labels = None if ignores_labels(network) else sheet_labels(data, self.count)
        count = self.count if labels is None else len(labels)
        samples = sampler.sample(count, self.seed, labels)
        return Sheet(samples, "generated samples", f"step {module.steps:,}", labels)

    def _translate(self, sampler: Sampler, conditions: Tree) -> Tree:
        return sampler.sample(tree.length(conditions), self.seed, conditions)

    def _write(self, trainer: pl.Trainer, module: GANModule, data: DataSet, path: Path, sheet: Sheet) -> None:
        picture = data.draw_sheet(sheet)
        save_picture(picture, path)
        for logger in trainer.loggers:
            log_image(logger, "real_sheet" if path.stem == "real" else "sheet", picture, module.steps)
