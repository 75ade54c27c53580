import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from ganlab.core.interfaces import Batch
from ganlab.data import DataModule, Digits, ImageFolder, Stream, normalize
from ganlab.data.stream import Workers

STEPS = 12


class Recorder(pl.LightningModule):
    """Counts steps and remembers what it saw; saves a checkpoint and dies at the step `killed_at`."""

    def __init__(self, folder: Path, killed_at: int = -1) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.network, self.steps, self.seen = nn.Linear(1, 1), 0, []
        self.folder, self.killed_at = folder, killed_at

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), 0.1)

    def training_step(self, batch: Batch, batch_idx: int) -> None:
        self.seen.append(batch)
        self.optimizers().step()
        self.steps += 1

    def on_train_batch_end(self, *_: object) -> None:
        if self.steps == self.killed_at:
            self.trainer.save_checkpoint(self.folder / "last.ckpt")
            raise RuntimeError("killed")

    def on_save_checkpoint(self, checkpoint: dict) -> None:
        checkpoint["steps"] = self.steps

    def on_load_checkpoint(self, checkpoint: dict) -> None:
        self.steps = checkpoint["steps"]


def fit(module: Recorder, checkpoint: Path | None = None) -> list[Batch]:
    data = DataModule(Digits(resolution=8, labels=True, flip=True, limit=50), 20, STEPS, seed=0)
    trainer = pl.Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=module.folder,
    )
    trainer.fit(module, datamodule=data, ckpt_path=checkpoint)
    return module.seen


@pytest.mark.filterwarnings("ignore:.*srun.*", "ignore:.*isinstance.treespec, LeafSpec.*")  # Lightning's own
def test_lightning_sees_each_step_once_even_when_killed_in_the_middle_of_an_epoch(tmp_path: Path) -> None:
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    whole = fit(Recorder(tmp_path))
    stream = Stream(Digits(resolution=8, labels=True, flip=True, limit=50), 20, STEPS, seed=0)
    assert len(whole) == STEPS
    for seen, expected in zip(whole, map(normalize, stream), strict=True):
        assert type(seen) is Batch
        assert seen.sample.equal(expected.sample)
        assert seen.cond.equal(expected.cond)

    killed = Recorder(tmp_path, killed_at=5)
    with pytest.raises(RuntimeError, match="killed"):
        fit(killed)
    rest = fit(Recorder(tmp_path), tmp_path / "last.ckpt")
    assert len(killed.seen + rest) == STEPS
    assert all(x.sample.equal(y.sample) for x, y in zip(whole, killed.seen + rest, strict=True))


def test_images_reach_the_networks_as_floats_from_minus_one_to_one_and_labels_as_they_are() -> None:
    labels = torch.tensor([3, 4])
    batch = normalize(Batch(torch.tensor([[0, 255], [51, 204]], dtype=torch.uint8), labels))
    torch.testing.assert_close(batch.sample, torch.tensor([[-1.0, 1.0], [-0.6, 0.6]]))
    assert batch.cond is labels
    points = torch.randn(3, 2)
    assert normalize(Batch(points)).sample is points


def test_the_datamodule_gives_reals_in_network_coordinates() -> None:
    data = DataModule(Digits(resolution=8), 20, STEPS, seed=0)
    reals = torch.cat([batch.sample for batch in data.reals(100, split="validation")])
    assert reals.shape == (100, 1, 8, 8)
    assert (reals.dtype, float(reals.min()), float(reals.max())) == (torch.float32, -1.0, 1.0)


def test_workers_serve_only_images_that_stay_on_disk(save_image, tmp_path: Path) -> None:
    save_image("x.png")
    kinds = []
    for limit, workers in ((0, 2), (0, 0), (9, 2)):
        images = ImageFolder(str(tmp_path / "images"), 8, validation=0, test=0, memory_limit_mib=limit)
        data = DataModule(images, 4, STEPS, seed=0, workers=workers)
        place = {"lightning_module": SimpleNamespace(steps=3), "global_rank": 1, "world_size": 2}
        data.trainer = SimpleNamespace(**place)  # type: ignore[assignment]
        loader = data.train_dataloader()
        kinds.append(type(loader))
        stream = loader.stream if type(loader) is Workers else loader
        assert (stream.steps, stream.rank, stream.world) == (range(3, STEPS), 1, 2)
    assert kinds == [Workers, Stream, Stream]


@pytest.mark.parametrize(("name", "least"), [("batch_size", 1), ("iterations", 0), ("workers", 0)])
def test_counts_below_their_bound_are_refused(name: str, least: int) -> None:
    counts = {"batch_size": 4, "iterations": 1, "workers": 0, name: least - 1}
    with pytest.raises(ValueError, match=f"{name} must be at least {least}, got {least - 1}"):
        DataModule(Digits(resolution=8), seed=0, **counts)
