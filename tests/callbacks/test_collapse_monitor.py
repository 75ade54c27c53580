"""CollapseMonitor detects a collapsed generator and an overpowering discriminator, and nothing else."""

import re
from types import SimpleNamespace

import pytest
import torch
from support.small_runs import DIGITS, NETWORKS, POINTS, assert_same, checkpoint, go, state

from ganlab.callbacks import CollapseMonitor
from ganlab.config import compose
from ganlab.core.errors import AlarmError
from ganlab.training.api import train

CALLBACKS = "callback=[nan_monitor,collapse_monitor,metrics_logger,checkpoint,status_file,interrupt]"
CHANGED = ("iterations", "log_every", "batch_size")
QUICK = ["callback.collapse_monitor.warm_up_steps=0", "log_every=2", "batch_size=32"]


def settings(base, *more):
    return [*(line for line in base if not line.startswith(CHANGED)), CALLBACKS, *QUICK, *more]


@pytest.fixture(autouse=True)
def _allow(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")


def collapsed(directory, *more):
    config = compose(settings(POINTS, "iterations=20", f"run_dir={directory}", *more))
    config.generator = {"_target_": "support.small_runs.Constant", "_partial_": True}
    train(config)


def test_a_collapsed_generator_is_an_alarm_after_the_configured_number_of_checks(tmp_path):
    with pytest.raises(AlarmError) as caught:
        collapsed(tmp_path / "three")
    assert str(caught.value).startswith(
        "the generator's samples were nearly the same at 3 checks in a row, up to step 6: their mean distance was 0 of "
        "that of real samples; no checkpoint was written before; try a regularizer such as r1"
    )
    with pytest.raises(AlarmError, match="at 5 checks in a row, up to step 10:"):
        collapsed(tmp_path / "five", "callback.collapse_monitor.patience=5")
    collapsed(tmp_path / "warm", "callback.collapse_monitor.warm_up_steps=16")
    collapsed(tmp_path / "off", "callback.collapse_monitor.diversity=0")


def game(accuracy, gradient, weight=10.0):
    """Return a module with the attributes that the monitor reads."""
    players = {"discriminator": torch.nn.Linear(1, 1), "generator": torch.nn.Linear(1, 1)}
    norms = {"discriminator/gradient_norm": 0.0, "generator/gradient_norm": gradient, "generator/weight_norm": weight}
    return SimpleNamespace(
        steps=1,
        norms={name: torch.tensor(norm) for name, norm in norms.items()},
        game=SimpleNamespace(
            sampler=players["generator"],
            players=lambda: players,
            diagnostics=lambda: {"discriminator/accuracy": torch.tensor(accuracy)},
        ),
    )


@pytest.fixture
def monitor(monkeypatch):
    monkeypatch.setattr(CollapseMonitor, "share_of_diversity", lambda *_: 1.0)
    return CollapseMonitor(every=1, warm_up_steps=0)


@pytest.fixture
def trainer(tmp_path):
    return SimpleNamespace(default_root_dir=str(tmp_path), strategy=SimpleNamespace(broadcast=lambda value: value))


def test_an_overpowering_discriminator_is_an_alarm(tmp_path):
    # A discriminator with 100 times the usual rate and the saturating loss (Goodfellow et al. 2014, section 3).
    lines = ["loss=minimax", "regularizer=[]", "optimizer.discriminator.lr=0.02", "discriminator.widths=[64]"]
    base = [line for line in DIGITS if not line.startswith("discriminator.widths")]
    with pytest.raises(AlarmError) as caught:
        go(tmp_path, *settings(base, "iterations=200", "callback.collapse_monitor.gradient=1e-3", *lines))
    assert re.match(
        r"the discriminator overpowered the generator at 3 checks in a row, up to step \d+: it classified 1 of the "
        r"samples correctly, and the generator's gradient had norm \S+, with weights of norm \S+; no checkpoint was "
        r"written before; try loss=non_saturating",
        str(caught.value),
    )


@pytest.mark.parametrize(("accuracy", "gradient"), [(1.0, 1e-4), (0.99, 1e-9), (0.5, 1.0)])
def test_neither_perfect_accuracy_nor_a_small_gradient_alone_is_an_alarm(monitor, trainer, accuracy, gradient):
    for _ in range(20):
        monitor.act(trainer, game(accuracy, gradient))
    assert monitor.healthy


def test_checks_have_to_be_in_a_row(monitor, trainer):
    for _ in range(10):
        monitor.act(trainer, game(1.0, 1e-6))
        monitor.act(trainer, game(1.0, 1e-6))
        assert not monitor.healthy
        monitor.act(trainer, game(0.8, 1.0))
        assert monitor.healthy


def test_the_counts_are_saved_in_the_checkpoint(monitor, trainer):
    monitor.act(trainer, game(1.0, 1e-6))
    monitor.act(trainer, game(1.0, 1e-6))
    other = CollapseMonitor(every=1, warm_up_steps=0)
    other.load_state_dict(monitor.state_dict())
    assert not other.healthy
    with pytest.raises(AlarmError):
        other.act(trainer, game(1.0, 1e-6))


def test_samples_that_are_not_numbers_are_a_collapse(trainer, monkeypatch):
    monkeypatch.setattr(CollapseMonitor, "share_of_diversity", lambda *_: float("nan"))
    with pytest.raises(AlarmError, match="their mean distance was nan of that of real samples"):
        CollapseMonitor(every=1, patience=1, warm_up_steps=0).act(trainer, game(0.8, 1.0))


@pytest.mark.slow
@pytest.mark.parametrize(
    "run",
    [
        ["data=ring", "optimizer.generator.lr=1e-3", "optimizer.discriminator.lr=1e-3"],
        ["data=digits", "data.resolution=8"],
    ],
    ids=["ring", "digits"],
)
def test_a_healthy_run_never_alarms(tmp_path, run):
    # A hundred checks, each of which could raise the alarm, with much stricter thresholds.
    base = [*NETWORKS, "metric=[]", "trainer=cpu", "sample_every=0", "evaluate_every=0", "checkpoint_every=0"]
    wide = ["generator.widths=[64,64]", "discriminator.widths=[64,64]", "latent.size=8", "batch_size=64"]
    strict = [
        "callback.collapse_monitor.patience=1",
        "callback.collapse_monitor.diversity=0.1",
        "callback.collapse_monitor.gradient=1e-3",
    ]
    lines = [line for line in base if not line.startswith(("generator.w", "discriminator.w", "latent.size"))]
    checks = ["iterations=600", "log_every=5", "callback.collapse_monitor.warm_up_steps=100"]
    go(tmp_path, *run, *lines, *wide, CALLBACKS, *strict, *checks)
    assert checkpoint(tmp_path)["ganlab"]["steps"] == 600


@pytest.mark.parametrize("base", [DIGITS, POINTS], ids=["digits", "points"])
def test_checks_do_not_change_the_run(tmp_path, base):
    run = [line for line in base if not line.startswith("log_every")]
    for name, every, warm_up_steps in (("unchecked", 0, 1000), ("checked", 1, 0)):
        go(
            tmp_path / name,
            *run,
            CALLBACKS,
            f"callback.collapse_monitor.every={every}",
            f"callback.collapse_monitor.warm_up_steps={warm_up_steps}",
            "callback.collapse_monitor.diversity=0",
        )
    assert_same(state(tmp_path / "unchecked"), state(tmp_path / "checked"))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"patience": 0}, "patience must be at least 1, got 0"),
        ({"warm_up_steps": -1}, "warm_up_steps must be at least 0, got -1"),
        ({"diversity": 2}, "diversity must be between 0 and 1, got 2"),
        ({"accuracy": -0.1}, "accuracy must be between 0 and 1, got -0.1"),
        ({"gradient": 1.5}, "gradient must be between 0 and 1, got 1.5"),
    ],
)
def test_bounds(setting, message):
    with pytest.raises(ValueError, match=message):
        CollapseMonitor(**setting)
