"""Opening finished samples, whatever they are kept in."""

from pathlib import Path

from ganlab.data.sample_files.array_file import ArrayFile
from ganlab.data.sample_files.base import Collection
from ganlab.data.sample_files.image_files import ImageFiles

ARRAYS = (".npy", ".npz")


def open_collection(path: str | Path) -> Collection:
    """Open samples in files; raises ValueError with a sentence where they are not to be had."""
    place = Path(path).expanduser()
    if not place.exists():
        raise ValueError(f"{path} does not exist; give a folder or .zip of images, a .npz or a .npy")
    return ArrayFile(place) if place.suffix.lower() in ARRAYS else ImageFiles(place)
