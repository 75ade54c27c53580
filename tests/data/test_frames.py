"""Pages of TIFF files and frames of animations: all of them, or a line that says how many are not used."""

import logging
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.data import ImageFolder
from ganlab.data.sample_files.open import open_sample_files
from ganlab.data.sample_files.reading import Reading

SHADES = [10, 90, 170, 250]


def write(path: Path, shades: list[int] = SHADES, size: tuple[int, int] = (8, 8)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pages = [Image.new("L", size, shade) for shade in shades]
    options = {"lossless": True} if path.suffix == ".webp" else {}
    pages[0].save(path, save_all=True, append_images=pages[1:], **options)


def shades_of(data) -> list[int]:
    images = data.images.take(torch.arange(len(data.images)))
    return images[:, 0, 4, 4].tolist()


@pytest.mark.parametrize("suffix", [".tif", ".gif", ".webp", ".png", ".apng"])
def test_every_frame_is_an_image(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / f"a/x{suffix}")
    Image.new("L", (8, 8), 50).save(tmp_path / "a/y.bmp")
    for limit in (100, 0):
        data = ImageFolder(str(tmp_path), 8, frames="all", validation=0, test=0, memory_limit_mib=limit)
        assert np.allclose(shades_of(data), [*SHADES, 50], atol=2)
        assert "frames" not in data.summary()
    files = open_sample_files(tmp_path, Reading(frames="all"))
    assert np.allclose(shades_of(files), [*SHADES, 50], atol=2)


def test_unused_frames_are_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("x.tif", "y.gif", "z.tif"):
        write(tmp_path / name, SHADES if name != "z.tif" else SHADES[:1])
    said = "6 frames of 2 files are not used, only their first ones; set "
    assert ImageFolder(str(tmp_path), 8, validation=0, test=0).summary().endswith(f"; {said}data.frames=all")
    with caplog.at_level(logging.WARNING):
        assert len(open_sample_files(tmp_path)) == 3
    assert caplog.messages[-1] == f"{tmp_path}: {said}frames=all"


def test_frames_have_the_class_of_their_file(tmp_path: Path) -> None:
    write(tmp_path / "cat/x.tif")
    write(tmp_path / "dog/y.tif", SHADES[:2])
    data = ImageFolder(str(tmp_path), 8, labels=True, frames="all", validation=0, test=0)
    assert (data.class_names, data.labels.tolist()) == (["cat", "dog"], [0, 0, 0, 0, 1, 1])
    (tmp_path / "classes.csv").write_text("cat/x.tif,red\ndog/y.tif,blue\n")
    data = ImageFolder(str(tmp_path), 8, labels=True, frames="all", validation=0, test=0)
    assert (data.class_names, data.labels.tolist()) == (["blue", "red"], [1, 1, 1, 1, 0, 0])


def test_a_file_whose_name_looks_like_a_frame_is_a_file(tmp_path: Path) -> None:
    write(tmp_path / "x#1.tif", SHADES[:1])
    write(tmp_path / "x.tif", SHADES[:2])
    data = ImageFolder(str(tmp_path), 8, frames="all", validation=0, test=0)
    assert sorted(shades_of(data)) == [10, 10, 90]


def test_pages_of_different_sizes_need_a_size_for_scores(tmp_path: Path) -> None:
    pages = [Image.new("L", size, 50) for size in ((8, 8), (4, 4))]  # as in a pyramid of resolutions
    pages[0].save(tmp_path / "x.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(ValueError, match=r"1 files in .* hold frames of different sizes, .* set resolution=N"):
        open_sample_files(tmp_path, Reading(frames="all"))
    assert len(open_sample_files(tmp_path, Reading((8, 8), "crop", "all"))) == 2


@pytest.mark.usefixtures("records")
def test_the_pages_of_a_file_are_decoded_from_one_reading_of_it(tmp_path: Path, read: list[str]) -> None:
    write(tmp_path / "set/x.tif")
    data = ImageFolder(str(tmp_path / "set"), 8, frames="all", validation=0, test=0)
    assert read == ["x.tif"] * 2  # once for the number of pages and once for their pixels
    assert pickle.loads(pickle.dumps(data.images)).take(torch.tensor([2]))[0, 0, 0, 0] == SHADES[2]
    first, every = (open_sample_files(tmp_path / "set", Reading(frames=frames)) for frames in ("first", "all"))
    assert first.fingerprint() != every.fingerprint()


def test_deep_pages_share_one_scale(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.full((8, 8), value, np.uint16)) for value in (0, 2048, 4095)]
    pages[0].save(tmp_path / "x.tif", save_all=True, append_images=pages[1:])
    data = ImageFolder(str(tmp_path), 8, channels=1, frames="all", validation=0, test=0)
    assert shades_of(data) == [0, 128, 255]


def test_other_values_of_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="frames must be one of first, all, got 'last'"):
        ImageFolder.preview(path="absent", frames="last")


def test_images_are_resized_by_the_rule_of_training(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 20, 14, 3)).astype(np.uint8)
    for i, image in enumerate(pixels):
        Image.fromarray(image).save(tmp_path / f"{i}.png")
    np.savez(tmp_path / "x.npz", pixels)
    for fit in ("crop", "pad", "stretch"):
        data = ImageFolder(str(tmp_path), 8, fit=fit, validation=0, test=0)
        for path in (tmp_path, tmp_path / "x.npz"):
            files = open_sample_files(path, Reading((8, 8), fit))
            assert files.take(torch.arange(3)).equal(data.images.take(torch.arange(3)))
