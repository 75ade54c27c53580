"""Formats that are not read, with the way to convert them."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ganlab.data.readers.zip_file import first_bytes


class UnreadFormat(NamedTuple):
    """The name of a format, the suffixes and first bytes of its files, and how to convert them."""

    name: str
    suffixes: tuple[str, ...]
    advice: str
    magic: bytes = b""


CONTAINERS = (".parquet", ".tar", ".zip", ".npz", ".npy", ".h5", ".hdf5", ".mdb")  # that are read themselves
SHARD = re.compile(r"-\d+-of-\d+$")  # after the suffix of TFRecord files
TO_FOLDER = "write its images as PNG files, one folder for each class"
UNREAD_FORMATS = (
    UnreadFormat("TFRecord", (".tfrecord", ".tfrecords"), f"read it with tensorflow's tf.data and {TO_FOLDER}"),
    UnreadFormat("a MATLAB file", (".mat",), f"load it with scipy.io.loadmat and {TO_FOLDER}, or as a .npz", b"MATLAB"),
    UnreadFormat(
        "an Arrow file of the datasets library",
        (".arrow", ".feather"),
        "load it with datasets.load_from_disk and write it with its to_parquet",
        b"ARROW1",
    ),
    UnreadFormat(
        "a video",
        (".avi", ".mp4", ".mov", ".mkv", ".webm", ".mpg", ".mpeg", ".m4v", ".wmv"),
        "write its frames with ffmpeg -i VIDEO frames/%06d.png",
    ),
    UnreadFormat("MXNet's RecordIO", (".rec",), f"read it with mxnet.recordio and {TO_FOLDER}"),
    UnreadFormat("an FFCV file", (".beton",), "give the images that it was written from"),
    UnreadFormat(
        "a pickle, which could run code", (".pkl", ".pickle", ".pt", ".pth"), "write its arrays with numpy.savez"
    ),
    UnreadFormat("DICOM", (".dcm", ".dicom"), "write its pixels as 16-bit PNG files, with pydicom and Pillow"),
    UnreadFormat("NIfTI", (".nii", ".nii.gz"), "write its slices as 16-bit PNG files, with nibabel and Pillow"),
    UnreadFormat("HEIF", (".heic", ".heif"), "write PNG or JPEG files, for example with mogrify -format png *.heic"),
    UnreadFormat("AVIF", (".avif",), "write PNG or JPEG files, for example with mogrify -format png *.avif"),
    UnreadFormat("JPEG 2000", (".jp2", ".j2k"), "write PNG files, for example with mogrify -format png *.jp2"),
    UnreadFormat("JPEG XL", (".jxl",), "write PNG files, with djxl FILE.jxl FILE.png"),
    UnreadFormat("OpenEXR", (".exr",), "write 16-bit PNG files"),
    UnreadFormat("a raw photograph", (".cr2", ".nef", ".arw", ".dng"), "develop it to PNG or JPEG files"),
    UnreadFormat("SVG", (".svg",), "draw it as PNG files, for example with rsvg-convert"),
    UnreadFormat("Zarr", (".zarr",), "write its arrays with numpy.savez"),
    UnreadFormat("CSV", (".csv", ".tsv"), "write the numbers as an array of points with numpy.save"),
    UnreadFormat(
        "a compressed archive, in which files cannot be found without unpacking all of it",
        (".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar"),
        "unpack it, and give the folder or an uncompressed .tar",
    ),
)  # fmt: skip


def find_unread(names: Iterable[str]) -> tuple[UnreadFormat, str] | None:
    """Return the first format that is known but not read, by the suffixes of files, and the file."""
    for name in names:
        plain = SHARD.sub("", name.lower())
        for unread in UNREAD_FORMATS:
            if plain.endswith(unread.suffixes):
                return unread, name
    return None


def reject_unread(path: Path) -> None:
    """Raise ValueError if a file is of a format that is known but not read."""
    found = find_unread([path.name])
    if found is None:
        start = first_bytes(path, 16)
        found = next(
            ((unread, path.name) for unread in UNREAD_FORMATS if unread.magic and start.startswith(unread.magic)), None
        )
    if found is not None:
        raise ValueError(f"{path} is {found[0].name}, which is not read: {found[0].advice}")


def unread_advice(names: Iterable[str]) -> str:
    """Return a clause about what to give instead, by the other files in a folder or archive; "" if none is known."""
    found = list(names)
    inner = next((name for name in found if name.lower().endswith(CONTAINERS)), None)
    if inner is not None:
        return f"; it holds {inner}: give that file or its folder, unpacked"
    unread = find_unread(found)
    return "" if unread is None else f"; {unread[1]} is {unread[0].name}, which is not read: {unread[0].advice}"
