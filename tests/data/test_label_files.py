"""Classes in files of well-known data sets, and storage folders, which are no classes."""

import csv
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest
from support.image_folders import save_image

from ganlab.data import ImageFolder
from ganlab.data.label_files import find
from ganlab.data.readers import file_list
from ganlab.data.sample_files.open import open_sample_files

LABELS = [3, 11, 3, 0, 11, 0]


def open_all(path: Path, **settings: object) -> ImageFolder:
    return ImageFolder(str(path), 8, validation=0, test=0, **settings)  # type: ignore[arg-type]


def stylegan(root: Path, labels: object) -> Path:
    """Write images in storage folders of two, and dataset.json, as NVIDIA's dataset_tool.py does."""
    for i in range(6):
        save_image(root / f"{i // 2:05d}/img{i:08d}.png", i)
    (root / "dataset.json").write_text(json.dumps({"labels": labels}))
    return root


def entries(labels: list[int]) -> list[list[object]]:
    return [[f"{i // 2:05d}/img{i:08d}.png", label] for i, label in enumerate(labels)]


def zipped(root: Path) -> Path:
    path = root.with_suffix(".zip")
    with ZipFile(path, "w") as file:
        for name in sorted(root.rglob("*.*")):
            file.write(name, name.relative_to(root))
    return path


def tarred(root: Path) -> Path:
    path = root.with_suffix(".tar")
    with tarfile.open(path, "w") as file:
        for name in sorted(root.rglob("*.*")):
            file.add(name, name.relative_to(root), recursive=False)
    return path


@pytest.mark.parametrize("pack", [Path, zipped, tarred], ids=["folder", "zip", "tar"])
def test_the_classes_of_a_stylegan_data_set_are_those_of_dataset_json(tmp_path: Path, pack) -> None:
    path = pack(stylegan(tmp_path / "set", entries(LABELS)))
    data, files = open_all(path, labels=True), open_sample_files(path)
    for found in (data, files):
        assert found.class_names == ["0", "3", "11"]  # in the order of numbers
        assert [int(found.class_names[label]) for label in found.labels] == LABELS


@pytest.mark.parametrize("labels", [None, "absent"])
def test_storage_folders_are_no_classes(tmp_path: Path, labels: object) -> None:
    path = stylegan(tmp_path / "set", None)
    if labels == "absent":
        (path / "dataset.json").unlink()
        with pytest.raises(ValueError, match=r"folders 00000, 00001, … number the images through, .* add the dataset"):
            open_all(path, labels=True)
    else:
        with pytest.raises(ValueError, match="labels is true, but this data has no classes"):
            open_all(path, labels=True)
    assert open_all(path).labels is None
    assert open_sample_files(path).labels is None


def test_numbered_class_folders_stay_classes(tmp_path: Path) -> None:
    for sign in range(3):  # as in the training part of GTSRB
        for i in range(2):
            save_image(tmp_path / f"Images/{sign:05d}/00000_{i:05d}.ppm", sign)
    assert open_all(tmp_path, labels=True).class_names == ["00000", "00001", "00002"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (json.dumps({"labels": [["00000/img00000000.png", [0.0, 1.0]]]}), "gives a vector of numbers for 00000/img"),
        (json.dumps({"labels": [["00000/img00000000.png", -1]]}), r'an entry is \["00000/img00000000.png", -1\]'),
        (json.dumps({"labels": {"x": 1}}), r'an entry is \{"x": 1\}; write it again'),
        ("{", "dataset.json cannot be read as json"),
        ("[" * 100_000, "dataset.json cannot be read as json"),
        (json.dumps({"labels": entries(LABELS)[:-1]}), "1 of 6 images have no class, such as 00002"),
    ],
)
def test_dataset_json_that_names_no_classes_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = stylegan(tmp_path, None)
    (path / "dataset.json").write_text(text)
    with pytest.raises(ValueError, match=message):
        open_all(path, labels=True)


def test_a_dataset_json_of_another_program_is_not_read(tmp_path: Path) -> None:
    for i in range(4):
        save_image(tmp_path / f"{'ab'[i % 2]}/{i}.png", i)
    for content in ({"name": "letters"}, ["letters"]):
        (tmp_path / "dataset.json").write_text(json.dumps(content))
        assert open_all(tmp_path, labels=True).class_names == ["a", "b"]


def test_every_file_of_classes_is_recognised_in_an_archive() -> None:
    assert sorted(file_list.LABEL_FILES) == sorted(kind.file_name for kind in find.LABEL_FILES)


def test_ones_own_table_replaces_that_of_the_data_set(tmp_path: Path) -> None:
    path = stylegan(tmp_path, entries(LABELS))
    with (path / "classes.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            (name, "even" if i % 2 == 0 else "odd") for i, (name, _) in enumerate(entries(LABELS))
        )
    assert open_all(path, labels=True).class_names == ["even", "odd"]


def test_validation_images_of_tiny_imagenet(tmp_path: Path) -> None:
    words = ["n03444034", "n04067472", "n03444034"]
    for i in range(3):
        save_image(tmp_path / f"val/images/val_{i}.png", i)
    lines = [f"val_{i}.png\t{word}\t0\t32\t44\t62" for i, word in enumerate(words)]
    (tmp_path / "val/val_annotations.txt").write_text("\n".join(lines))
    data = open_all(tmp_path / "val", labels=True)
    assert [data.class_names[label] for label in data.labels] == words


def test_test_images_of_gtsrb(tmp_path: Path) -> None:
    for i in range(3):
        save_image(tmp_path / f"Images/{i:05d}.ppm", i)
    rows = [f"{i:05d}.ppm;53;54;6;5;48;49;{sign}" for i, sign in enumerate((16, 1, 16))]
    head = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2"
    table = tmp_path / "Images/GT-final_test.csv"
    table.write_text("\n".join([f"{head};ClassId", *rows]))
    data = open_all(tmp_path, labels=True)
    assert [data.class_names[label] for label in data.labels] == ["16", "1", "16"]
    table.write_text("\n".join([head, *(row.rpartition(";")[0] for row in rows)]))
    with pytest.raises(ValueError, match="must have the columns Filename and ClassId; download GTSRB_Final_Test_GT"):
        open_all(tmp_path)
    table.write_text("\n".join([f"{head};ClassId", *rows[:2], "00002.ppm;53"]))
    with pytest.raises(ValueError, match=r"1 of 3 images have no class, such as Images/00002.ppm"):
        open_all(tmp_path, labels=True)


@pytest.mark.parametrize("pack", [Path, zipped, tarred], ids=["folder", "zip", "tar"])
def test_birds_are_named_by_three_tables(tmp_path: Path, pack: Callable[[Path], Path]) -> None:
    root = tmp_path / "set"
    names = ["001.Albatross/a_1.png", "002.Auklet/b_2.png"]
    for i, name in enumerate(names):
        save_image(root / "images" / name, i)
    (root / "images.txt").write_text("".join(f"{i + 1} {name}\n" for i, name in enumerate(names)))
    (root / "image_class_labels.txt").write_text("1 1\n2 2\n")
    (root / "classes.txt").write_text("1 001.Albatross\n2 002.Auklet\n")
    assert open_all(pack(root), labels=True).class_names == ["001.Albatross", "002.Auklet"]
    (root / "classes.txt").unlink()
    with pytest.raises(ValueError, match=r"classes.txt in .* cannot be read \(.*(there is no such file|No such file)"):
        open_all(pack(root))


def test_a_file_of_classes_that_is_not_read_is_named(tmp_path: Path) -> None:
    for i in range(3):
        save_image(tmp_path / f"jpg/image_{i}.jpg", i)
    (tmp_path / "imagelabels.mat").write_bytes(b"MATLAB 5.0 MAT-file")
    with pytest.raises(ValueError, match=r"classes of the images are unknown; imagelabels.mat is a MATLAB file, which"):
        open_all(tmp_path, labels=True)
    assert len(open_all(tmp_path)) == 3
