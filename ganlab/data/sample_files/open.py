"""Opening of finished samples, by the type of their file."""

from pathlib import Path

from ganlab.core.plain_files import require_plain
from ganlab.data.readers.array_images import are_deep
from ganlab.data.readers.array_layouts import find_sample_arrays
from ganlab.data.readers.numpy_archive import NumpyArchive
from ganlab.data.readers.open import locate
from ganlab.data.readers.sample_output import points_of
from ganlab.data.sample_files.array_file import ArrayFile, are_points
from ganlab.data.sample_files.base import SampleFiles
from ganlab.data.sample_files.image_files import ImageFiles
from ganlab.data.sample_files.kind_files import KindFiles, find_kind, kind_of_file
from ganlab.data.sample_files.reading import Reading
from ganlab.data.sample_files.text_lines import TextLines
from ganlab.kinds import kind_of


def open_sample_files(path: str | Path, reading: Reading | None = None) -> SampleFiles:
    """Open points, images, texts or files of another kind in any format that is read, by default as they are.

    Raises ValueError if its samples cannot be scored.
    """
    reading = reading or Reading()
    place, part = locate(path)
    require_plain(place)
    if TextLines.accepts(place):
        reading.require_settings((), "texts", place)
        return TextLines(place, reading.level or "character")
    if reading.level is not None:
        raise ValueError(
            f"level={reading.level} is no setting of samples other than texts, and {path} is no .txt file; leave it out"
        )
    points = points_of(place)
    if points is not None:
        return _open_array(points, "", reading)
    if NumpyArchive.accepts(place):
        samples = find_sample_arrays(place, part).samples
        # Arrays of images need no decoder unless they are resized or have greys of more than 8 bits.
        if are_points(samples) or (reading.size is None and not are_deep(samples)):
            return _open_array(place, part, reading)
    if kind := find_kind(place, part, reading.of_kind):
        return KindFiles(place / part, kind, reading)
    if place.is_file() and (single := kind_of_file(place.name)):
        raise ValueError(f"{path} is a single file of {single.plural}; give a folder of such files")
    return ImageFiles(Path(path).expanduser(), reading)


def _open_array(path: Path, part: str, reading: Reading) -> ArrayFile:
    """Open an array of which no setting changes the samples; raises ValueError if there is one."""
    files = ArrayFile(path, part)
    reading.require_settings((), kind_of(files.spec).plural, files.path)
    return files
