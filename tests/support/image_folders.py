"""Small folders of images, and all that training reads from them, for tests of opening a folder more than once."""

from hashlib import sha256
from pathlib import Path

import pytest
import torch
from PIL import Image

from ganlab.core.random import Random
from ganlab.data import ImageFolder

IN_MEMORY, ON_DISK = 100, 0  # memory_limit_mib
both_places = pytest.mark.parametrize("limit", [IN_MEMORY, ON_DISK], ids=["in memory", "on disk"])


def save_image(path: Path, shade: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (12, 8), (shade, 20 * shade % 256, 7)).save(path)  # all .bmp of one size have equally many bytes


def open_folder(path: Path, memory_limit_mib: int = IN_MEMORY, /, **settings: object) -> ImageFolder:
    return ImageFolder(str(path), 8, memory_limit_mib=memory_limit_mib, **settings)  # type: ignore[arg-type]


def content(data: ImageFolder) -> list[object]:
    """Return everything that training reads from the data."""
    batch = data.labelled_batch(data.split("train")[:4], Random().seek(0))
    splits = [data.split(name).tolist() for name in ("train", "validation", "test")]
    pixels = data.images.take(torch.arange(len(data.images))).tolist()
    labels = None if data.labels is None else data.labels.tolist()
    return [data.fingerprint(), splits, pixels, labels, batch.sample.tolist(), data.summary(), data.class_names]


def expected_fingerprint(data: ImageFolder) -> str:
    """Return the fingerprint by its definition, which runs of all versions have recorded."""
    pixels = data.images.take(torch.arange(len(data.images)))
    digest = sha256(b"".join(sha256(image.numpy().tobytes()).digest() for image in pixels)).hexdigest()
    parts = {name: data.split(name) for name in ("train", "validation", "test")}
    sizes = repr({name: len(parts[name]) for name in sorted(parts)})
    text = repr(tuple(pixels.shape[1:])) + digest + sizes
    tables = [*parts.values(), *([] if data.labels is None else [data.labels])]
    return sha256(text.encode() + b"".join(table.numpy().tobytes() for table in tables)).hexdigest()
