"""Greys of 16 and 32 bits: one scale for the whole set, which is stated, in training and in evaluation."""

import logging
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.data import ImageFolder
from ganlab.data.readers.grey_range import fit_range
from ganlab.data.sample_files.open import open_sample_files
from ganlab.data.sample_files.reading import Reading

GREYS = np.random.default_rng(0).integers(0, 256, (4, 8, 8))
GREYS[0, 0, :2] = 0, 255


def write(folder: Path, arrays: np.ndarray, suffix: str) -> Path:
    folder.mkdir()
    for i, array in enumerate(arrays):
        Image.fromarray(array).save(folder / f"{i}{suffix}")
    return folder


def training_pixels(path: Path, **settings: object) -> np.ndarray:
    data = ImageFolder(str(path), 8, channels=1, validation=0, test=0, **settings)  # type: ignore[arg-type]
    return data.images.take(torch.arange(len(data.images)))[:, 0].numpy()


def evaluated_pixels(path: Path, **settings: object) -> np.ndarray:
    files = open_sample_files(path, Reading(**settings))  # type: ignore[arg-type]
    assert files.spec.sample == (1, 8, 8)
    return files.take(torch.arange(len(files)))[:, 0].numpy()


@pytest.mark.parametrize(
    ("arrays", "suffix"),
    [
        ((GREYS * 4095 / 255).astype(np.uint16), ".png"),
        ((GREYS * 4095 / 255).astype(np.uint16), ".tif"),
        ((GREYS * 257).astype(np.uint16), ".pgm"),
        (GREYS.astype(np.int32), ".tif"),
        ((GREYS * 3 - 400).astype(np.int32), ".tif"),
        ((GREYS / 255).astype(np.float32), ".tif"),
    ],
    ids=["12 bits", "12 bits tif", "16 bits", "counts", "negative", "floats"],
)
def test_the_whole_set_has_one_scale(tmp_path: Path, arrays: np.ndarray, suffix: str) -> None:
    path = write(tmp_path / "set", arrays, suffix)
    pixels = training_pixels(path)
    assert np.abs(pixels.astype(int) - GREYS).max() <= 1
    assert (evaluated_pixels(path) == pixels).all()
    assert (training_pixels(path, memory_limit_mib=0) == pixels).all()


def stored(folder: Path, images: np.ndarray) -> Path:
    np.savez(folder / "x.npz", images=images, labels=np.arange(len(images)) % 2)
    return folder / "x.npz"


def compressed(folder: Path, images: np.ndarray) -> Path:
    np.savez_compressed(folder / "x.npz", train_images=images[..., None], test_images=images[:1])
    return folder / "x.npz/train"


def other_byte_order(folder: Path, images: np.ndarray) -> Path:
    np.save(folder / "x.npy", images[:, None].astype(">u2"))
    return folder / "x.npy"


def hdf5(folder: Path, images: np.ndarray) -> Path:
    with h5py.File(folder / "x.hdf5", "w") as file:
        file.create_dataset("imgs", data=images[:, None], compression="lzf")
    return folder / "x.hdf5"


@pytest.mark.parametrize("write_array", [stored, compressed, other_byte_order, hdf5])
def test_greys_in_an_array_have_the_scale_of_those_in_files(
    tmp_path: Path, write_array: Callable[[Path, np.ndarray], Path]
) -> None:
    greys = (GREYS * 4095 / 255).astype(np.uint16)
    path, files = write_array(tmp_path, greys), write(tmp_path / "set", greys, ".png")
    pixels = training_pixels(files)
    for found in (training_pixels(path), training_pixels(path, memory_limit_mib=0), evaluated_pixels(path)):
        assert (found == pixels).all()
    assert (training_pixels(path, grey_range=[0, 8190]) == training_pixels(files, grey_range=[0, 8190])).all()
    assert "from 0 to 4095, scaled from [0, 4095]" in ImageFolder(str(path), 8, channels=1).summary()


def test_colours_in_an_array_have_eight_bits(tmp_path: Path) -> None:
    colours = np.zeros((4, 8, 8, 3), np.uint16)
    np.save(tmp_path / "x.npy", colours)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["imgs"] = colours
    for name in ("x.npy", "x.h5"):
        for opening in (open_sample_files, training_pixels):
            with pytest.raises(ValueError, match=rf"{name} must hold colours as uint8.* uint16"):
                opening(tmp_path / name)


def test_the_range_is_stated_and_can_be_set(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path / "set", (GREYS * 16).astype(np.uint16), ".png")
    data = ImageFolder(str(path), 8, channels=1)
    found = "greys of more than 8 bits from 0 to 4080, scaled from [0, 4095]"
    assert data.summary().endswith(f"; {found}")
    cut = ImageFolder(str(path), 8, channels=1, grey_range=[0, 2040])
    assert cut.summary().endswith("scaled from [0, 2040] and cut off outside")
    assert (training_pixels(path, grey_range=[0, 4080]) == GREYS).all()
    assert (evaluated_pixels(path, grey_range=(0.0, 4080.0)) == GREYS).all()
    with caplog.at_level(logging.WARNING):
        open_sample_files(path)
    assert caplog.messages[-1] == f"{path}: {found}"


def test_the_scale_is_part_of_the_fingerprint(tmp_path: Path) -> None:
    path = write(tmp_path / "set", (GREYS * 16).astype(np.uint16), ".png")
    first, second = (open_sample_files(path, Reading(grey_range=scale)) for scale in (None, (0.0, 4080.0)))
    assert first.fingerprint() != second.fingerprint()


@pytest.mark.parametrize(
    ("low", "high", "floats", "expected"),
    [
        (0, 255, False, (0, 255)),
        (9, 30, False, (0, 255)),
        (0, 256, False, (0, 511)),
        (0, 4080, False, (0, 4095)),
        (0, 65535, False, (0, 65535)),
        (-1024, 3071, False, (-1024, 3071)),
        (0.25, 0.5, True, (0.25, 0.5)),
        (7.0, 7.0, True, (7, 8)),
    ],
)
def test_black_and_white(low: float, high: float, floats: bool, expected: tuple[float, float]) -> None:
    assert fit_range(low, high, floats) == expected


@pytest.mark.parametrize("value", [[1], [3, 3], [0, float("inf")], "12", [0, "a"], [True, 2]])
def test_a_range_is_two_ascending_numbers(value: object) -> None:
    with pytest.raises(ValueError, match=r"grey_range must be null or \[black, white\] with black below white, got"):
        ImageFolder.preview(path="absent", grey_range=value)


def test_pixels_that_are_not_finite_are_named(tmp_path: Path) -> None:
    bad = np.zeros((8, 8), np.float32)
    bad[0, 0] = np.nan
    path = write(tmp_path / "set", np.stack([bad, np.eye(8, dtype=np.float32)]), ".tif")
    for opening in (open_sample_files, training_pixels):
        with pytest.raises(ValueError, match=r"0.tif \(it holds pixels that are not finite; replace them\)"):
            opening(path)
    assert len(training_pixels(path, on_error="skip")) == 1


def test_unverified_images_on_disk_need_the_range(tmp_path: Path) -> None:
    path = write(tmp_path / "set", (GREYS * 16).astype(np.uint16), ".png")
    with pytest.raises(Exception, match=r"whose black and white are unknown; set data\.grey_range"):
        training_pixels(path, memory_limit_mib=0, verify=False)
    assert (training_pixels(path, memory_limit_mib=0, verify=False, grey_range=[0, 4080]) == GREYS).all()


@pytest.mark.usefixtures("records")
def test_a_second_opening_reads_nothing(tmp_path: Path, read: list[str]) -> None:
    path = write(tmp_path / "set", (GREYS * 16).astype(np.uint16), ".png")
    first = ImageFolder(str(path), 8, channels=1)
    assert len(read) == 8  # each image once for its range and once for its pixels
    second = ImageFolder(str(path), 8, channels=1)
    assert (first.fingerprint(), first.summary()) == (second.fingerprint(), second.summary())
    assert len(read) == 8
