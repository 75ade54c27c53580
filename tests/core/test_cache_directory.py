from pathlib import Path

import pytest

from ganlab.core.cache_directory import cache_directory


def test_the_variable_moves_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for value, expected in (("", ".cache/ganlab"), ("~/there", "there"), (str(tmp_path / "here"), "here")):
        monkeypatch.setenv("GANLAB_CACHE", value)
        assert cache_directory() == tmp_path / expected
