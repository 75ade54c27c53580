"""An unhealthy run stops, or is rolled back and continues with smaller learning rates, a limited number of times."""

import json
import signal

import pytest
import pytorch_lightning as pl
import torch
from support.killed_runs import AtFunction, train_in_process
from support.small_runs import POINTS, assert_same, checkpoint, go, rows, state

from ganlab.config import compose
from ganlab.core.errors import ConfigurationError, TrainingError, UserError
from ganlab.recovery import RollBack

CALLBACKS = "callback=[nan_monitor,collapse_monitor,metrics_logger,checkpoint,status_file,interrupt]"
POINTS = [line for line in POINTS if not line.startswith(("iterations", "checkpoint_every"))]
SETTINGS = [
    *POINTS,
    CALLBACKS,
    "iterations=12",
    "checkpoint_every=2",
    "callback.watch._target_=support.small_runs.Watch",
]
ROLL_BACK = ["recovery=roll_back"]


def fragile(at, bound):
    return ["loss=wasserstein", "loss._target_=support.small_runs.Fragile", f"+loss.at={at}", f"+loss.bound={bound}"]


@pytest.fixture(autouse=True)
def _allow(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")


def status(directory):
    return json.loads((directory / "status.json").read_text())


def test_stop_ends_the_run_with_the_alarm(tmp_path):
    with pytest.raises(
        TrainingError, match=r"^generator/adversarial became nan at step 5; the last healthy checkpoint"
    ):
        go(tmp_path, *SETTINGS, *fragile(5, 5e-4))
    assert status(tmp_path)["state"] == "failed"
    assert checkpoint(tmp_path)["ganlab"]["steps"] == 4
    assert not (tmp_path / "checkpoints" / "healthy.ckpt").exists()


@pytest.fixture
def spoiled(monkeypatch):
    """Make the generator's gradient NaN once, at step 5, although the losses are finite."""
    updates = iter([False, True])  # the discriminator's and the generator's

    def spoil(self, player):
        if self.steps == 4 and next(updates, False):
            self.weights[player][0].grad.fill_(float("nan"))

    monkeypatch.setattr("ganlab.games.player_updates.PlayerUpdates.clip_and_measure", spoil)


@pytest.mark.parametrize("lines", [["checkpoint_every=5"], ["checkpoint_every=0", "log_every=0", "iterations=5"]])
def test_infinite_weights_with_finite_losses_are_not_saved(tmp_path, spoiled, lines):
    with pytest.raises(TrainingError, match=r"^the generator's weights are no longer finite after step 5; no check"):
        go(tmp_path, *SETTINGS, *lines)
    assert status(tmp_path)["state"] == "failed"
    assert not (tmp_path / "checkpoints" / "last.ckpt").exists()


def test_infinite_weights_with_finite_losses_are_rolled_back(tmp_path, spoiled):
    go(tmp_path, *SETTINGS, *ROLL_BACK)
    final = status(tmp_path)
    assert (final["state"], final["step"]) == ("finished", 12)
    assert final["roll_backs"][0].startswith("from step 5 to step 4, ")
    assert all(value.isfinite().all() for value in state(tmp_path).values() if torch.is_tensor(value))


def test_rolled_back_once_and_healthy_with_a_smaller_rate(tmp_path, capsys):
    go(tmp_path, *SETTINGS, *fragile(5, 5e-4), *ROLL_BACK)
    printed = [line for line in capsys.readouterr().err.splitlines() if line.startswith("rolled back")]
    sentence = "from step 5 to step 4, learning rates now times 0.5: generator/adversarial became nan at step 5; "
    assert len(printed) == 1
    assert printed[0].startswith(f"rolled back {sentence}")
    final = status(tmp_path)
    assert (final["state"], final["step"], len(final["roll_backs"])) == ("finished", 12, 1)
    assert final["roll_backs"][0].startswith(sentence)
    table = rows(tmp_path)
    assert [int(row["step"]) for row in table] == list(range(1, 13))
    assert [row["roll_backs"] for row in table] == ["", "", "", "", "1", *[""] * 7]
    base = float(table[0]["generator/lr"])
    assert [float(row["generator/lr"]) for row in table] == [base] * 4 + [base / 2] * 8
    assert all(value.isfinite().all() for name, value in state(tmp_path).items() if torch.is_tensor(value))
    assert checkpoint(tmp_path)["callbacks"]["RollBack"]["factor"] == 0.5


def test_a_roll_back_equals_resuming_with_smaller_rates(tmp_path):
    # Weights, averages, optimizers, counts and randomness are those of the checkpoint; only the rate differs.
    go(tmp_path / "rolled", *SETTINGS, *fragile(5, 5e-4), *ROLL_BACK)
    go(
        tmp_path / "healthy",
        *SETTINGS,
        *fragile(99, 1),
        *ROLL_BACK,
        "callback.stop._target_=support.small_runs.Stop",
        "callback.stop.at=4",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ganlab.lr_schedules.Constant.factor", lambda self, done: 0.5)
        go(tmp_path / "healthy", *SETTINGS, *fragile(99, 1), *ROLL_BACK)
    assert_same(state(tmp_path / "rolled"), state(tmp_path / "healthy"))


def test_the_number_of_roll_backs_is_bounded(tmp_path, capsys):
    with pytest.raises(TrainingError) as caught:
        go(tmp_path, *SETTINGS, *fragile(5, 0), *ROLL_BACK, "recovery.roll_backs=2", "recovery.lr_factor=0.1")
    assert str(caught.value).startswith("generator/adversarial became nan at step ")
    assert str(caught.value).endswith("(rolled back 2 times before)")
    assert capsys.readouterr().err.count("rolled back from") == 2
    final = status(tmp_path)
    assert (final["state"], final["reason"]) == ("failed", str(caught.value))
    for sentence, factor in zip(final["roll_backs"], ("0.1", "0.01"), strict=True):
        assert f"learning rates now times {factor}: " in sentence


def test_without_a_healthy_checkpoint_the_run_starts_from_scratch(tmp_path):
    go(tmp_path, *SETTINGS, *fragile(1, 5e-4), *ROLL_BACK)
    assert status(tmp_path)["roll_backs"][0].startswith("from step 1 to step 0,")
    assert rows(tmp_path)[0]["roll_backs"] == "1"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "nth"), [("on_train_start", 8), ("accumulate", 11), ("accumulate", 15), ("accumulate", 23)]
)
def test_a_run_killed_after_a_roll_back_is_resumed_exactly(tmp_path, function, nth):
    settings = [*SETTINGS, *fragile(5, 5e-4), *ROLL_BACK]
    killer = AtFunction(function, signal.SIGKILL, nth)
    assert train_in_process(tmp_path / "cut", *settings, killer=killer) == -signal.SIGKILL
    go(tmp_path / "cut", *settings)
    go(tmp_path / "whole", *settings)
    assert_same(state(tmp_path / "cut"), state(tmp_path / "whole"))
    both = [checkpoint(tmp_path / name)["callbacks"]["RollBack"] for name in ("cut", "whole")]
    assert both[0]["factor"] == both[1]["factor"] == 0.5


def test_signals_are_handled_after_a_roll_back(tmp_path):
    stop = ["callback.stop._target_=support.small_runs.Stop", "callback.stop.at=8", "callback.stop.name=SIGTERM"]
    result = go(tmp_path, *SETTINGS, *fragile(5, 5e-4), *ROLL_BACK, *stop)
    assert (result.interrupted, result.signal, status(tmp_path)["step"]) == (True, signal.SIGTERM, 8)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"lr_factor": 1.0}, "lr_factor must be between 0 and 1, got 1.0"),
        ({"lr_factor": 0}, "lr_factor must be between 0 and 1, got 0"),
        ({"roll_backs": 0}, "roll_backs must be at least 1, got 0"),
        ({"every": -1}, "every must be at least 0, got -1"),
    ],
)
def test_bounds(setting, message):
    with pytest.raises(ValueError, match=message):
        RollBack(**setting)


def test_an_invalid_recovery_is_a_configuration_error():
    with pytest.raises(ConfigurationError, match="recovery: lr_factor must be between 0 and 1, got 2"):
        compose([*SETTINGS, *ROLL_BACK, "recovery.lr_factor=2.0"])
    with pytest.raises(ConfigurationError, match=r"recovery: ganlab\.callbacks\.StatusFile must build a Recovery"):
        compose([*SETTINGS, "recovery._target_=ganlab.callbacks.StatusFile"])


@pytest.mark.filterwarnings("ignore:.*srun.*")
def test_several_processes_are_rejected_if_their_number_depends_on_the_machine():
    trainer = pl.Trainer(
        accelerator="cpu", devices=2, logger=False, enable_checkpointing=False, enable_model_summary=False
    )
    with pytest.raises(UserError, match="recovery=roll_back needs a single process, and there are 2"):
        RollBack().setup(trainer, None, "fit")
