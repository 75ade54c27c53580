"""Opening of finished samples, by the type of their file."""

from pathlib import Path

from ganlab.data.readers.numpy_archive import NumpyArchive
from ganlab.data.readers.open import locate
from ganlab.data.readers.plain_file import require_plain
from ganlab.data.readers.sample_output import points_of
from ganlab.data.sample_files.array_file import ArrayFile
from ganlab.data.sample_files.base import SampleFiles
from ganlab.data.sample_files.image_files import ImageFiles


def open_sample_files(path: str | Path) -> SampleFiles:
    """Open points or images in any format that is read; raises ValueError if its samples cannot be scored."""
    place, part = locate(path)
    require_plain(place)
    array = place if NumpyArchive.accepts(place) else points_of(place)
    return ImageFiles(Path(path).expanduser()) if array is None else ArrayFile(array, part)
