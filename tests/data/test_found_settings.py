"""`data.resolution=auto`, `data.channels=auto` and `data.labels=auto` are found from the images."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab.config import compose, notices
from ganlab.core.errors import ConfigurationError
from ganlab.data import ImageFolder

ALL = {"resolution": "auto", "channels": "auto", "labels": "auto"}


def write(folder: Path, sizes: list[tuple[int, int]], mode: str = "RGB", suffix: str = "png") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, size in enumerate(sizes):
        Image.new(mode, size).save(folder / f"{number:03}.{suffix}")
    return folder


def find(path: Path, largest: int = 256, **settings: object) -> dict[str, object]:
    return ImageFolder.find_settings({"path": str(path), **ALL, **settings}, largest)


@pytest.mark.parametrize(
    ("sizes", "resolution"),
    [
        ([(25, 25)], 32),  # enlarged
        ([(64, 64)], 64),
        ([(63, 200)], 32),
        ([(300, 129), (300, 127), (130, 400)], 128),
        ([(20, 20), (500, 500), (600, 700)], 256),
        ([(5000, 3000)], 256),
    ],
)
def test_the_resolution_is_one_that_half_of_the_images_have(tmp_path, sizes, resolution):
    assert find(write(tmp_path, sizes))["resolution"] == resolution


def test_the_device_limits_the_resolution(tmp_path):
    folder = write(tmp_path, [(300, 300)])
    assert [find(folder, side)["resolution"] for side in (32, 64, 128, 256)] == [32, 64, 128, 256]


GREYS = [("L", "png"), ("1", "png"), ("L", "jpg"), ("I;16", "png")]
COLOURS = [("RGB", "jpg"), ("P", "png"), ("RGBA", "png"), ("CMYK", "jpg")]


@pytest.mark.parametrize(("mode", "suffix"), GREYS + COLOURS)
def test_images_are_grey_only_if_all_are(tmp_path, mode, suffix):
    write(tmp_path, [(40, 40)], mode, suffix)
    assert find(tmp_path)["channels"] == (1 if (mode, suffix) in GREYS else 3)
    write(tmp_path / "colour", [(40, 40)])
    assert find(tmp_path)["channels"] == 3


def test_folders_of_ten_images_are_classes(tmp_path):
    write(tmp_path / "cats", [(8, 8)] * 12)
    assert find(tmp_path)["labels"] is False  # one class
    write(tmp_path / "dogs", [(8, 8)] * 8)
    assert find(tmp_path)["labels"] is True
    write(tmp_path / "birds", [(8, 8)])
    assert find(tmp_path)["labels"] is False  # seven on average


@pytest.mark.parametrize("names", [("train", "test"), ("00000", "00001")])
def test_folders_of_splits_and_of_storage_are_no_classes(tmp_path, names):
    for part, name in enumerate(names):
        folder = tmp_path / name
        folder.mkdir()
        for number in range(20):
            Image.new("L", (8, 8)).save(folder / f"{20 * part + number:05}.png")
    assert find(tmp_path)["labels"] is False


def test_classes_of_a_table(tmp_path):
    write(tmp_path, [(8, 8)] * 20)
    with (tmp_path / "classes.csv").open("w", newline="") as file:
        csv.writer(file).writerows((f"{number:03}.png", "even" if number % 2 else "odd") for number in range(20))
    assert find(tmp_path)["labels"] is True


def test_only_what_is_auto_is_found(tmp_path):
    assert find(write(tmp_path, [(64, 64)]), resolution=16, labels=False) == {"channels": 3}
    assert ImageFolder.find_settings({"path": "nowhere"}, 32) == {}


def test_files_that_cannot_be_read_do_not_count(tmp_path):
    write(tmp_path, [(130, 130)])
    for number in range(3):
        (tmp_path / f"broken{number}.png").write_bytes(b"no image")
    assert find(tmp_path)["resolution"] == 128
    (tmp_path / "000.png").unlink()
    assert find(tmp_path)["resolution"] == 32  # the data set then names the files


def test_arrays(tmp_path):
    np.savez(tmp_path / "images.npz", np.zeros((30, 70, 70, 3), np.uint8), np.arange(30) % 3)
    assert find(tmp_path / "images.npz") == {"resolution": 64, "channels": 3, "labels": True}
    np.save(tmp_path / "grey.npy", np.zeros((30, 25, 25), np.uint8))
    assert find(tmp_path / "grey.npy") == {"resolution": 32, "channels": 1, "labels": False}


def test_the_configuration_holds_what_was_found(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(notices, "_said", set())  # an earlier test of this process may have found the same
    folder = write(tmp_path, [(300, 300)] * 20)
    overrides = ["experiment=own_images", f"data.path={folder}", "trainer=cpu"]
    config = compose(overrides)
    assert {key: config.data[key] for key in ALL} == {"resolution": 32, "channels": 3, "labels": False}
    assert caplog.messages == [
        "found in the images: data.resolution=32, data.channels=3, data.labels=false (without a GPU at most 32 pixels; "
        "data.resolution=64 takes about four times as long)"
    ]
    assert compose([*overrides, "data.resolution=64"]).data.resolution == 64


def test_errors_are_those_of_the_path_alone(tmp_path):
    for overrides, sentence in (
        ([], "data.path: no value is set; write data.path=VALUE"),
        ([f"data.path={tmp_path}/none"], "data: .*/none does not exist; give a folder of images"),
        ([f"data.path={tmp_path}"], "data: path must hold images"),
    ):
        with pytest.raises(ConfigurationError, match=sentence) as error:
            compose(["experiment=own_images", *overrides])
        assert len(error.value.issues) == 1
