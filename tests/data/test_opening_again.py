"""Opening images a second time reads only what has changed, and returns nothing but the files' own pixels."""

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from support.image_folders import ON_DISK, both_places, content, expected_fingerprint, open_folder, save_image

from ganlab.core.errors import TrainingError
from ganlab.data import Celeba
from ganlab.data.readers import image_records
from ganlab.data.readers.folder import Folder
from ganlab.data.readers.path_table import PathTable

pytestmark = pytest.mark.usefixtures("records")


@both_places
@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_the_second_opening_reads_no_file(class_images: Path, read: list[str], limit: int, packed: bool) -> None:
    path = Path(shutil.make_archive(str(class_images), "zip", class_images)) if packed else class_images
    first = open_folder(path, limit)
    assert len(read) == 10
    before = first.fingerprint()
    assert len(read) == 10
    second = open_folder(path, limit)
    assert second.fingerprint() == before == expected_fingerprint(first)
    assert len(read) == (10 if limit else 20)  # the expected fingerprint decodes images on disk
    assert content(first) == content(second)


def test_images_on_disk_that_are_not_verified_are_read_for_the_first_fingerprint_only(
    class_images: Path, read: list[str]
) -> None:
    open_folder(class_images, ON_DISK, verify=False).fingerprint()
    assert len(read) == 10
    open_folder(class_images, ON_DISK, verify=False).fingerprint()
    assert len(read) == 10
    (class_images / "a" / "2.bmp").write_bytes(b"")
    with pytest.raises(TrainingError, match=r"a/2.bmp cannot be read as an image \(it is empty\): repair it, or"):
        open_folder(class_images, ON_DISK, verify=False).fingerprint()
    assert read[10:] == ["a/2.bmp"]


def overwrite(images: Path) -> None:
    """Overwrite an image with one of the same size, and give it the former time of change."""
    status = (images / "b" / "3.bmp").stat()
    save_image(images / "b" / "3.bmp", 99)
    os.utime(images / "b" / "3.bmp", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (images / "b" / "3.bmp").stat().st_size == status.st_size


def replace(images: Path) -> None:
    save_image(images / "b" / "new.bmp", 99)
    (images / "b" / "new.bmp").replace(images / "b" / "3.bmp")


def swap(images: Path) -> None:
    for source, target in (("3", "x"), ("5", "3"), ("x", "5")):
        (images / "b" / f"{source}.bmp").rename(images / "b" / f"{target}.bmp")


def link(images: Path) -> None:
    save_image(images.parent / "elsewhere.bmp", 99)
    (images / "b" / "3.bmp").unlink()
    (images / "b" / "3.bmp").symlink_to(images.parent / "elsewhere.bmp")


@both_places
@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (overwrite, ["b/3.bmp"]),
        (replace, ["b/3.bmp"]),
        (swap, ["b/3.bmp", "b/5.bmp"]),
        (link, ["b/3.bmp"]),
        (lambda images: save_image(images / "a" / "more.bmp", 99), ["a/more.bmp"]),
        (lambda images: save_image(images / "c" / "more.bmp", 99), ["c/more.bmp"]),
        (lambda images: (images / "b" / "3.bmp").unlink(), []),
        (lambda images: shutil.rmtree(images / "b"), []),
        (
            lambda images: (images / "b").rename(images / "B"),
            [f"B/{number}.bmp" for number in range(1, 10, 2)],
        ),
        (lambda images: (images / "a" / "0.bmp").rename(images / "b" / "0.bmp"), ["b/0.bmp"]),
    ],
    ids=["overwrite", "replace", "swap", "link", "add", "class", "remove", "remove class", "rename class", "move"],
)
def test_changes_are_noticed_and_only_changed_files_are_read(
    class_images: Path,
    read: list[str],
    records: Path,
    limit: int,
    change: Callable[[Path], object],
    changed: list[str],
) -> None:
    open_folder(class_images, limit)
    change(class_images)
    read.clear()
    after = open_folder(class_images, limit, validation=0.2, test=0.2)
    assert sorted(read) == changed
    read.clear()
    again = content(open_folder(class_images, limit, validation=0.2, test=0.2))
    assert set(read) == (set() if limit else set(after.images.names))  # type: ignore[attr-defined]
    shutil.rmtree(records)
    assert content(after) == again == content(open_folder(class_images, limit, validation=0.2, test=0.2))


@both_places
def test_files_that_may_change_within_the_same_time_stamp_are_read_again(
    class_images: Path, read: list[str], limit: int, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_records, "GRANULARITY_NS", 10**15)
    for _ in range(2):
        read.clear()
        open_folder(class_images, limit)
        assert len(read) == 10
    assert not records.exists()


def test_a_file_that_changes_between_its_stamp_and_its_decoding_is_read_again(
    class_images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamps = Folder.stamps

    def late(self, names: PathTable) -> torch.Tensor:
        found = stamps(self, names)
        overwrite(class_images)
        return found

    monkeypatch.setattr(Folder, "stamps", late)
    open_folder(class_images)
    monkeypatch.setattr(Folder, "stamps", stamps)
    save_image(class_images / "b" / "3.bmp", 50)
    assert open_folder(class_images).images.take(torch.tensor([6]))[0, 0, 0, 0] == 50  # five of class a come first


@both_places
def test_unreadable_images_are_tried_at_every_opening(class_images: Path, read: list[str], limit: int, caplog) -> None:
    (class_images / "a" / "2.bmp").write_bytes(b"")
    for _ in range(2):
        with pytest.raises(ValueError, match=r"1 of 10 images cannot be read: a/2.bmp \(it is empty\): repair or rem"):
            open_folder(class_images, limit)
    assert read[10:] == ["a/2.bmp"]
    for _ in range(2):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            data = open_folder(class_images, limit, on_error="skip")
        assert "1 of 10 images cannot be read: a/2.bmp (it is empty): they are skipped" in caplog.text
        assert data.fingerprint() == expected_fingerprint(data)
    save_image(class_images / "a" / "2.bmp", 2)
    read.clear()
    data = open_folder(class_images, limit)
    assert read == ["a/2.bmp"]
    assert data.fingerprint() == expected_fingerprint(data)


@both_places
def test_a_moved_folder_has_the_same_fingerprint(class_images: Path, limit: int) -> None:
    before = open_folder(class_images, limit).fingerprint()
    class_images.rename(class_images.with_name("moved"))
    (class_images.with_name("link")).symlink_to(class_images.with_name("moved"))
    assert open_folder(class_images.with_name("moved"), limit).fingerprint() == before
    assert open_folder(class_images.with_name("link"), limit).fingerprint() == before


@both_places
def test_celeba_is_read_once(tmp_path: Path, read: list[str], limit: int) -> None:
    folder = tmp_path / "celeba"
    names = [f"{number:06}.jpg" for number in range(10)]
    for number, name in enumerate(names):
        save_image(folder / "img_align_celeba" / name, number)
    (folder / "list_attr_celeba.txt").write_text(
        "10\nMale\n" + "".join(f"{name} {1 - 2 * (name < '000005.jpg')}\n" for name in names)
    )
    (folder / "list_eval_partition.txt").write_text("".join(f"{name} {2 * (name[5] in '37')}\n" for name in names))
    first, second = (Celeba(str(tmp_path), resolution=8, memory_limit_mib=limit) for _ in range(2))
    assert len(read) == 10
    assert first.fingerprint() == second.fingerprint()
    assert first.images.take(torch.arange(10)).equal(second.images.take(torch.arange(10)))
