import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from ganlab.core.interfaces import Batch
from ganlab.data import DataModule, Digits, ImageFolder, Stream, normalize
from ganlab.data.stream import WorkerLoader

STEPS = 12


class Recorder(pl.LightningModule):
    """Records its batches; at step `killed_at` it saves a checkpoint and raises RuntimeError."""

    def __init__(self, folder: Path, killed_at: int = -1) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.network, self.steps, self.batches = nn.Linear(1, 1), 0, []
        self.folder, self.killed_at = folder, killed_at

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), 0.1)

    def training_step(self, batch: Batch, batch_idx: int) -> None:
        self.batches.append(batch)
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
    return module.batches


@pytest.mark.filterwarnings("ignore:.*srun.*", "ignore:.*isinstance.treespec, LeafSpec.*")  # from Lightning itself
def test_lightning_gets_each_step_once_even_if_killed_within_an_epoch(tmp_path: Path) -> None:
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    whole = fit(Recorder(tmp_path))
    stream = Stream(Digits(resolution=8, labels=True, flip=True, limit=50), 20, STEPS, seed=0)
    assert len(whole) == STEPS
    for batch, expected in zip(whole, map(normalize, stream), strict=True):
        assert type(batch) is Batch
        assert batch.sample.equal(expected.sample)
        assert batch.cond.equal(expected.cond)

    killed = Recorder(tmp_path, killed_at=5)
    with pytest.raises(RuntimeError, match="killed"):
        fit(killed)
    rest = fit(Recorder(tmp_path), tmp_path / "last.ckpt")
    assert len(killed.batches + rest) == STEPS
    assert all(x.sample.equal(y.sample) for x, y in zip(whole, killed.batches + rest, strict=True))


def test_normalize_maps_images_to_floats_in_minus_one_to_one_and_leaves_labels() -> None:
    labels = torch.tensor([3, 4])
    batch = normalize(Batch(torch.tensor([[0, 255], [51, 204]], dtype=torch.uint8), labels))
    torch.testing.assert_close(batch.sample, torch.tensor([[-1.0, 1.0], [-0.6, 0.6]]))
    assert batch.cond is labels
    points = torch.randn(3, 2)
    assert normalize(Batch(points)).sample is points


def test_the_datamodule_yields_real_samples_in_network_coordinates() -> None:
    data = DataModule(Digits(resolution=8), 20, STEPS, seed=0)
    samples = torch.cat([batch.sample for batch in data.real_samples(100, split="validation")])
    assert samples.shape == (100, 1, 8, 8)
    assert (samples.dtype, float(samples.min()), float(samples.max())) == (torch.float32, -1.0, 1.0)


def test_workers_are_used_only_for_images_that_stay_on_disk(save_image, tmp_path: Path) -> None:
    save_image("x.png")
    kinds = []
    for limit, workers in ((0, 2), (0, 0), (9, 2)):
        images = ImageFolder(str(tmp_path / "images"), 8, validation=0, test=0, memory_limit_mib=limit)
        data = DataModule(images, 4, STEPS, seed=0, workers=workers)
        module = SimpleNamespace(steps=3)
        data.trainer = SimpleNamespace(lightning_module=module, global_rank=1, world_size=2)  # type: ignore[assignment]
        loader = data.train_dataloader()
        kinds.append(type(loader))
        stream = loader.stream if type(loader) is WorkerLoader else loader
        assert (stream.steps, stream.rank, stream.world) == (range(3, STEPS), 1, 2)
    assert kinds == [WorkerLoader, Stream, Stream]


@pytest.mark.parametrize(("name", "minimum"), [("batch_size", 1), ("iterations", 0), ("workers", 0)])
def test_counts_below_their_bound_are_refused(name: str, minimum: int) -> None:
    counts = {"batch_size": 4, "iterations": 1, "workers": 0, name: minimum - 1}
    with pytest.raises(ValueError, match=f"{name} must be at least {minimum}, got {minimum - 1}"):
        DataModule(Digits(resolution=8), seed=0, **counts)
