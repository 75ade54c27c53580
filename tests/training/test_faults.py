"""A run that is killed at any moment and resumed ends like an uninterrupted run, bit for bit."""

import random
import signal

import pytest
import torch
from PIL import Image
from support.killed_runs import AtCall, AtRename, count_calls, train_in_process
from support.small_runs import DIGITS, POINTS, assert_same, checkpoint, command, go, state

from ganlab.engine.checkpoints import read

KILLS = 20
CALLBACKS = "callback=[nan_monitor,collapse_monitor,metrics_logger,checkpoint,status_file,interrupt]"
# Components with state, and a checkpoint at every step, so every kill may damage something.
STATEFUL = [
    CALLBACKS,
    "checkpoint_every=1",
    "regularizer=[r1,instance_noise]",
    "regularizer.r1.every=4",
    "lr_schedule=cosine",
    "lr_schedule.warmup=0.3",
    "schedule.generator=2",
    "iterations=150",
]
SETTINGS = {
    "digits": [
        *DIGITS,
        "data.limit=20",
        "data.flip=true",
        "discriminator.dropout=0.5",
        "generator.norm=batch",
        *STATEFUL,
    ],
    "points": [*POINTS, "trainer.precision=bf16-mixed", *STATEFUL],
}


def merge(*overrides: str) -> list[str]:
    """Return the last override of every setting."""
    return [f"{key}={value}" for key, value in dict(override.split("=", 1) for override in overrides).items()]


def uninterrupted(directory, *overrides):
    go(directory, *merge(*overrides, "checkpoint_every=0"))
    return state(directory)


@pytest.mark.slow
@pytest.mark.parametrize("kind", SETTINGS)
def test_killed_twenty_times_at_random_moments(tmp_path, kind):
    overrides = merge(*SETTINGS[kind])
    one_step, six_steps = (
        count_calls(tmp_path / f"{steps}", *merge(*overrides, f"iterations={steps}")) for steps in (1, 6)
    )
    moments = random.Random(kind)
    killed, run = 0, tmp_path / "run"
    while killed < KILLS:
        # Half of the processes are killed before their first step is complete, and half within 15 steps after it.
        within_steps = one_step + moments.randrange(3 * (six_steps - one_step))
        moment = moments.choice([moments.randrange(one_step), within_steps])
        ended = train_in_process(run, *overrides, killer=AtCall(moment))
        assert ended == -signal.SIGKILL, (tmp_path / "run.err").read_text()
        killed += 1
    assert 10 < checkpoint(run)["ganlab"]["steps"] < 150
    go(run, *overrides)
    assert_same(state(run), uninterrupted(tmp_path / "whole", *overrides))


SHORT = [*POINTS, CALLBACKS, "checkpoint_every=2"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    directory = tmp_path_factory.mktemp("whole") / "run"
    return uninterrupted(directory, *SHORT)


@pytest.fixture(scope="module")
def size(tmp_path_factory):
    directory = tmp_path_factory.mktemp("size") / "run"
    go(directory, *SHORT)
    return (directory / "checkpoints" / "last.ckpt").stat().st_size


@pytest.mark.slow
@pytest.mark.parametrize("byte", [0, 1, 1 / 3, 0.9, -100, -30, -1])
def test_killed_while_a_checkpoint_is_written(tmp_path, whole, size, byte):
    run, offset = tmp_path / "run", int(byte * size) if 0 < byte < 1 else byte % size
    limit = [
        "callback.limit._target_=support.killed_runs.AtByte",
        "callback.limit.checkpoint=2",
        f"callback.limit.size={offset}",
    ]
    assert train_in_process(run, *SHORT, *limit, "callback.limit.deadly=true") == -signal.SIGXFSZ
    assert (run / "checkpoints" / "last.ckpt.tmp").stat().st_size == offset
    assert read(run / "checkpoints" / "last.ckpt")["ganlab"]["steps"] == 2
    go(run, *SHORT)
    assert_same(state(run), whole)
    assert not list(run.rglob("*.tmp"))


@pytest.mark.parametrize(("rename", "event", "left"), [(2, "c_call", {"last": 2, "last.ckpt": 4}),
                                                       (2, "c_return", {"previous": 2}),
                                                       (3, "c_call", {"previous": 2}),
                                                       (3, "c_return", {"previous": 2, "last": 4})])  # fmt: skip
@pytest.mark.slow
def test_killed_between_the_renames_of_a_checkpoint(tmp_path, whole, rename, event, left):
    run = tmp_path / "run"
    assert train_in_process(run, *SHORT, killer=AtRename(rename, event)) == -signal.SIGKILL
    steps_by_name = {path.stem: read(path)["ganlab"]["steps"] for path in (run / "checkpoints").glob("*.ckpt")}
    assert steps_by_name == {name: steps for name, steps in left.items() if name != "last.ckpt"}
    go(run, *SHORT)
    assert_same(state(run), whole)


def test_plain_torch_can_read_a_checkpoint(tmp_path):
    go(tmp_path, *SHORT)
    for name in ("last", "previous"):
        content = torch.load(tmp_path / "checkpoints" / f"{name}.ckpt", weights_only=True)
        assert content["ganlab"]["steps"] == {"last": 6, "previous": 4}[name]


@pytest.mark.slow
def test_killed_with_workers_and_resumed_without(tmp_path):
    for number in range(20):
        (tmp_path / "images").mkdir(exist_ok=True)
        Image.new("RGB", (8, 8), (9 * number, 0, 99)).save(tmp_path / "images" / f"{number}.png")
    images = ["data=image_folder", f"data.path={tmp_path / 'images'}", "data.flip=true", "features=random"]
    overrides = merge(*DIGITS, CALLBACKS, "checkpoint_every=2", *images)
    stop = ["callback.stop._target_=support.small_runs.Stop", "callback.stop.at=5", "callback.stop.name=SIGKILL"]
    run = f"run_dir={tmp_path / 'run'}"
    killed = command("train", *overrides, *stop, "workers=2", run, cwd=tmp_path, GANLAB_ALLOW="support")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert checkpoint(tmp_path / "run")["ganlab"]["steps"] == 4
    go(tmp_path / "run", *overrides)
    assert_same(state(tmp_path / "run"), uninterrupted(tmp_path / "whole", *overrides))
