"""A cache that is damaged, shared, full or not writable costs time, and never changes the data."""

import logging
import os
import shutil
import threading
from pathlib import Path

import pytest
import torch
from support.image_folders import IN_MEMORY, ON_DISK, both_places, content, open_folder, save_image

from ganlab.data.readers import cache_files, record_cache
from ganlab.data.readers.decode_image import ImageDecoder
from ganlab.data.readers.folder import Folder
from ganlab.data.readers.image_records import ImageRecords
from ganlab.data.readers.path_table import PathTable
from ganlab.data.readers.record_cache import RecordCache

pytestmark = pytest.mark.usefixtures("records")


def damages(whole: bytes) -> dict[str, bytes]:
    """Return damaged files: a byte changed in every part of it, cut off, too long, or something else entirely."""
    places = range(0, len(whole), len(whole) // 61)
    flipped = {f"byte {n}": whole[:n] + bytes([whole[n] ^ 16]) + whole[n + 1 :] for n in (*places, len(whole) - 1)}
    key_end = whole.index(b"\n", whole.index(b"\n") + 1) + 1
    flipped |= {
        f"header {n}": whole[:n] + bytes([whole[n] ^ 255]) + whole[n + 1 :] for n in range(key_end, key_end + 36)
    }
    cut = {
        f"{n} bytes": whole[:n] for n in (0, 1, key_end, key_end + 10, key_end + 36, len(whole) // 2, len(whole) - 1)
    }
    return flipped | cut | {"longer": whole + b"x", "text": b"hello", "zeros": bytes(len(whole))}


@both_places
def test_a_damaged_file_is_written_again(
    class_images: Path, read: list[str], records: Path, limit: int, caplog
) -> None:
    reference = content(open_folder(class_images, limit))
    (path,) = records.iterdir()
    whole = path.read_bytes()
    for name, damaged in damages(whole).items():
        path.write_bytes(damaged)
        read.clear()
        with caplog.at_level(logging.DEBUG):
            data = open_folder(class_images, limit)
        assert len(read) == 10, name
        assert path.read_bytes() == whole, name
        if limit:
            assert content(data) == reference, name
    assert not caplog.text


@both_places
def test_a_folder_in_the_place_of_the_file_only_costs_time(
    class_images: Path, read: list[str], records: Path, limit
) -> None:
    open_folder(class_images, limit)
    (path,) = records.iterdir()
    path.unlink()
    path.mkdir()
    open_folder(class_images, limit)
    assert len(read) == 20
    assert list(records.iterdir()) == [path]


@both_places
def test_a_cache_that_cannot_be_written_only_costs_time(
    class_images: Path, tmp_path: Path, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = content(open_folder(class_images, limit))
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path / "file"))
    assert content(open_folder(class_images, limit)) == reference

    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("GANLAB_CACHE")
    monkeypatch.setattr(Path, "home", no_home)
    assert content(open_folder(class_images, limit)) == reference


@both_places
def test_a_full_disk_leaves_no_draft(class_images: Path, records: Path, limit, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(record_cache, "write_records", fail)
    open_folder(class_images, limit)
    assert list(records.iterdir()) == []


def test_pixels_are_not_written_to_a_disk_that_is_almost_full(
    class_images: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The pixels need 1920 bytes, which is more than half of what is free.
    usage = type(shutil.disk_usage(class_images))(10**9, 10**9 - 3000, 3000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    open_folder(class_images, IN_MEMORY)
    open_folder(class_images, ON_DISK)
    assert len(read) == 10
    open_folder(class_images, IN_MEMORY)
    assert len(read) == 20


def test_only_the_user_may_read_copies_of_the_images(class_images: Path, records: Path) -> None:
    open_folder(class_images)
    (path,) = records.iterdir()
    assert path.stat().st_mode & 0o077 == 0


def test_the_least_recently_used_records_are_removed(
    tmp_path: Path, records: Path, read: list[str], monkeypatch
) -> None:
    folders = [tmp_path / name for name in ("first", "second", "third")]
    for number, folder in enumerate(folders):
        save_image(folder / "1.bmp", number)
        save_image(folder / "2.bmp", number)
    for age, folder in enumerate(folders[:2]):
        open_folder(folder)
        for path in records.iterdir():
            os.utime(path, (10**9 + age, 10**9 + age))
    open_folder(folders[0])  # used, so now the second is the older one
    monkeypatch.setattr(cache_files, "LIMIT_BYTES", 2 * max(path.stat().st_size for path in records.iterdir()) + 50)
    open_folder(folders[2])
    read.clear()
    open_folder(folders[0])
    open_folder(folders[2])
    assert not read
    open_folder(folders[1])
    assert len(read) == 2


def test_a_name_that_is_asked_for_twice_is_known_once(class_images: Path) -> None:
    open_folder(class_images)
    cache = RecordCache(Folder(class_images), ImageDecoder((8, 8), 3, "crop", 64_000_000))
    names = PathTable.of(["a/0.bmp", "none.bmp", "a/0.bmp"])
    table = torch.zeros(3, 3, 8, 8, dtype=torch.uint8)
    known, _ = cache.load(names, Folder(class_images).stamps(names), table)
    assert known.tolist() in ([True, False, False], [False, False, True])
    assert table[known.nonzero()[0, 0]].any()


def test_a_draft_of_another_process_is_left_alone_unless_it_is_abandoned(
    class_images: Path, read: list[str], records: Path
) -> None:
    open_folder(class_images)
    (path,) = records.iterdir()
    draft = path.with_name(f".{path.name}.draft")
    path.rename(draft)
    draft.write_bytes(b"half of it")
    open_folder(class_images)
    assert (draft.read_bytes(), path.exists()) == (b"half of it", False)
    os.utime(draft, (10**9, 10**9))
    open_folder(class_images)
    assert (draft.exists(), path.exists()) == (False, True)
    read.clear()
    open_folder(class_images)
    assert not read


def test_several_writers_and_readers_never_mix_their_files(class_images: Path, records: Path) -> None:
    cache = RecordCache(Folder(class_images), ImageDecoder((8, 8), 3, "crop", 1000))
    names, stamps = PathTable.of(map(str, range(50))), torch.ones(50, 4, dtype=torch.int64)
    wrong: list[str] = []

    def write_and_read(number: int) -> None:
        for turn in range(20):
            shade = number * 20 + turn
            written = (
                torch.full((50, 32), shade, dtype=torch.uint8),
                torch.full((50, 3, 8, 8), shade, dtype=torch.uint8),
            )
            cache.save(ImageRecords(names, stamps, written[0]), written[1])
            table = torch.zeros(50, 3, 8, 8, dtype=torch.uint8)
            known, digests = cache.load(names, stamps, table)
            if not (known.all() and digests.unique().equal(table.unique()) and len(table.unique()) == 1):
                wrong.append(f"{number} {turn}")

    cache.save(ImageRecords(names, stamps, torch.zeros(50, 32, dtype=torch.uint8)), torch.zeros(50, 3, 8, 8).byte())
    threads = [threading.Thread(target=write_and_read, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(list(records.iterdir())) == 1
