"""Memory of data sets of many files."""

import gc
import os
import pickle
import pickletools
from pathlib import Path
from types import FunctionType, ModuleType

import pytest
from support.image_folders import (
    both_places,
    open_folder,
    save_image,
)

from ganlab.data import ImageFolder

pytestmark = pytest.mark.usefixtures("records")


def count_objects(data: ImageFolder) -> int:
    """Return how many objects a worker process creates when it receives the data."""
    return sum(code.name != "FRAME" for code, _, _ in pickletools.genops(pickle.dumps(data)))


def reachable(data: ImageFolder) -> int:
    """Return the number of objects that the data refers to, without the program's own."""
    seen, pending = {id(data)}, [data]
    while pending:
        for value in gc.get_referents(pending.pop()):
            if id(value) not in seen and not isinstance(value, (type, ModuleType, FunctionType)):
                seen.add(id(value))
                pending.append(value)
    return len(seen)


@both_places
def test_the_number_of_python_objects_does_not_grow_with_the_files(tmp_path: Path, limit: int) -> None:
    save_image(tmp_path / "1.bmp", 1)
    sizes: dict[int, tuple[int, int, int]] = {}
    for count in (100, 2000):
        for number in range(count):
            path = tmp_path / str(count) / "ab"[number % 2] / f"{number:06}.bmp"
            path.parent.mkdir(parents=True, exist_ok=True)
            os.link(tmp_path / "1.bmp", path)
        (tmp_path / str(count) / "a" / "ignored").mkdir()
        for number in range(count):
            (tmp_path / str(count) / "a" / "ignored" / f"{number}.txt").touch()
        data = open_folder(tmp_path / str(count), limit)
        data.fingerprint()
        sizes[count] = count_objects(data), reachable(data), len(pickle.dumps(data))
    assert sizes[100][:2] == sizes[2000][:2]
    pixels = 3 * 8 * 8 if limit else 0
    assert (sizes[2000][2] - sizes[100][2]) / 1900 - pixels < 60  # path, its end, label and place in a split
