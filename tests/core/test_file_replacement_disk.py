"""A file is complete at every moment; if it cannot be written, the former one is unchanged."""

import os
from pathlib import Path

import pytest
from support.disks import full_disk

from ganlab.core.file_replacement import replace_bytes


def test_a_full_disk_leaves_the_former_file_and_nothing_else(tmp_path):
    file = tmp_path / "table.csv"
    file.write_bytes(b"former")
    with full_disk(100), pytest.raises(OSError, match="File too large"):
        replace_bytes(file, b"x" * 1000)
    assert file.read_bytes() == b"former"
    assert os.listdir(tmp_path) == ["table.csv"]


def test_folders_are_created_and_the_permissions_of_the_former_file_kept(tmp_path):
    file = tmp_path / "a" / "b" / "table.csv"
    replace_bytes(file, b"1")
    file.chmod(0o640)
    replace_bytes(file, b"2")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"2", 0o640)


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real").write_bytes(b"former")
    (tmp_path / "link").symlink_to("real")
    replace_bytes(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_what_is_no_regular_file_is_written_directly(tmp_path):
    replace_bytes(Path("/dev/null"), b"x")
    with pytest.raises(IsADirectoryError):
        replace_bytes(tmp_path, b"x")
    with pytest.raises(OSError, match="No space left"):
        replace_bytes(Path("/dev/full"), b"x")


def test_a_name_may_be_as_long_as_the_file_system_allows(tmp_path):
    file = tmp_path / ("x" * 255)
    replace_bytes(file, b"x")
    assert file.read_bytes() == b"x"
