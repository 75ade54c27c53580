import errno
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.core.errors import TrainingError
from ganlab.data import ImageFolder
from ganlab.data.readers.decode_image import ImageDecoder
from ganlab.data.readers.open import open_archive

Save = Callable[..., Path]


def load_one(folder: Path, **settings: object) -> torch.Tensor:
    """Load the only image of a folder, with no image held out."""
    settings = {"resolution": 8, "validation": 0, "test": 0, **settings}
    data = ImageFolder(str(folder / "images"), **settings)  # type: ignore[arg-type]
    assert len(data) == 1
    return data.images.take(torch.tensor([0]))[0]


@pytest.mark.parametrize(
    ("name", "mode", "color", "expected"),
    [
        ("grey.png", "L", 100, (100, 100, 100)),
        ("colour.jpg", "RGB", (200, 200, 200), (200, 200, 200)),
        ("colour.webp", "RGB", (10, 20, 30), (10, 20, 30)),
        ("colour.bmp", "RGB", (1, 2, 3), (1, 2, 3)),
        ("one bit.png", "1", 1, (255, 255, 255)),
        ("sixteen bit.png", "I;16", 257 * 200, (200, 200, 200)),
        ("sixteen bit.tif", "I;16", 257 * 200, (200, 200, 200)),
        ("opaque.png", "RGBA", (9, 8, 7, 255), (9, 8, 7)),
        ("transparent.png", "RGBA", (9, 8, 7, 0), (255, 255, 255)),
        ("half.png", "LA", (0, 128), (127, 127, 127)),
        ("print.tiff", "CMYK", (0, 0, 0, 0), (255, 255, 255)),
        ("CAPITALS.PNG", "RGB", (4, 5, 6), (4, 5, 6)),
    ],
)
def test_every_pixel_format_is_converted(save_image: Save, tmp_path: Path, name, mode, color, expected) -> None:
    save_image(name, mode, (20, 30), color)
    image = load_one(tmp_path)
    assert (image.dtype, image.shape) == (torch.uint8, (3, 8, 8))
    pixels = torch.tensor(expected)[:, None, None]
    assert (image.int() - pixels).abs().max() <= 2  # JPEG and WEBP are lossy


@pytest.mark.parametrize("name", ["palette.png", "palette.gif"])
def test_palettes_and_their_transparent_colour(tmp_path: Path, name: str) -> None:
    (tmp_path / "images").mkdir()
    image = Image.new("P", (20, 20), 1)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.save(tmp_path / "images" / name)
    assert load_one(tmp_path)[:, 4, 4].tolist() == [0, 0, 255]
    image.save(tmp_path / "images" / name, transparency=1)
    assert load_one(tmp_path)[:, 4, 4].tolist() == [255, 255, 255]


@pytest.mark.parametrize(("channels", "expected"), [(1, [99]), (3, [99] * 3), (4, [99, 99, 99, 255])])
def test_images_have_the_requested_channels(
    save_image: Save, tmp_path: Path, channels: int, expected: list[int]
) -> None:
    save_image("x.png", "L", color=99)
    assert load_one(tmp_path, channels=channels)[:, 0, 0].tolist() == expected


def test_exif_rotation_is_undone(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[:, :8] = 255  # white on the left
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown rotated clockwise, with white at the top
    Image.fromarray(pixels).save(tmp_path / "images" / "turned.png", exif=exif)
    image = load_one(tmp_path, resolution=16)
    assert (int(image[:, :7].min()), int(image[:, 9:].max())) == (255, 0)


def test_fit_crops_pads_or_stretches_to_any_rectangle(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    pixels = np.full((8, 24, 3), 255, np.uint8)
    pixels[:, 8:16] = 128  # the middle third
    Image.fromarray(pixels).save(tmp_path / "images" / "wide.png")
    assert load_one(tmp_path, fit="crop").unique().tolist() == [128]
    padded = load_one(tmp_path, fit="pad", resolution=[24, 24])
    assert (int(padded[:, :8].max()), int(padded[:, 8:16].min()), int(padded[:, 16:].max())) == (0, 128, 0)
    stretched = load_one(tmp_path, fit="stretch", resolution=[8, 12])
    assert stretched.shape == (3, 8, 12)
    assert (int(stretched[0, 0, 0]), int(stretched[0, 0, 6])) == pytest.approx((255, 128), abs=2)


def test_shrinking_is_antialiased(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    checkerboard = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    Image.fromarray(checkerboard).save(tmp_path / "images" / "board.png")
    assert (load_one(tmp_path).int() - 127).abs().max() < 4


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"resolution": 2}, "resolution must be at least 4, got 2"),
        ({"resolution": [8, 8, 8]}, r"resolution must be one number or \[height, width\]"),
        ({"channels": 2}, "channels must be 1 .grey., 3 .colour. or 4"),
        ({"fit": "zoom"}, "fit must be one of crop, pad, stretch, got 'zoom'"),
        ({"max_pixels": 0}, "max_pixels must be at least 1, got 0"),
        ({"on_error": "ignore"}, "on_error must be one of refuse, skip, got 'ignore'"),
        ({"labels": True}, "labels is true, but this data has 1 class: conditioning needs at least 2"),
    ],
)
def test_settings_are_checked(save_image: Save, tmp_path: Path, settings: dict, message: str) -> None:
    save_image("a/x.png")
    with pytest.raises(ValueError, match=message):
        load_one(tmp_path, **settings)


@pytest.fixture
def broken(save_image: Save, tmp_path: Path) -> Path:
    """A folder of ten images, seven of them unreadable."""
    for number in range(3):
        save_image(f"a/{number}.png")
    whole = save_image("a/cut.jpg", size=(200, 200)).read_bytes()
    for number in range(5):
        (tmp_path / "images" / f"cut{number}.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "images" / "a" / "cut.jpg").write_bytes(b"this is text")
    save_image("large.png", size=(500, 500))
    return tmp_path / "images"


@pytest.mark.parametrize("limit", [0, 100])
def test_unreadable_images_are_refused_and_named(broken: Path, limit: int) -> None:
    with pytest.raises(
        ValueError, match=r"7 of 10 images cannot be read: a/cut.jpg .*; cut0.jpg .*; and 2 more"
    ) as error:
        ImageFolder(str(broken), 8, max_pixels=240_000, memory_limit_mib=limit)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("limit", [0, 100])
def test_unreadable_images_are_skipped_with_a_warning(broken: Path, limit: int, caplog) -> None:
    with caplog.at_level(logging.WARNING):
        data = ImageFolder(
            str(broken), 8, max_pixels=240_000, memory_limit_mib=limit, on_error="skip", validation=0, test=0
        )
    assert len(data) == 3
    assert "7 of 10 images cannot be read" in caplog.text


def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded(
    save_image: Save, tmp_path: Path, monkeypatch
) -> None:
    save_image("bomb.png", size=(300, 300))
    with pytest.raises(ValueError, match="300 by 300 pixels are more than max_pixels=50000 allows"):
        load_one(tmp_path, max_pixels=50_000)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)  # Pillow's own limit, which max_pixels overrides
    load_one(tmp_path, max_pixels=100_000)
    assert Image.MAX_IMAGE_PIXELS == 10


def test_a_folder_without_a_readable_image_is_an_error_even_if_skipping(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"")
    with pytest.raises(ValueError, match=r"1 of 1 images cannot be read: .*: repair or remove them$"):
        ImageFolder(str(tmp_path), on_error="skip")


def test_an_image_that_becomes_unreadable_during_training_is_named(save_image: Save, tmp_path: Path) -> None:
    path = save_image("x.png")
    data = ImageFolder(str(tmp_path / "images"), 8, validation=0, test=0, memory_limit_mib=0, verify=False)
    path.write_bytes(b"")
    with pytest.raises(TrainingError, match=r"x.png cannot be read as an image"):
        data.images.take(torch.tensor([0]))


def test_folders_are_classes_and_hidden_files_are_ignored(save_image: Save, tmp_path: Path) -> None:
    for name in ("cat/1.png", "cat/deep/2.png", "dog/3.png", "dog/.4.png", "__MACOSX/5.png"):
        save_image(name)
    data = ImageFolder(str(tmp_path / "images"), 8, labels=True, validation=0, test=0)
    assert data.labels.tolist() == [0, 0, 1]
    assert (data.spec.classes, data.class_names) == (2, ["cat", "dog"])


def test_linked_folders_are_classes_too(save_image: Save, tmp_path: Path) -> None:
    for name in ("cat/1.png", "../elsewhere/2.png"):
        save_image(name)
    for name in ("dog", "eel"):  # both link to one folder
        (tmp_path / "images" / name).symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    data = ImageFolder(str(tmp_path / "images"), 8, labels=True, validation=0, test=0)
    assert (data.class_names, data.labels.tolist()) == (["cat", "dog", "eel"], [0, 1, 2])
    (tmp_path / "linked").symlink_to(tmp_path / "images")
    assert (
        ImageFolder(str(tmp_path / "linked"), 8).fingerprint() == ImageFolder(str(tmp_path / "images"), 8).fingerprint()
    )


@pytest.mark.parametrize("target", [".", "..", "cat", "../elsewhere"])
def test_links_to_a_containing_folder_are_not_followed(save_image: Save, tmp_path: Path, target: str) -> None:
    for name in ("cat/deep/1.png", "dog/2.png", "../elsewhere/3.png"):
        save_image(name)
    images = tmp_path / "images"
    (tmp_path / "elsewhere" / "back").symlink_to(images)
    names = list(open_archive(images).files().images)
    assert names == ["cat/deep/1.png", "dog/2.png"]
    (images / "cat" / "deep" / "loop").symlink_to(images / target)
    linked = ["cat/deep/loop/3.png"] if "else" in target else []
    assert list(open_archive(images).files().images) == sorted([*names, *linked])


def test_images_outside_of_class_folders_leave_the_classes_unknown(save_image: Save, tmp_path: Path) -> None:
    for name in ("cat/1.png", "dog/3.png", "stray.png"):
        save_image(name)
    assert ImageFolder(str(tmp_path / "images"), 8, validation=0, test=0).labels is None
    with pytest.raises(ValueError, match=r"1 of 3 images have no class, such as stray\.png; move them"):
        ImageFolder(str(tmp_path / "images"), 8, validation=0, test=0, labels=True)


def test_a_folder_without_permission_is_named(
    save_image: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("cat/1.png", "dog/3.png"):
        save_image(name)
    scandir = os.scandir

    def deny(path: str) -> Any:
        if str(path).endswith("dog"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", deny)
    with pytest.raises(
        ValueError, match=r"dog cannot be read \(Permission denied\): change its permissions, or move it"
    ):
        ImageFolder(str(tmp_path / "images"), 8, validation=0, test=0)


def test_the_summary_names_classes_without_a_training_image(save_image: Save, tmp_path: Path) -> None:
    for number in range(5):
        save_image(f"{'cat' if number else 'dog'}/{number}.png")
    data = ImageFolder(str(tmp_path / "images"), 8, validation=0.2, test=0.2, labels=True, limit=1)
    assert data.summary().endswith("training images per class: cat 0, dog 1; classes without a training image: cat")


def test_folders_of_splits_are_not_classes(save_image: Save, tmp_path: Path) -> None:
    for name in ("train/cat/1.png", "train/dog/2.png", "Val/cat/3.png", "Val/dog/4.png"):
        save_image(name)
    assert ImageFolder(str(tmp_path / "images"), 8, validation=0, test=0).labels is None
    with pytest.raises(ValueError, match="the folders Val and train are splits, not classes; set path to one of them"):
        ImageFolder(str(tmp_path / "images"), 8, validation=0, test=0, labels=True)
    data = ImageFolder(str(tmp_path / "images" / "train"), 8, validation=0, test=0, labels=True)
    assert data.class_names == ["cat", "dog"]


def test_the_summary_names_splits_classes_and_ignored_files(save_image: Save, tmp_path: Path) -> None:
    for number in range(8):
        save_image(f"{'cat' if number < 5 else 'dog'}/{number}.jfif", format="JPEG")
    for name in ("cat/phone.heic", ".hidden", "about.csv"):
        (tmp_path / "images" / name).write_bytes(b"")
    data = ImageFolder(str(tmp_path / "images"), 8, validation=0.25, test=0)
    sizes = "images: 6 training, 2 validation, 0 test; training images per class: cat 4, dog 2"
    assert data.summary() == f"{sizes}; files ignored by type: 1, such as cat/phone.heic"


def test_the_message_for_files_that_are_not_images_shows_no_memory_address(save_image: Save, tmp_path: Path) -> None:
    save_image("1.png")
    (tmp_path / "images" / "2.png").write_bytes(b"")
    (tmp_path / "images" / "3.png").write_bytes(b"words")
    with pytest.raises(ValueError, match=r"2\.png \(it is empty\); 3\.png \(it is not an image\): repair"):
        ImageFolder(str(tmp_path / "images"), 8)


def test_a_table_of_classes(save_image: Save, tmp_path: Path) -> None:
    for name in ("1.png", "more/2.png", "3.png"):
        save_image(name)
    table = tmp_path / "images" / "classes.csv"
    table.write_text("filename,class\n1.png,red\nmore/2.png,blue\n3.png,red\n")
    assert ImageFolder(str(tmp_path / "images"), 8, labels=True, validation=0, test=0).labels.tolist() == [1, 1, 0]
    table.write_text("1.png,red\n")
    with pytest.raises(
        ValueError, match=r"classes.csv must name a class for every image .*2 have none, such as 3.png; add a line"
    ):
        ImageFolder(str(tmp_path / "images"), 8)


def read_with_table(save_image: Save, content: bytes) -> ImageFolder:
    """Read two images next to a classes.csv with this content."""
    for name in ("1.png", "2.png"):
        path = save_image(name)
    path.with_name("classes.csv").write_bytes(content)
    return ImageFolder(str(path.parent), 8, labels=True, validation=0, test=0)


ROWS = "1.png,café\n2.png,blue\n"


@pytest.mark.parametrize(
    "content",
    [ROWS.encode(), ROWS.encode("utf-8-sig"), ROWS.replace("\n", "\r").encode(), f"{ROWS}2.png,blue\n".encode()],
    ids=["plain", "byte order mark", "old line ends", "repeated line"],
)
def test_tables_of_classes_in_the_formats_of_other_programs(save_image: Save, content: bytes) -> None:
    assert read_with_table(save_image, content).class_names == ["blue", "café"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (ROWS.encode("latin-1"), "classes.csv must be UTF-8, but byte 9 is not; save it as UTF-8"),
        (ROWS.encode("utf-16"), "classes.csv must be UTF-8, but byte 0 is not"),
        (ROWS.encode("utf-16-le"), "classes.csv must be UTF-8"),
        (b"1.png,red\n2.png,blue\n".decode().encode("utf-16-le"), "it holds zero bytes, as UTF-16 does; save it as"),
        (b"1.png,red\n2.png, \n", "must name a class for every image as 'path,class', but 1 have none, such as 2.png"),
        (
            b"1.png,red\n2.png,red\n2.png,blue\n",
            r"names several classes for 2.png \(blue, red\); remove all lines but one",
        ),
        (b"1.png,red\n2.png," + b"x" * 200_000, "classes.csv cannot be read as lines 'path,class'"),
    ],
    ids=["latin-1", "utf-16", "utf-16 unmarked", "utf-16 of ascii", "empty class", "two classes", "endless field"],
)
def test_tables_without_one_class_per_image_are_refused(save_image: Save, content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_with_table(save_image, content)


@pytest.mark.parametrize("place", ["", "all/", "all/photos/"])
def test_a_table_of_classes_may_be_in_any_folder_that_contains_all_images(
    save_image: Save, tmp_path: Path, place
) -> None:
    for name in ("all/photos/train/1.png", "all/photos/val/2.png", "all/photos/3.png"):
        save_image(name)
    rows = {"all/photos/train/1.png": "red", "all/photos/val/2.png": "blue", "all/photos/3.png": "red"}
    table = "".join(f"{name.removeprefix(place)},{label}\n" for name, label in rows.items())
    (tmp_path / "images" / place / "classes.csv").write_text(table)
    data = ImageFolder(str(tmp_path / "images"), 8, labels=True, validation=0, test=0)
    assert data.labels.tolist() == [1, 1, 0]
    assert data.class_names == ["blue", "red"]


def test_preview_checks_settings_without_reading_files() -> None:
    spec = ImageFolder.preview(path="absent", resolution=[16, 24], channels=1, labels=True)
    assert spec.sample == (1, 16, 24)
    assert spec.classes > 0
    for settings in ({"fit": "crp"}, {"channels": 2}, {"on_error": "ignore"}, {"resolution": [16]}, {"max_pixels": 0}):
        with pytest.raises(ValueError, match=f"{next(iter(settings))} must be"):
            ImageFolder.preview(path="absent", **settings)


def test_skipping_needs_verified_images(save_image: Save, tmp_path: Path) -> None:
    save_image("1.png")
    with pytest.raises(ValueError, match="on_error=skip finds no unreadable images among those that stay on disk"):
        ImageFolder(str(tmp_path / "images"), 8, on_error="skip", verify=False, memory_limit_mib=0)


def test_a_zip_equals_the_folder_that_it_holds(save_image: Save, tmp_path: Path) -> None:
    for number in range(6):
        save_image(f"{'ab'[number % 2]}/{number}.png", color=(40 * number, 0, 0))
    packed = tmp_path / "images.zip"
    with ZipFile(packed, "w") as archive:
        for path in (tmp_path / "images").rglob("*.png"):
            archive.write(path, Path("wrapped") / path.relative_to(tmp_path / "images"))
        archive.writestr("readme.txt", "hello")
    folder, zipped, streamed = (
        ImageFolder(str(path), 8, labels=True, validation=0, test=0, memory_limit_mib=limit)
        for path, limit in ((tmp_path / "images", 9), (packed, 9), (packed, 0))
    )
    assert folder.fingerprint() == zipped.fingerprint() == streamed.fingerprint()
    assert (folder.needs_workers, streamed.needs_workers) == (False, True)


def test_a_zip_with_paths_outside_of_it_writes_nothing(save_image: Save, tmp_path: Path) -> None:
    packed = tmp_path / "images" / "bad.zip"
    image = save_image("x.png").read_bytes()
    with ZipFile(packed, "w") as archive:
        archive.writestr("inside.png", image)
        archive.writestr("../../outside.png", image)
    assert len(ImageFolder(str(packed), 8, validation=0, test=0)) == 1
    assert not list(tmp_path.parent.glob("**/outside.png"))


def test_paths_without_images_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(b"PK not a zip")
    for path, message in (
        (
            tmp_path / "missing",
            "missing does not exist; give a folder of images, a .zip",
        ),
        (tmp_path, "path must hold images .*, but .* holds none; give the folder or .zip"),
        (tmp_path / "bad.zip", "bad.zip is not a readable zip file"),
    ):
        with pytest.raises(ValueError, match=message):
            ImageFolder(str(path))


def test_deep_greys_without_a_range_are_refused() -> None:
    decoder = ImageDecoder((8, 8), 3, "crop", 1000)
    with pytest.raises(ValueError, match=r"whose black and white are unknown; set data\.grey_range"):
        decoder.convert(Image.new("F", (8, 8)))
