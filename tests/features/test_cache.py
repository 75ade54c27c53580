"""The cache of statistics of real samples, and the hash of sources in its keys."""

from pathlib import Path

import pytest
import torch

from ganlab.features.cache import Cache, source_hash

KEY = {"data": "0123", "split": "test"}


def write_package(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / "parts").mkdir(parents=True, exist_ok=True)
        (folder / "parts" / f"{name}.py").write_text(text)
    return folder


def test_the_source_hash_depends_on_names_and_contents(tmp_path: Path) -> None:
    first = write_package(tmp_path / "first", decode="x + 1", split="x")
    same = write_package(tmp_path / "same", decode="x + 1", split="x")
    others = [
        write_package(tmp_path / "changed", decode="x + 2", split="x"),
        write_package(tmp_path / "renamed", decode="x + 1", splits="x"),
        write_package(tmp_path / "moved", decode="x + 1s", split="plit.py"),
    ]
    assert source_hash(first) == source_hash(same)
    assert len({source_hash(folder) for folder in (first, *others)}) == 4


def test_another_version_does_not_load_what_this_one_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path)
    cache.save(KEY, {"total": torch.ones(2)})
    assert cache.load({**KEY, "split": "train"}) is None
    assert torch.equal(cache.load(KEY)["total"], torch.ones(2))
    monkeypatch.setattr("ganlab.features.cache.source_hash", lambda: "another")
    assert cache.load(KEY) is None
