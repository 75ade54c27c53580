"""Only plain files are opened: a pipe among them is reported at once instead of waited for."""

import os
import socket

import numpy as np
import pytest
from PIL import Image
from support.small_runs import POINTS, go

from ganlab.core.errors import UserError
from ganlab.core.plain_files import NotPlainFileError, open_plain, read_plain
from ganlab.data.readers.arrays import read_records
from ganlab.data.readers.idx import read_idx
from ganlab.data.sample_files.open import open_sample_files
from ganlab.runs.directory import RunDirectory
from ganlab.runs.json_files import read_json_if_valid


def make(kind, path):
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    elif kind == "a folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")


@pytest.mark.parametrize("kind", ["a pipe", "a folder", "a device"])
def test_what_is_no_plain_file_is_named(tmp_path, kind):
    make(kind, tmp_path / "x")
    with pytest.raises(NotPlainFileError, match=f"^it is {kind} and not a plain file$"):
        open_plain(tmp_path / "x")


def test_a_socket_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    make("a socket", tmp_path.relative_to(tmp_path) / "x")
    with pytest.raises(NotPlainFileError, match=r"^it is a socket and not a plain file$"):
        open_plain("x")


def test_a_plain_file_and_a_link_to_it_are_read(tmp_path):
    (tmp_path / "x").write_bytes(b"content")
    (tmp_path / "link").symlink_to(tmp_path / "x")
    assert read_plain(tmp_path / "link") == b"content"
    with pytest.raises(FileNotFoundError):
        read_plain(tmp_path / "missing")


@pytest.mark.parametrize("kind", ["a pipe", "a device"])
def test_a_folder_of_images_with_something_else_is_reported(tmp_path, kind):
    for number in range(3):
        Image.new("RGB", (8, 8), (9 * number, 0, 99)).save(tmp_path / f"{number}.png")
    make(kind, tmp_path / "p.png")
    sentence = rf"1 of 4 images cannot be read: p\.png \(it is {kind} and not a plain file\)"
    overrides = ["data=image_folder", f"data.path={tmp_path}", "data.resolution=8", *POINTS[1:]]
    with pytest.raises(UserError, match=sentence):
        go(tmp_path / "run", *overrides)
    with pytest.raises(ValueError, match=sentence):
        open_sample_files(tmp_path)


def test_arrays_and_records_are_plain_files(tmp_path):
    for name in ("x.npy", "x.idx", "x.bin", "status.json", "config.yaml"):
        os.mkfifo(tmp_path / name)
    with pytest.raises(ValueError, match=r"x\.npy cannot be read, because it is a pipe"):
        open_sample_files(tmp_path / "x.npy")
    with pytest.raises(ValueError, match=r"x\.idx .* \(it is a pipe"):
        read_idx(tmp_path / "x.idx", 1)
    with pytest.raises(NotPlainFileError):
        read_records(tmp_path / "x.bin", 1, (1, 2, 2))
    assert read_json_if_valid(tmp_path / "status.json") == {}
    with pytest.raises(UserError, match=r"config\.yaml cannot be read \(it is a pipe and not a plain file\)"):
        RunDirectory(tmp_path).read_config("remove it")
    np.save(tmp_path / "y.npy", np.zeros((3, 2)))
    assert len(open_sample_files(tmp_path / "y.npy")) == 3
