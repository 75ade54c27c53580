"""Finished samples in files, and every way in which they may be unfit."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.data.sample_files.open import open_collection


def images(folder: Path, count: int = 5, size: tuple[int, int] = (6, 4), mode: str = "RGB", part: str = "") -> Path:
    place = folder / part
    place.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        Image.new(mode, size, number if mode == "L" else (number, 0, 0)).save(place / f"{mode}{number}.png")
    return folder


def test_a_folder_its_zip_and_its_array_hold_the_same(tmp_path: Path) -> None:
    folder = images(tmp_path / "a")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        for path in sorted(folder.iterdir()):
            file.write(path, path.name)
    stored = open_collection(folder)
    pixels = stored.take(torch.arange(5))
    np.savez(tmp_path / "a.npz", pixels.permute(0, 2, 3, 1).numpy())
    np.save(tmp_path / "a.npy", pixels.float().div(127.5).sub(1).numpy())
    for name in ("a.zip", "a.npz", "a.npy"):
        other = open_collection(tmp_path / name)
        assert other.spec.sample == stored.spec.sample == (3, 4, 6)
        assert other.take(torch.arange(5)).equal(pixels)
    assert open_collection(tmp_path / "a.zip").fingerprint() == stored.fingerprint()
    assert [len(batch.sample) for batch in stored.batches(2)] == [2, 2, 1]
    assert [len(batch.sample) for batch in stored.batches(2, 1, 2)] == [2]


def test_grey_only_where_all_are_and_classes_from_folders(tmp_path: Path) -> None:
    grey = images(images(tmp_path / "a", mode="L", part="cat"), mode="L", part="dog")
    assert open_collection(grey).spec.sample == (1, 4, 6)
    assert open_collection(grey).labels.tolist() == [0] * 5 + [1] * 5
    assert open_collection(images(grey, part="dog")).spec.sample == (3, 4, 6)


def test_points_and_labels_come_from_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "p.npz", points=np.zeros((3, 2)), labels=np.array([0, 2, 1]))
    points = open_collection(tmp_path / "p.npz")
    assert (points.spec.sample, points.spec.classes, points.labels.tolist()) == ((2,), 3, [0, 2, 1])


def test_faults_are_told_in_one_sentence(tmp_path: Path) -> None:
    def refused(name: str, words: str, **arrays: np.ndarray) -> None:
        path = tmp_path / name
        if arrays:
            np.savez(path, **arrays)
        with pytest.raises(ValueError, match=words):
            open_collection(path)

    (tmp_path / "empty").mkdir()
    refused("nowhere", "does not exist; give a folder")
    refused("empty", "must hold images .* but it holds none")
    images(images(tmp_path / "mixed"), 1, (9, 9), part="sub")
    refused("mixed", "have 2 sizes, 5 of 6 by 4 and 1 of 9 by 9 .* resize them all")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "x.png").write_bytes(b"no image")
    images(tmp_path / "broken", 1, (6, 4))
    (tmp_path / "broken" / "y.png").touch()
    refused(
        "broken", r"2 of \d images cannot be read: x.png \(it is no image\); y.png \(it is empty\): repair or remove"
    )
    (tmp_path / "bad.npz").write_bytes(b"no array")
    refused("bad.npz", "cannot be read as an array")
    nan = np.zeros((2, 4, 4, 3), np.float32)
    nan[1, 0] = np.nan
    refused("nan.npz", "1 images in .* hold NaN", x=nan)
    refused("positive.npz", "would be greys and lighter; save uint8", x=np.full((2, 4, 4, 3), 0.5))
    refused("words.npz", "one integer of at least 0", x=np.zeros((2, 2)), labels=np.array(["cat", "dog"]))
    np.savez_compressed(tmp_path / "cut.npz", x=np.random.default_rng(0).random((9, 2)))
    (tmp_path / "cut.npz").write_bytes((tmp_path / "cut.npz").read_bytes()[:-40])
    refused("cut.npz", "cannot be read as an array")
    refused("none.npz", "holds no samples", x=np.zeros((0, 2)))
    refused("wide.npz", r"as floats in \[-1, 1\]", x=np.full((2, 4, 4, 3), 9.0))
    refused("channels.npz", "1 or 3 channels", x=np.zeros((2, 4, 4, 2), np.uint8))
    np.save(tmp_path / "single.npy", np.array(3.0))
    refused("single.npy", r"single.npy must hold images .* got float64 of shape \(\)")
    refused("two.npz", "one array of samples", x=np.zeros((2, 2)), y=np.zeros((2, 2)))
    refused("labels.npz", "one integer of at least 0", x=np.zeros((2, 2)), labels=np.array([0, -1]))
