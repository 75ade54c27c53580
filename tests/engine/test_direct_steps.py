"""Updates that no callback and no profiler observes bypass Lightning, and train the same weights."""

from collections import Counter

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.plugins import MixedPrecision
from pytorch_lightning.profilers import SimpleProfiler
from support import small_runs

from ganlab.engine.direct_steps import HOOKS, steps_are_direct
from ganlab.engine.profiler import NoProfiler

pytestmark = pytest.mark.filterwarnings("ignore:.*srun.*")
calls = Counter()


class Observer(pl.Callback):
    """Counts the updates that it sees."""

    def on_before_backward(self, trainer, module, loss):
        calls["on_before_backward"] += 1

    def on_after_backward(self, trainer, module):
        calls["on_after_backward"] += 1

    def on_before_optimizer_step(self, trainer, module, optimizer):
        calls["on_before_optimizer_step"] += 1


def built(*callbacks, **settings):
    return pl.Trainer(
        accelerator="cpu", devices=1, logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, callbacks=list(callbacks), **{"profiler": NoProfiler(), **settings},
    )  # fmt: skip


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_steps_are_direct_without_observers(precision):
    assert steps_are_direct(built(precision=precision))
    assert steps_are_direct(built(pl.Callback(), precision=precision))


@pytest.mark.parametrize("hook", HOOKS)
def test_a_callback_for_updates_is_called_by_lightning(hook):
    assert not steps_are_direct(built(type("One", (pl.Callback,), {hook: lambda *arguments: None})()))


def test_scaled_losses_and_measured_times_need_lightning():
    scaled = MixedPrecision("16-mixed", "cpu", torch.amp.GradScaler("cpu"))
    assert not steps_are_direct(built(plugins=[scaled]))
    assert not steps_are_direct(built(precision="64-true"))
    assert not steps_are_direct(built(profiler=SimpleProfiler()))


def test_observed_and_direct_updates_train_the_same_weights(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", __name__)
    config = [*small_runs.POINTS, "schedule.generator=2", "gradient_clip_norm=0.1"]
    small_runs.go(tmp_path / "direct", *config)
    small_runs.go(tmp_path / "observed", *config, f"callback.observer._target_={__name__}.Observer")
    assert calls == dict.fromkeys(HOOKS, 9)  # 6 updates of the discriminator and 3 of the generator
    small_runs.assert_same(small_runs.state(tmp_path / "direct"), small_runs.state(tmp_path / "observed"))
    steps = [small_runs.checkpoint(tmp_path / name)["global_step"] for name in ("direct", "observed")]
    assert steps == [9, 9]


def test_the_profiler_measures_nothing():
    profiler = NoProfiler()
    with profiler.profile("outer"), profiler.profile("inner"):
        profiler.start("step")
        profiler.stop("step")
    assert profiler.summary() == ""
