"""Images in .npy and .npz files, in the layouts of other programs, for training and for evaluation."""

import pickle
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from ganlab.data import ImageFolder
from ganlab.data.readers.array_images import ArrayImages
from ganlab.data.readers.numpy_archive import NumpyArchive
from ganlab.data.sample_files.open import open_sample_files

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 3)).astype(np.uint8)
CLASSES = np.arange(12) % 3


def open_all(path: Path, **settings: object) -> ImageFolder:
    return ImageFolder(str(path), 8, validation=0, test=0, **settings)  # type: ignore[arg-type]


def pixels_of(data) -> torch.Tensor:
    return data.images.take(torch.arange(12)) if isinstance(data, ImageFolder) else data.take(torch.arange(12))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed], ids=["stored", "compressed"])
@pytest.mark.parametrize(
    ("arrays", "part"),
    [
        ({"arr_0": IMAGES, "arr_1": CLASSES}, ""),
        ({"samples": IMAGES, "labels": CLASSES}, ""),
        ({"train_images": IMAGES, "train_labels": CLASSES[:, None].astype(np.uint8)}, ""),
        ({"val_images": IMAGES, "val_labels": CLASSES[:, None], "test_images": IMAGES[:2]}, "val"),
        ({"x_train": IMAGES[:2], "y_train": CLASSES[:2], "x_test": IMAGES, "y_test": CLASSES}, "test"),
        ({"arr_0": IMAGES.transpose(0, 3, 1, 2), "arr_1": CLASSES}, ""),
        ({"arr_0": np.asfortranarray(IMAGES), "arr_1": CLASSES}, ""),
    ],
    ids=["guided-diffusion", "ganlab", "medmnist", "medmnist part", "keras", "channels first", "fortran"],
)
def test_layouts_of_other_programs(tmp_path: Path, save, arrays: dict[str, np.ndarray], part: str) -> None:
    save(tmp_path / "x.npz", **arrays)
    path = tmp_path / "x.npz" / part if part else tmp_path / "x.npz"
    for data in (open_all(path, labels=True), open_sample_files(path), open_all(path, labels=True, memory_limit_mib=0)):
        assert pixels_of(data).permute(0, 2, 3, 1).numpy().tolist() == IMAGES.tolist()
        assert (data.labels.tolist(), data.class_names) == (CLASSES.tolist(), ["0", "1", "2"])


def test_grey_images_without_an_axis_of_channels(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", IMAGES[..., 0])
    assert open_sample_files(tmp_path / "x.npy").spec.sample == (1, 8, 8)
    grey = open_all(tmp_path / "x.npy", channels=1)
    assert pixels_of(grey)[:, 0].numpy().tolist() == IMAGES[..., 0].tolist()


def test_parts_must_be_chosen_and_exist(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, train_images=IMAGES, test_images=IMAGES)
    for opening in (open_all, open_sample_files):
        with pytest.raises(
            ValueError, match=r"holds the parts train, test; choose one of them, such as .*x\.npz/train"
        ):
            opening(path)
        with pytest.raises(ValueError, match=r"has no part 'val'; it has train, test"):
            opening(path / "val")
    np.savez(path, IMAGES)
    with pytest.raises(ValueError, match=r"has no parts, so .*x\.npz/train does not exist"):
        open_all(path / "train")


def test_parts_of_one_file_have_their_own_fingerprints(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", train_images=IMAGES, test_images=IMAGES[::-1])
    first, second = (open_sample_files(tmp_path / "x.npz" / part) for part in ("train", "test"))
    assert first.fingerprint() != second.fingerprint()


def test_points_and_statistics_are_no_images(tmp_path: Path) -> None:
    np.save(tmp_path / "points.npy", np.zeros((5, 2)))
    np.savez(tmp_path / "statistics.npz", mu=np.zeros(4), sigma=np.eye(4))
    with pytest.raises(ValueError, match=r"must hold images \(n, height, width, channels\)"):
        open_all(tmp_path / "points.npy")
    with pytest.raises(ValueError, match=r"mean and covariance of features .*, not samples; it can be the real side"):
        open_all(tmp_path / "statistics.npz")


def test_every_process_opens_the_file_itself(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", train_images=np.tile(IMAGES, (50, 1, 1, 1)), test_images=IMAGES[:2])
    archive = NumpyArchive(tmp_path / "x.npz", "train")
    data = pickle.dumps(archive)
    assert len(data) < 1000  # without the 115,200 bytes of pixels
    assert pickle.loads(data).read_row(3) == archive.read_row(3)


def test_only_the_first_process_looks_through_floats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "x.npy", IMAGES / np.float32(127.5) - 1)
    archive = NumpyArchive(tmp_path / "x.npy")
    monkeypatch.setattr(ArrayImages, "_check_range", lambda images: pytest.fail("looked through again"))
    assert pickle.loads(pickle.dumps(archive)).read_row(3) == archive.read_row(3)


@pytest.mark.parametrize("shape", [(5, 0), (5, 0, 3), (0, 8, 8, 3)])
def test_an_empty_array_holds_no_samples(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "x.npy", np.zeros(shape))
    for opening in (open_all, open_sample_files):
        with pytest.raises(ValueError, match=rf"x.npy holds no samples, but an array of shape {re.escape(str(shape))}"):
            opening(tmp_path / "x.npy")
