import os
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ganlab.core.weight_files import (
    file_sha256,
    find_in_hub_cache,
    missing_file_message,
    missing_package_message,
    read_tensors,
    require_file,
)

constants = pytest.importorskip("huggingface_hub.constants")


def test_tensors_are_read_from_both_formats(tmp_path: Path) -> None:
    state = {"weight": torch.arange(3.0)}
    save_file(state, tmp_path / "a.safetensors")
    torch.save(state, tmp_path / "a.pth")
    for name in ("a.safetensors", "a.pth"):
        assert torch.equal(read_tensors(tmp_path / name, "weights", "advice")["weight"], state["weight"])


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth"])
def test_other_files_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"something else")
    with pytest.raises(ValueError, match=f"{name} does not hold weights; try again"):
        read_tensors(path, "weights", "try again")


def test_a_pickle_cannot_run_code(tmp_path: Path) -> None:
    path = tmp_path / "code.pth"
    torch.save({"weight": Path("code")}, path)
    with pytest.raises(ValueError, match="does not hold weights"):
        read_tensors(path, "weights", "")


def test_the_sha256_is_compared_with_the_expected_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    actual = sha256(b"content").hexdigest()
    assert file_sha256(path, None, "") == file_sha256(path, actual.upper(), "") == actual
    with pytest.raises(ValueError, match=rf"must be features\.sha256=abc, got {actual}; again"):
        file_sha256(path, "abc", "again")


def test_a_missing_file_comes_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(FileNotFoundError, match=f"there is no file {path}; provide it"):
        require_file(path, "provide it")
    assert missing_file_message(path, None, "weights", "provide it") == f"there is no file {path}; provide it"
    path.touch()
    assert require_file(str(path), "provide it") == path
    assert missing_file_message(path, None, "weights", "") is None
    assert missing_file_message(None, path, "weights", "") is None
    message = missing_file_message(None, None, "the weights", "provide it") or ""
    assert message.startswith("the weights are not on this machine")


def test_the_newest_file_of_the_hub_cache_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    assert find_in_hub_cache("some/thing", ["a", "b"]) is None
    for age, name in enumerate(("new/b", "old/a", "old/other")):
        path = tmp_path / "models--some--thing" / "snapshots" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (1000 - age, 1000 - age))
    newest = find_in_hub_cache("some/thing", ["a", "b"])
    assert newest is not None
    assert newest.name == "b"


def test_the_message_for_a_missing_package_has_the_install_command() -> None:
    assert missing_package_message("torch", "torch", "dinov2") is None
    message = missing_package_message("no_such_module", "no-such-package", "dinov2")
    assert message is not None
    assert "needs the package no-such-package, which is not installed; run pip install 'ganlab[dinov2]'" in message
