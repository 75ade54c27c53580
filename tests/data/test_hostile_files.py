"""Files that are pipes, damaged, encrypted, repeated or announce too much: one sentence each, and no waiting."""

import io
import os
import socket
import zipfile
from pathlib import Path

import numpy as np
import pytest
from support.image_folders import save_image

from ganlab.data import ImageFolder
from ganlab.data.readers import numpy_file
from ganlab.data.sample_files.open import open_sample_files


def open_both(path: Path, message: str) -> None:
    """Expect the same sentence from training and from evaluation."""
    for opening in (lambda: ImageFolder(str(path), 8, validation=0, test=0), lambda: open_sample_files(path)):
        with pytest.raises(ValueError, match=message) as error:
            opening()
        assert "\n" not in str(error.value)


def test_only_plain_files_are_opened(tmp_path: Path) -> None:
    for i in range(3):
        save_image(tmp_path / f"set/{i}.png", i)
    os.mkfifo(tmp_path / "set/p.png")
    open_both(tmp_path / "set", r"1 of 4 images cannot be read: p.png \(it is a pipe and not a plain file\)")
    open_both(tmp_path / "set/p.png", "because it is a pipe and not a plain file; give a file or a folder")
    skipping = ImageFolder(str(tmp_path / "set"), 8, validation=0, test=0, on_error="skip")
    assert len(skipping) == 3
    (tmp_path / "set/p.png").unlink()
    (tmp_path / "set/p.png").mkdir()  # a folder of this name is a folder
    os.mkfifo(tmp_path / "set/classes.csv")
    open_both(tmp_path / "set", r"classes.csv in .* cannot be read \(it is a pipe and not a plain file\)")


def test_devices_and_sockets_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    (tmp_path / "set").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("set/s.png")
        (tmp_path / "set/zero.png").symlink_to("/dev/zero")
        open_both(
            Path("set"), r"s.png \(it is a socket and not a plain file\); zero.png \(it is a device and not a plain"
        )
    open_both(Path("/dev/zero"), "/dev/zero cannot be read, because it is a device")
    os.mkfifo("x.npz")
    open_both(Path("x.npz"), "it is a pipe and not a plain file")
    Path("gone.zip").symlink_to("nowhere.zip")
    open_both(Path("gone.zip"), "gone.zip is a link to nowhere.zip, which does not exist")


def test_a_name_that_a_zip_holds_twice_is_reported(tmp_path: Path) -> None:
    save_image(tmp_path / "1.png", 1)
    for twice in ("a/1.png", "classes.csv", "about.txt"):
        path = tmp_path / "twice.zip"
        with zipfile.ZipFile(path, "w") as file:
            file.write(tmp_path / "1.png", "b/2.png")
            file.write(tmp_path / "1.png", twice)
            with pytest.warns(UserWarning, match="Duplicate name"):
                file.write(tmp_path / "1.png", twice)
        if twice == "about.txt":  # which nothing reads
            assert len(open_sample_files(path)) == 1
        else:
            open_both(path, f"holds 1 names more than once, such as {twice}, .* pack it again, with every name once")


def replaced(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new)


def test_archives_that_open_but_cannot_be_read(tmp_path: Path) -> None:
    save_image(tmp_path / "1.png", 1)
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as file:
        file.write(tmp_path / "1.png", "1.png")
        file.writestr("classes.csv", "1.png,red\n")
    whole = (tmp_path / "whole.zip").read_bytes()
    path = tmp_path / "bad.zip"
    path.write_bytes(replaced(whole, b"1.png,red", b"1.png,bed"))
    open_both(path, r"classes.csv in .*bad.zip cannot be read \(it is damaged \(Bad CRC-32 for file 'classes.csv'\)\)")
    central = whole.index(b"PK\x01\x02")
    path.write_bytes(whole[: central + 6] + b"\x63\x00" + whole[central + 8 :])
    open_both(path, r"bad.zip is not a readable zip file \(zip file version 9.9\)")
    path.write_bytes(whole[: central + 8] + b"\x01\x00" + whole[central + 10 :])
    open_both(path, r"1.png \(it is encrypted; pack it again without a password\)")
    path.write_bytes(whole[: central + 10] + b"\x63\x00" + whole[central + 12 :])
    open_both(path, r"1.png \(it is damaged \(.*compression")


def test_arrays_are_bounded_by_what_is_there(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": "|u1", "fortran_order": False, "shape": (1 << 40, 16, 16, 4)}
    )  # 1 PiB
    path = tmp_path / "x.npy"
    path.write_bytes(buffer.getvalue())
    open_both(
        path, r"x.npy cannot be read as an array \(it announces 1125899906842624 bytes of uint8 .*, but 0 are there"
    )
    path.write_bytes(b"\x93NUMPY\x02\x00\xff\xff\xff\xff")
    open_both(path, "announces a header of 4294967295 bytes")
    path.write_bytes(b"\x93NUMPY\x01\x00\x10\x00{'descr': '|u1',")
    open_both(path, "its header is damaged")
    np.save(path, np.array([{}]), allow_pickle=True)
    open_both(path, "it holds Python objects, which are not loaded")


def test_an_encrypted_or_repeated_array_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, x=np.zeros((2, 4, 4, 3), np.uint8))
    whole = path.read_bytes()
    central = whole.index(b"PK\x01\x02")
    path.write_bytes(whole[: central + 8] + b"\x01\x00" + whole[central + 10 :])
    open_both(path, "x.npy is encrypted")
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x.npy", b"")
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("x.npy", b"")
    open_both(path, "it holds x.npy twice")


def test_an_array_that_needs_more_memory_than_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez_compressed(tmp_path / "x.npz", x=np.zeros((2, 4, 4, 3), np.uint8))
    monkeypatch.setattr(numpy_file, "available_bytes", lambda: 50)
    open_both(tmp_path / "x.npz", r"the array x takes 96 bytes of memory, and 50 bytes are free; use fewer or smaller")


def test_large_and_missing_class_numbers_cost_nothing(tmp_path: Path) -> None:
    labels = np.array([630_000_000, 4, 4, 630_000_000])
    np.savez(tmp_path / "x.npz", samples=np.zeros((4, 8, 8, 3), np.uint8), labels=labels)
    for found in (ImageFolder(str(tmp_path / "x.npz"), 8, validation=0, test=0), open_sample_files(tmp_path / "x.npz")):
        assert (found.class_names, found.labels.tolist()) == (["4", "630000000"], [1, 0, 0, 1])
    np.savez(tmp_path / "x.npz", samples=np.zeros((2, 8, 8, 3), np.uint8), labels=np.array([1, 1 << 63], np.uint64))
    open_both(tmp_path / "x.npz", "one integer of at least 0 for each of its 2 samples, got uint64")


def test_names_in_the_encoding_of_an_old_machine(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path / "set")
    for i in range(4):
        save_image(tmp_path / f"set/{i}.png", i)
        place = os.path.join(folder, (b"gar\xe7on", b"fille")[i % 2])
        os.makedirs(place, exist_ok=True)
        os.rename(os.path.join(folder, b"%d.png" % i), os.path.join(place, b"\xe9%d.png" % i))
    for data in (open_sample_files(tmp_path / "set"), ImageFolder(str(tmp_path / "set"), 8, validation=0, test=0)):
        assert len(data.fingerprint()) == 64
        assert (data.class_names, data.labels.tolist()) == (["fille", "garçon"], [0, 0, 1, 1])
