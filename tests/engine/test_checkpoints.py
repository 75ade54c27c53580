"""Checkpoints are read as they were written: damaged, foreign and malicious files; full and read-only disks."""

import json
import os
import pickle
import resource
import shutil
import subprocess
from contextlib import contextmanager, suppress

import pytest
import torch
from support.killed_runs import AtRename, train_in_process
from support.small_runs import DIGITS, POINTS, assert_same, checkpoint, command, go, state

from ganlab.core.errors import TrainingError, UserError
from ganlab.engine.checkpoints import AtomicCheckpointIO, DamagedCheckpointError, read

SHORT = [*POINTS, "callback=[nan_monitor,metrics_logger,checkpoint,status_file,interrupt]", "checkpoint_every=2"]


@pytest.fixture(autouse=True)
def _allow(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    directory = tmp_path_factory.mktemp("whole") / "run"
    go(directory, *SHORT)
    return state(directory)


@pytest.fixture
def run(tmp_path):
    """Return a run that failed after its fifth step, with checkpoints of steps 2 and 4."""
    with pytest.raises(OSError, match="on fire"):
        go(tmp_path / "run", *SHORT, "callback.crash._target_=support.small_runs.Crash", "callback.crash.at=5")
    return tmp_path / "run"


def save(content, path):
    AtomicCheckpointIO().save_checkpoint(content, path)


DAMAGES = {
    "cut to nothing": lambda data: b"",
    "cut in half": lambda data: data[: len(data) // 2],
    "without its last byte": lambda data: data[:-1],
    "without its checksum": lambda data: data[:-78],
    "with a bit of a weight flipped": lambda data: data[:3000] + bytes([data[3000] ^ 1]) + data[3001:],
    "with a bit of the checksum flipped": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "with an extra byte": lambda data: data + b"\0",
    "of zeros, as after a power failure": lambda data: bytes(len(data)),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.slow
def test_a_damaged_checkpoint_is_replaced_by_the_previous_one(run, whole, caplog, damage):
    last = run / "checkpoints" / "last.ckpt"
    last.write_bytes(damage(last.read_bytes()))
    go(run, *SHORT)
    (warning,) = [record.getMessage() for record in caplog.records if "ckpt" in record.getMessage()]
    assert warning.startswith(f"{last} cannot be read (")
    assert warning.endswith("resuming from the one before it, previous.ckpt, of step 2")
    assert_same(state(run), whole)


def test_a_missing_checkpoint_is_replaced_by_the_previous_one(run, whole, caplog):
    (run / "checkpoints" / "last.ckpt").unlink()
    go(run, *SHORT)
    assert "last.ckpt is missing; resuming from the one before it, previous.ckpt, of step 2" in caplog.text
    assert_same(state(run), whole)


@pytest.mark.slow
def test_a_damaged_checkpoint_never_replaces_the_previous_one(run, whole):
    (run / "checkpoints" / "last.ckpt").write_bytes(b"damaged")
    # Killed before the next checkpoint replaces the damaged one, and then just after it has.
    train_in_process(run, *SHORT, killer=AtRename(1, "c_call"))
    assert read(run / "checkpoints" / "previous.ckpt")["ganlab"]["steps"] == 2
    train_in_process(run, *SHORT, killer=AtRename(1, "c_return"))
    assert {path.stem: read(path)["ganlab"]["steps"] for path in (run / "checkpoints").glob("*.ckpt")} == {
        "last": 4,
        "previous": 2,
    }
    go(run, *SHORT)
    assert_same(state(run), whole)


def test_if_both_checkpoints_are_damaged_the_run_cannot_be_resumed(run):
    for name in ("last", "previous"):
        (run / "checkpoints" / f"{name}.ckpt").write_bytes(b"half of it")
    with pytest.raises(
        UserError, match=r"previous\.ckpt cannot be read .* remove it to start from scratch, or choose another"
    ):
        go(run, *SHORT)


def test_evaluation_reads_the_previous_checkpoint_too(run, caplog):
    from ganlab.analysis.evaluation import evaluate
    from ganlab.config import compose
    from ganlab.config.schema import EVALUATE

    (run / "checkpoints" / "last.ckpt").write_bytes(b"half of it")
    overrides = [f"run={run}", "metric=[modes]", "features=identity", "protocol.samples=50", "protocol.repeats=1"]
    assert evaluate(compose(overrides, [], EVALUATE)).content["step"] == 2
    (run / "checkpoints" / "last.ckpt").unlink()
    assert evaluate(compose(overrides, [], EVALUATE)).content["step"] == 2
    assert "previous.ckpt, of step 2" in caplog.text


class Malicious:
    """Runs a command when it is unpickled."""

    def __init__(self, proof):
        self.proof = proof

    def __reduce__(self):
        return os.system, (f"touch '{self.proof}'",)


@pytest.mark.parametrize("place", ["a whole file", "a plain pickle", "a weight", "a callback's state"])
@pytest.mark.parametrize("has_checksum", [False, True])
@pytest.mark.slow
def test_a_malicious_checkpoint_is_rejected_without_running_its_code(run, tmp_path, place, has_checksum):
    proof, last = tmp_path / "executed", run / "checkpoints" / "last.ckpt"
    content = checkpoint(run)
    bad = Malicious(str(proof))
    match place:
        case "a weight":
            content["state_dict"]["extra"] = bad
        case "a callback's state":
            content["callbacks"]["Health"] = bad
        case _:
            content = bad
    (run / "checkpoints" / "previous.ckpt").unlink()
    if place == "a plain pickle":
        last.write_bytes(pickle.dumps(content))
    elif has_checksum:
        save(content, last)
    else:
        torch.save(content, last)
    with pytest.raises(UserError, match=r"last\.ckpt cannot be read \(") as caught:
        go(run, *SHORT)
    assert "\n" not in str(caught.value)
    assert not proof.exists()
    with suppress(RuntimeError):  # the code does run if the file is unpickled
        torch.load(last, weights_only=False)
    assert proof.exists()


def test_a_foreign_checkpoint_is_rejected_with_a_message(run, whole, tmp_path):
    last = run / "checkpoints" / "last.ckpt"
    (run / "checkpoints" / "previous.ckpt").unlink()
    lightning = {"state_dict": {"weight": torch.ones(2)}, "optimizer_states": [], "epoch": 3}
    torch.save(lightning, last)
    with pytest.raises(UserError, match="it does not end with a ganlab checksum"):
        go(run, *SHORT)
    for content in (lightning, [1, 2], "text"):
        save(content, last)
        with pytest.raises(UserError, match=r"last\.ckpt is not a ganlab checkpoint; remove it"):
            go(run, *SHORT)


@pytest.mark.parametrize("other", [["generator.widths=[9]"], ["data=digits", "data.resolution=8"], ["ema=none"]])
@pytest.mark.slow
def test_a_checkpoint_of_other_networks_is_rejected_with_a_message(run, tmp_path, other):
    go(tmp_path / "other", *SHORT[1:], *(["data=ring"] if other[0][:4] != "data" else []), *other)
    shutil.copy(tmp_path / "other" / "checkpoints" / "last.ckpt", run / "checkpoints" / "last.ckpt")
    with pytest.raises(
        UserError, match=r"the checkpoint is of other networks \(\d+ of \d+ weights differ: \w+"
    ) as caught:
        go(run, *SHORT)
    assert "\n" not in str(caught.value)


def test_two_checkpoints_are_kept_and_no_temporary_file(run):
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == ["last.ckpt", "previous.ckpt"]
    with pytest.raises(DamagedCheckpointError, match="is missing"):
        read(run / "checkpoints" / "best.ckpt")


@pytest.fixture
def _file_limit():
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("_file_limit")
@pytest.mark.parametrize("share", [0.02, 0.5, 0.999])
@pytest.mark.slow
def test_a_limit_of_the_file_size_stops_the_run_with_the_previous_checkpoint(run, whole, share):
    shutil.rmtree(run)
    limit = [
        "callback.limit._target_=support.killed_runs.AtByte",
        "callback.limit.checkpoint=2",
        "callback.limit.deadly=false",
    ]
    go(run.parent / "probe", *SHORT)
    size = int(share * (run.parent / "probe" / "checkpoints" / "last.ckpt").stat().st_size)
    with pytest.raises(
        TrainingError, match=r"last\.ckpt cannot be written \(File too large\); the checkpoint before it"
    ):
        go(run, *SHORT, *limit, f"callback.limit.size={size}")
    assert [path.name for path in (run / "checkpoints").iterdir()] == ["last.ckpt"]
    assert checkpoint(run)["ganlab"]["steps"] == 2
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    go(run, *SHORT)
    assert_same(state(run), whole)


@contextmanager
def mounted(folder, options):
    """Mount a small file system in memory; skip the test if that is not permitted."""
    folder.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True)
    if mount.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mount.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.slow
def test_a_full_disk_stops_the_run_with_a_message_and_it_resumes_with_free_space(tmp_path):
    lines = [*DIGITS, *SHORT[-2:], "data=digits", "data.resolution=8", "iterations=40"]
    overrides = [f"{key}={value}" for key, value in dict(line.split("=", 1) for line in lines).items()]
    with mounted(tmp_path / "small", "size=2m") as disk:
        run = disk / "run"
        go(run, *[line for line in overrides if "iterations" not in line], "iterations=2")
        size = (run / "checkpoints" / "last.ckpt").stat().st_size
        filler = disk / "filler"
        free = shutil.disk_usage(disk).free
        filler.write_bytes(bytes(free - size - size // 2))  # space for one more checkpoint, but not for two
        ended = command("train", *overrides, f"run_dir={run}", cwd=tmp_path)
        assert ended.returncode == 1, ended.stderr
        assert "Traceback" not in ended.stderr
        message, advice = ended.stderr.splitlines()[-2:]
        assert advice == f"resume with: ganlab resume {run}"
        assert message.startswith(f"stopped: {run}/")
        assert "cannot be written (No space left on device)" in message
        status = json.loads((run / "status.json").read_text())
        assert status["state"] == "failed"
        assert "No space left" in status["reason"]
        assert not list(run.rglob("*.tmp"))
        assert 2 < checkpoint(run)["ganlab"]["steps"] < 40
        filler.unlink()
        go(run, *overrides)
        go(tmp_path / "whole", *overrides)
        assert_same(state(run), state(tmp_path / "whole"))


def test_a_read_only_directory_is_reported_in_one_sentence(run, tmp_path):
    with mounted(tmp_path / "read_only", "size=2m") as disk:
        shutil.copytree(run, disk / "run")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        for path in (disk / "run", disk / "new"):
            with pytest.raises(
                UserError, match=rf"^run_dir={path} cannot be written \(Read-only file system\); choose"
            ):
                go(path, *SHORT)
    assert not (tmp_path / "read_only" / "run").exists()
