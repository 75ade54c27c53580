"""Copies of rows below $GANLAB_CACHE/packs: made once by one process, bounded, and safe to remove."""

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import h5py
import numpy as np
import pytest
from support.lock_holder import holder_of

from ganlab.data.readers import cache_files, packed_rows
from ganlab.data.readers.archive import Archive
from ganlab.data.readers.hdf5 import Hdf5
from ganlab.data.readers.numpy_archive import NumpyArchive
from ganlab.data.readers.packed_rows import PackedRows, pack_rows

ROWS = 40


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache/packs"


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows that were copied."""
    rows: list[int] = []
    original = packed_rows._read_row
    monkeypatch.setattr(packed_rows, "_read_row", lambda source, row: rows.append(row) or original(source, row))
    return rows


def write(path: Path, seed: int = 0) -> Path:
    images = np.random.default_rng(seed).integers(0, 256, (ROWS, 8, 8, 3)).astype(np.uint8)
    np.savez_compressed(path, images)
    return path


def rows_of(archive: Archive) -> list[bytes]:
    return [archive.read(name) for name in archive.names()]


def test_a_copy_has_the_rows_and_is_made_once(tmp_path: Path, packs: Path, copied: list[int]) -> None:
    source = NumpyArchive(write(tmp_path / "x.npz"))
    assert rows_of(pack_rows(source)) == rows_of(source)
    assert rows_of(pack_rows(source)) == rows_of(source)
    assert copied == list(range(ROWS))
    (pack,) = packs.iterdir()
    assert pack.stat().st_mode & 0o077 == 0
    assert not list((packs.parent / "unfinished").iterdir())


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: data[:100], lambda data: b"", lambda data: data * 2]
)
def test_a_damaged_copy_is_made_again(
    tmp_path: Path, packs: Path, copied: list[int], damage: Callable[[bytes], bytes]
) -> None:
    source = NumpyArchive(write(tmp_path / "x.npz"))
    pack_rows(source)
    (pack,) = packs.iterdir()
    pack.write_bytes(damage(pack.read_bytes()))
    assert rows_of(pack_rows(source)) == rows_of(source)
    assert len(copied) == 2 * ROWS


def test_a_copy_that_is_removed_while_it_is_in_use_stays_readable(tmp_path: Path, packs: Path) -> None:
    source = NumpyArchive(write(tmp_path / "x.npz"))
    packed = pack_rows(source)
    (pack,) = packs.iterdir()
    pack.unlink()
    assert rows_of(packed) == rows_of(source)


def test_the_least_recently_used_copies_are_removed(
    tmp_path: Path, packs: Path, copied: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (NumpyArchive(write(tmp_path / f"{seed}.npz", seed)) for seed in range(3))
    for age, source in enumerate((first, second)):
        pack_rows(source)
        for path in packs.iterdir():
            os.utime(path, (10**9 + age, 10**9 + age))
    pack_rows(first)  # used, so now the second is the older one
    size = max(path.stat().st_size for path in packs.iterdir())
    monkeypatch.setattr(cache_files, "LIMIT_BYTES", 2 * size)
    pack_rows(third)
    copied.clear()
    for source in (first, third):
        assert rows_of(pack_rows(source)) == rows_of(source)
    assert not copied
    monkeypatch.setattr(cache_files, "LIMIT_BYTES", 1)  # the copy that is in use stays, however large it is
    assert rows_of(pack_rows(second)) == rows_of(second)
    assert len(list(packs.iterdir())) == 1


def test_the_draft_of_another_process_is_left_alone_unless_it_is_abandoned(tmp_path: Path, packs: Path) -> None:
    source = NumpyArchive(write(tmp_path / "x.npz"))
    pack_rows(source)
    (pack,) = packs.iterdir()
    drafts = [packs / f".{pack.name}.{name}.draft" for name in ("new", "old")]
    for draft in drafts:
        draft.write_bytes(b"half of it")
    os.utime(drafts[1], (10**9, 10**9))
    pack.unlink()
    assert rows_of(pack_rows(source)) == rows_of(source)
    assert sorted(packs.iterdir()) == sorted([pack, drafts[0]])


def copy_in_process(path: Path, start: Barrier, results: "SimpleQueue[tuple[int, bool]]") -> None:
    copied = 0
    original = packed_rows._read_row

    def count(source: NumpyArchive, row: int) -> bytes:
        nonlocal copied
        copied += 1
        return original(source, row)

    packed_rows._read_row = count
    source = NumpyArchive(path)
    start.wait()
    same = rows_of(pack_rows(source)) == rows_of(source)
    results.put((copied, same))


def test_of_processes_that_start_together_one_copies(tmp_path: Path, packs: Path) -> None:
    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(3), context.SimpleQueue()
    path = write(tmp_path / "x.npz")
    processes = [context.Process(target=copy_in_process, args=(path, start, results)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    found = [results.get() for _ in processes]
    assert sorted(found) == [(0, True), (0, True), (ROWS, True)]
    assert len(list(packs.iterdir())) == 1


def test_waiting_for_another_process_is_stated(
    tmp_path: Path, packs: Path, copied: list[int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = NumpyArchive(write(tmp_path / "x.npz"))
    pack_rows(source)
    (pack,) = packs.iterdir()
    whole = pack.read_bytes()
    pack.unlink()
    copied.clear()
    stated = packed_rows._print_waiting
    with holder_of(packs.parent / "unfinished" / pack.name / "lock") as release:

        def wait(holder: str, root: Path) -> None:
            stated(holder, root)
            pack.write_bytes(whole)  # the other process finishes
            release()

        monkeypatch.setattr(packed_rows, "_print_waiting", wait)
        assert rows_of(pack_rows(source)) == rows_of(source)
    assert not copied
    assert f"which copies the images of {tmp_path / 'x.npz'}\n" in capsys.readouterr().err


def test_a_source_that_cannot_be_read_is_named_as_such(tmp_path: Path, packs: Path) -> None:
    path = tmp_path / "x.hdf5"
    with h5py.File(path, "w") as file:
        images = np.random.default_rng(0).integers(0, 9, (ROWS, 3, 8, 8)).astype(np.uint8)
        place = file.create_dataset("imgs", data=images, compression="gzip", chunks=(10, 3, 8, 8)).id.get_chunk_info(2)
    data = bytearray(path.read_bytes())
    data[place.byte_offset : place.byte_offset + place.size] = bytes(place.size)
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"the image 20 of .*x.hdf5 cannot be read \(.*\); copy or download the file"):
        pack_rows(Hdf5(path))
    assert not list(packs.iterdir())


def test_every_process_opens_the_copy_itself(tmp_path: Path, packs: Path) -> None:
    packed = pack_rows(NumpyArchive(write(tmp_path / "x.npz")))
    kind, arguments = packed.__reduce__()
    assert kind is PackedRows
    assert rows_of(PackedRows(*arguments)) == rows_of(packed)
