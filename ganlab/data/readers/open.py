"""Opening of images in any format, by what is found at a path."""

import os
from pathlib import Path

from ganlab.core.plain_files import require_plain
from ganlab.data.readers.archive import Archive
from ganlab.data.readers.folder import Folder
from ganlab.data.readers.hdf5 import Hdf5
from ganlab.data.readers.lmdb_images import LmdbImages
from ganlab.data.readers.numpy_archive import NumpyArchive
from ganlab.data.readers.parquet import Parquet
from ganlab.data.readers.sample_output import SampleOutput, reject_run
from ganlab.data.readers.tar_shards import TarShards
from ganlab.data.readers.unread_formats import reject_unread
from ganlab.data.readers.zip_file import Zip

# The first that accepts a path opens it: those that look like another one come before it.
FORMATS: tuple[type[Archive], ...] = (
    SampleOutput,
    NumpyArchive,
    Parquet,
    TarShards,
    Hdf5,
    LmdbImages,
    Zip,
    Folder,
)
READ = "a folder of images, a .zip or .tar of them, or a .npz, .npy, .parquet, .hdf5 or LMDB of images"


def open_archive(path: str | Path) -> Archive:
    """Open images; a last component that does not exist is the part of the file or folder before it.

    Raises ValueError if there is nothing at the path, and if its format is not read.
    """
    place, part = locate(path)
    require_plain(place)
    reject_run(place)
    for kind in FORMATS:
        if kind.accepts(place):
            return kind(place, part)
    reject_unread(place)
    raise ValueError(f"{path} has no format that is read; give {READ}")


def locate(path: str | Path) -> tuple[Path, str]:
    """Return an existing path and the name of a part of it, "" for all; raises ValueError if there is no such path."""
    expanded = Path(path).expanduser()
    if os.path.lexists(expanded):
        if not expanded.exists():
            raise ValueError(f"{path} is a link to {os.readlink(expanded)}, which does not exist")
        return expanded, ""
    parent = expanded.parent
    if parent.is_file() or any(kind.has_parts(parent) for kind in FORMATS if parent.is_dir()):
        return parent, expanded.name
    raise ValueError(f"{path} does not exist; give {READ}")
