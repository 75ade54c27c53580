"""What is kept of real samples, and by what it is found again."""

from pathlib import Path

import pytest
import torch

from ganlab.features import cache
from ganlab.features.cache import Cache, program

KEY = {"data": "0123", "split": "test"}


def package(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / "parts").mkdir(parents=True, exist_ok=True)
        (folder / "parts" / f"{name}.py").write_text(text)
    return folder


def test_a_program_is_its_sources(tmp_path: Path) -> None:
    first = package(tmp_path / "first", decode="x + 1", split="x")
    same = package(tmp_path / "same", decode="x + 1", split="x")
    others = [
        package(tmp_path / "changed", decode="x + 2", split="x"),
        package(tmp_path / "renamed", decode="x + 1", splits="x"),
        package(tmp_path / "moved", decode="x + 1s", split="plit.py"),
    ]
    assert program(first) == program(same)
    assert len({program(each) for each in (first, *others)}) == 4


def test_another_program_does_not_find_what_this_one_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Cache(tmp_path)
    kept.save(KEY, {"total": torch.ones(2)})
    assert kept.load({**KEY, "split": "train"}) is None
    assert torch.equal(kept.load(KEY)["total"], torch.ones(2))
    monkeypatch.setattr(cache, "program", lambda: "another")
    assert kept.load(KEY) is None
