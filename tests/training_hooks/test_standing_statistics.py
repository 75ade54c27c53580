import sys
from types import SimpleNamespace
from typing import ClassVar

import pytest
import torch
from support.small_runs import POINTS, QUIET, assert_same, go, state
from torch import nn

import ganlab
from ganlab.callbacks.periodic import Periodic
from ganlab.training_hooks import StandingStatistics

RUN = [
    *QUIET,
    "data=digits",
    "data.resolution=16",
    "data.labels=true",
    "regularizer=[]",
    "latent.size=6",
    "batch_size=8",
]
RUN += ["generator=biggan", "generator.width=2", "discriminator=mlp", "discriminator.widths=[8]", "iterations=4"]
STANDING = [
    "callback=[checkpoint,status_file]",
    "training_hook=[standing_statistics]",
    "training_hook.standing_statistics.batches=3",
]


def test_the_ema_generator_has_statistics_of_its_own_weights(tmp_path):
    go(tmp_path / "run", *RUN, *STANDING, "training_hook.standing_statistics.size=32")
    network = ganlab.load(tmp_path / "run").network
    (first, *_), latents = network.pieces, torch.randn(5000, 6)
    norm = network.blocks[0].first_norm.norm
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.num_batches_tracked == 3
    with torch.no_grad():
        values = network.project(latents[:, :first])
    torch.testing.assert_close(norm.running_mean, values.mean((0, 2, 3)), atol=0.2, rtol=0.1)
    torch.testing.assert_close(norm.running_var, values.var((0, 2, 3)), atol=0.1, rtol=0.4)


class Record(Periodic):
    """Records from how many batches the EMA generator's statistics are."""

    shows_weights = True
    values: ClassVar[list[tuple[int, int]]] = []

    def act(self, trainer, module):
        norm = module.ema.network.blocks[0].first_norm.norm
        self.values.append((module.steps, int(norm.num_batches_tracked)))


def test_callbacks_that_show_the_weights_find_the_statistics(tmp_path, monkeypatch):
    monkeypatch.setattr(Record, "values", [])
    monkeypatch.setitem(sys.modules, "record", SimpleNamespace(Record=Record, __name__="record"))
    monkeypatch.setattr(Record, "__module__", "record")
    monkeypatch.setenv("GANLAB_ALLOW", "record")
    go(tmp_path / "run", *RUN, *STANDING, "callback.record._target_=record.Record", "callback.record.every=3")
    assert Record.values == [(3, 3), (4, 3)]


def test_training_is_the_same_as_without(tmp_path):
    go(tmp_path / "with", *RUN, *STANDING, "training_hook.standing_statistics.every=2")
    go(tmp_path / "without", *RUN, "callback=[checkpoint,status_file]")
    first, second = (
        {k: v for k, v in state(tmp_path / name).items() if ".ema." not in k} for name in ("with", "without")
    )
    assert_same(first, second)


def test_a_training_hook_that_changes_nothing_is_reported(tmp_path, caplog):
    go(tmp_path, *POINTS, "training_hook=[standing_statistics,anneal]", "iterations=1")
    assert "standing_statistics changes nothing: this generator has no batch norm" in caplog.text
    assert "anneal changes nothing: set its weights, beta2 or half_life_samples" in caplog.text


@pytest.mark.parametrize("name", ["batches", "size"])
def test_numbers_below_one_are_rejected(name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        StandingStatistics(**{name: 0})
