"""Annealed settings follow half a cosine, also if the run is interrupted."""

from typing import ClassVar

import pytest
import pytorch_lightning as pl
from support.small_runs import POINTS, assert_same, checkpoint, go, state

from ganlab.core.errors import ConfigurationError
from ganlab.runs.directory import RunDirectory
from ganlab.training.build import build_data, build_module
from ganlab.training_hooks import Anneal

ANNEALED = [
    *POINTS, "callback=[checkpoint,status_file]", "training_hook=[anneal]", "regularizer=[r1]", "ema.ramp_up=0",
    "training_hook.anneal.samples=32", "training_hook.anneal.weights={r1: [4, 2]}",
    "training_hook.anneal.beta2=[0.9, 0.99]",
    "training_hook.anneal.half_life_samples=[0, 100]", "callback.record._target_=test_anneal.Record",
]  # fmt: skip


class Record(pl.Callback):
    """Records the annealed settings of every step."""

    values: ClassVar[list] = []

    def on_train_batch_end(self, trainer, module, *args):
        betas = {group["betas"] for optimizer in trainer.optimizers for group in optimizer.param_groups}
        Record.values.append((module.game.terms()["r1"].weight, betas, module.ema.half_life_samples))


@pytest.fixture(autouse=True)
def _record(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "test_anneal")
    Record.values.clear()


def test_half_a_cosine_and_then_the_last_value(tmp_path):
    go(tmp_path, *ANNEALED)  # 8 samples per step
    weights, betas, half_lives = zip(*Record.values, strict=True)
    shares = [1, 0.853553, 0.5, 0.146447, 0, 0]  # (1 + cos(π t)) / 2 at t = 0, 1/4, …
    assert weights == pytest.approx([2 + 2 * share for share in shares], abs=1e-5)
    assert [len(step_betas) for step_betas in betas] == [1] * 6
    assert [beta2 for ((_, beta2),) in betas] == pytest.approx([0.99 - 0.09 * share for share in shares], abs=1e-6)
    assert half_lives == pytest.approx([100 - 100 * share for share in shares], abs=1e-4)


def test_an_interrupted_run_is_resumed_exactly(tmp_path):
    go(tmp_path / "whole", *ANNEALED)
    go(tmp_path / "cut", *ANNEALED, "iterations=3")
    go(tmp_path / "cut", *ANNEALED)
    assert_same(state(tmp_path / "whole"), state(tmp_path / "cut"))


def test_a_checkpoint_restores_the_annealed_weight(tmp_path):
    go(tmp_path, *ANNEALED)
    run = RunDirectory(tmp_path).read_config("")
    module = build_module(run, build_data(run))
    assert module.game.terms()["r1"].weight == 10
    module.on_load_checkpoint(checkpoint(tmp_path))
    assert module.game.terms()["r1"].weight == 2


def test_settings_that_the_run_does_not_have_are_configuration_errors(tmp_path):
    with pytest.raises(ConfigurationError, match="names 'r2', and this run's regularizers are r1"):
        go(tmp_path, *ANNEALED, "training_hook.anneal.weights={r2: [4, 2]}")
    with pytest.raises(ConfigurationError, match="beta2 is Adam's, and this run has another optimizer"):
        go(tmp_path / "rmsprop", *ANNEALED, "optimizer=rmsprop")
    with pytest.raises(ConfigurationError, match="needs an average of weights; use ema=half_life"):
        go(tmp_path / "live", *[line for line in ANNEALED if line != "ema.ramp_up=0"], "ema=none")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"samples": 0}, "samples must be at least 1, got 0"),
        ({"samples": 1, "weights": {"r1": [1]}}, r"weights.r1 must be a pair \[first, last\], got \[1\]"),
        ({"samples": 1, "beta2": [1, 2, 3]}, r"beta2 must be a pair \[first, last\], got \[1, 2, 3\]"),
    ],
)
def test_invalid_settings_are_rejected(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        Anneal(**settings)
