"""Opening of finished samples, by the type of their file."""

from collections.abc import Mapping
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
from ganlab.data.sample_files.kind_files import KindFiles, find_kind
from ganlab.data.sample_files.reading import Reading
from ganlab.data.sample_files.text_lines import TextLines


def open_sample_files(path: str | Path, reading: Reading | None = None) -> SampleFiles:
    """Open points, images, texts or files of another kind in any format that is read, by default as they are.

    Raises ValueError if its samples cannot be scored.
    """
    reading = reading or Reading()
    place, part = locate(path)
    require_plain(place)
    if TextLines.accepts(place):
        _reject_settings(reading.of_kind, "texts", path)
        return TextLines(place, reading.level or "character")
    _reject_settings({"level": reading.level} if reading.level else {}, "samples other than texts", path)
    points = points_of(place)
    if points is not None:
        return ArrayFile(points)
    if NumpyArchive.accepts(place):
        samples = find_sample_arrays(place, part).samples
        # Arrays of images need no decoder unless they are resized or have greys of more than 8 bits.
        if are_points(samples) or (reading.size is None and not are_deep(samples)):
            return ArrayFile(place, part)
    if kind := find_kind(place, part, reading.of_kind):
        return KindFiles(place / part, kind, reading)
    _reject_settings(reading.of_kind, "images", path)
    return ImageFiles(Path(path).expanduser(), reading)


def _reject_settings(settings: Mapping[str, object], kind: str, path: str | Path) -> None:
    """Raise ValueError for the first of settings that the samples of a kind do not have."""
    for name, value in settings.items():
        raise ValueError(f"{name}={value} is no setting of {kind}, as {path} holds; leave it out")
