import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.image_folders import save_image as save_shade

from ganlab.data.readers import image_records
from ganlab.data.readers.folder import Folder
from ganlab.data.readers.zip_file import Zip


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


@pytest.fixture
def mnist_root(tmp_path: Path) -> Path:
    """A data root with 30 training images (gzipped) and 12 test images in the format of MNIST."""
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    numbers = np.random.default_rng(0)
    for part, count in (("train", 30), ("t10k", 12)):
        images, labels = numbers.integers(0, 256, (count, 28, 28)), np.arange(count) % 10
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            data, path = idx(array), folder / f"{part}-{kind}-ubyte"
            if part == "train":
                path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(data))
            else:
                path.write_bytes(data)
    return tmp_path


@pytest.fixture
def save_image(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that saves an image of one colour below `tmp_path / "images"`."""

    def save(
        name: str, mode: str = "RGB", size: tuple[int, int] = (20, 20), color: object = None, **options: object
    ) -> Path:
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, size, color if color is not None else 128 if mode in ("L", "P", "I;16") else "teal").save(
            path, **options
        )
        return path

    return save


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the test's own, which trusts files as soon as they are written; returns its folder."""
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(image_records, "GRANULARITY_NS", -(10**12))
    return tmp_path / "cache" / "images"


@pytest.fixture
def class_images(tmp_path: Path) -> Path:
    """A folder with two classes of ten images together."""
    for number in range(10):
        save_shade(tmp_path / "images" / "ab"[number % 2] / f"{number}.bmp", number)
    return tmp_path / "images"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read."""
    names: list[str] = []
    for archive in (Folder, Zip):

        def reading(self, name: str, original: Callable = archive.read) -> bytes:
            names.append(name)
            return original(self, name)

        monkeypatch.setattr(archive, "read", reading)
    return names
