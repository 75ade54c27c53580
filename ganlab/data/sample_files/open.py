"""Opening of finished samples, by the type of their file."""

from pathlib import Path

from ganlab.data.sample_files.array_file import ArrayFile
from ganlab.data.sample_files.base import SampleFiles
from ganlab.data.sample_files.image_files import ImageFiles

ARRAY_SUFFIXES = (".npy", ".npz")


def open_sample_files(path: str | Path) -> SampleFiles:
    """Open a folder or .zip of images, a .npz or a .npy; raises ValueError if its samples cannot be scored."""
    expanded = Path(path).expanduser()
    if not expanded.exists():
        raise ValueError(f"{path} does not exist; give a folder or .zip of images, a .npz or a .npy")
    return ArrayFile(expanded) if expanded.suffix.lower() in ARRAY_SUFFIXES else ImageFiles(expanded)
