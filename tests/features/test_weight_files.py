import os
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ganlab.features.weight_files import absence, digest, existing, in_hub_cache, lacking, read_tensors

constants = pytest.importorskip("huggingface_hub.constants")


def test_tensors_are_read_from_both_formats(tmp_path: Path) -> None:
    state = {"weight": torch.arange(3.0)}
    save_file(state, tmp_path / "a.safetensors")
    torch.save(state, tmp_path / "a.pth")
    for name in ("a.safetensors", "a.pth"):
        assert torch.equal(read_tensors(tmp_path / name, "weights", "advice")["weight"], state["weight"])


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth"])
def test_anything_else_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"something else")
    with pytest.raises(ValueError, match=f"{name} does not hold weights; try again"):
        read_tensors(path, "weights", "try again")


def test_code_is_never_run(tmp_path: Path) -> None:
    path = tmp_path / "code.pth"
    torch.save({"weight": Path("code")}, path)
    with pytest.raises(ValueError, match="does not hold weights"):
        read_tensors(path, "weights", "")


def test_a_digest_is_compared_where_one_is_expected(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    right = sha256(b"content").hexdigest()
    assert digest(path, None, "") == digest(path, right.upper(), "") == right
    with pytest.raises(ValueError, match=rf"is {right} and not abc, as features\.sha256 says; again"):
        digest(path, "abc", "again")


def test_a_file_is_there_or_advice_is_given(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(FileNotFoundError, match=f"there is no file {path}; bring it"):
        existing(path, "bring it")
    assert absence(path, None, "weights", "bring it") == f"there is no file {path}; bring it"
    path.touch()
    assert existing(str(path), "bring it") == path
    assert absence(path, None, "weights", "") is absence(None, path, "weights", "") is None
    assert (absence(None, None, "the weights", "bring it") or "").startswith("the weights are not on this machine")


def test_the_newest_file_of_the_hub_cache_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    assert in_hub_cache("some/thing", ["a", "b"]) is None
    for age, name in enumerate(("new/b", "old/a", "old/other")):
        path = tmp_path / "models--some--thing" / "snapshots" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (1000 - age, 1000 - age))
    found = in_hub_cache("some/thing", ["a", "b"])
    assert found is not None
    assert found.name == "b"


def test_a_missing_package_is_told_with_its_command() -> None:
    assert lacking("torch", "torch", "dinov2") is None
    told = lacking("no_such_module", "no-such-package", "dinov2")
    assert told is not None
    assert "needs the package no-such-package, which is not installed; run pip install 'ganlab[dinov2]'" in told
