"""A file is read once, and again when it has changed."""

import os

import pytest

from ganlab.runs.file_memory import FileMemory
from ganlab.runs.json_files import read_json_if_valid, write_json


@pytest.fixture
def memory():
    """Return a memory of the texts of files, and the list of the names that were read."""
    names = []

    def read(path):
        names.append(path.name)
        return path.read_text() if path.exists() else None

    return FileMemory(read), names


def test_an_unchanged_file_is_read_once(memory, tmp_path):
    files, names = memory
    for name in "ab":
        (tmp_path / name).write_text(name)
    assert [files.read(tmp_path / name) for name in "abab"] == ["a", "b", "a", "b"]
    assert names == ["a", "b"]


def test_a_file_that_is_replaced_grows_or_is_touched_is_read_again(memory, tmp_path):
    files, names = memory
    file, other = tmp_path / "a", tmp_path / "other"
    file.write_text("1")
    assert files.read(file) == "1"
    times = file.stat().st_atime_ns, file.stat().st_mtime_ns
    other.write_text("2")
    os.utime(other, ns=times)
    os.replace(other, file)  # same size and time, another inode
    assert files.read(file) == "2"
    with file.open("a") as text:
        text.write("3")
    os.utime(file, ns=times)  # same time and inode, another size
    assert files.read(file) == "23"
    with file.open("r+") as text:
        text.write("45")
    os.utime(file, ns=(times[0], times[1] + 1))  # same size and inode, another time
    assert files.read(file) == "45"
    assert len(names) == 4


def test_a_file_may_appear_and_disappear(memory, tmp_path):
    files, _ = memory
    file = tmp_path / "a"
    assert files.read(file) is None
    file.write_text("1")
    assert files.read(file) == "1"
    file.unlink()
    assert files.read(file) is None


def test_an_error_is_not_remembered(tmp_path):
    files = FileMemory(lambda path: 1 / int(path.read_text()))
    (tmp_path / "a").write_text("0")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            files.read(tmp_path / "a")
    (tmp_path / "a").write_text("2\n")
    assert files.read(tmp_path / "a") == 0.5


def test_every_write_of_json_is_seen(tmp_path):
    files = FileMemory(read_json_if_valid)
    for value in range(50):  # of one size, and in less than the resolution of the file system's clock
        write_json(tmp_path / "a.json", {"x": value % 10})
        assert files.read(tmp_path / "a.json") == {"x": value % 10}
