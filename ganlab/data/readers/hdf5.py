"""Images in an HDF5 file, as BigGAN-PyTorch's make_hdf5.py writes ImageNet (Brock et al. 2019)."""

from pathlib import Path
from typing import Any, final

import numpy as np

from ganlab.data.readers.archive import Archive
from ganlab.data.readers.optional_package import import_for
from ganlab.data.readers.packed_rows import pack_rows
from ganlab.data.readers.row_archive import RowArchive, encode_pixels
from ganlab.data.readers.zip_file import first_bytes

SUFFIXES, MAGIC = (".h5", ".hdf5", ".hdf"), b"\x89HDF\r\n\x1a\n"
MATLAB = ".mat"  # version 7.3 of its files are HDF5, too
IMAGES, LABELS = ("imgs", "images", "x"), ("labels", "label", "y")


@final
class Hdf5(RowArchive):
    """Images `imgs` (n, channels, height, width), or with channels last, and class numbers `labels` (n,).

    They are uint8, or greys as uint16.
    """

    def __init__(self, path: Path, part: str = "") -> None:
        if part:
            raise ValueError(f"{path} has no parts, so {path}/{part} does not exist; give {path}")
        self.root = path
        self._library = import_for(path, "h5py", "HDF5")
        try:
            self._file = self._library.File(path, "r")
        except OSError as error:
            raise ValueError(f"{path} cannot be read as HDF5 ({error}): copy or write it again") from error
        images = self._find(IMAGES)
        if images is None:
            raise ValueError(
                f"{path} must hold images as the data set {IMAGES[0]}, but it holds "
                f"{', '.join(self._entries()) or 'nothing'}; write it again with BigGAN-PyTorch's make_hdf5.py, or as "
                "a .npz"
            )
        shape, kind = images.shape, images.dtype
        if len(shape) != 4 or not ({shape[1], shape[3]} & {1, 3}) or kind not in (np.uint8, np.uint16):
            raise ValueError(
                f"{images.name} in {path} must hold images (n, channels, height, width) as uint8, got {kind} of "
                f"shape {shape}; write it again with BigGAN-PyTorch's make_hdf5.py"
            )
        self._images, self._channels_last = images, shape[1] not in (1, 3)
        self.eight_bit = kind == np.uint8
        if not self.eight_bit and shape[3 if self._channels_last else 1] != 1:
            raise ValueError(f"{images.name} in {path} must hold colours as uint8; {kind} is for grey images")
        self.counts = {path: shape[0]}
        self._numbers = self._read_labels(path)

    def __reduce__(self) -> tuple[type["Hdf5"], tuple[Path]]:
        """Make every process open the file itself."""
        return Hdf5, (self.root,)

    @classmethod
    def accepts(cls, path: Path) -> bool:
        """Accept HDF5 files, but not those of MATLAB."""
        suffix = path.suffix.lower()
        return path.is_file() and suffix != MATLAB and (suffix in SUFFIXES or first_bytes(path, len(MAGIC)) == MAGIC)

    def read_row(self, row: int) -> bytes:
        """Return an image as an uncompressed file."""
        image = np.asarray(self._images[row])
        return encode_pixels(image.transpose(2, 0, 1) if self._channels_last else image)

    def class_numbers(self) -> np.ndarray | None:
        """Return the labels."""
        return self._numbers

    def for_random_access(self) -> Archive:
        """Return a copy of the images if they are compressed, because that is done for hundreds of them together."""
        return pack_rows(self) if self._images.compression else self

    def _read_labels(self, path: Path) -> np.ndarray | None:
        labels, count = self._find(LABELS), self.counts[path]
        if labels is None:
            return None
        if labels.shape not in ((count,), (count, 1)) or labels.dtype.kind not in "iu":
            raise ValueError(
                f"{labels.name} in {path} must be one integer for each of its {count} images, got {labels.dtype} of "
                f"shape {labels.shape}"
            )
        return np.asarray(labels[:]).reshape(-1).astype(np.int64)

    def _find(self, names: tuple[str, ...]) -> Any:
        """Return the first data set of one of the names, None if there is none; a group is no data set."""
        found = (self._file[name] for name in names if self._file.get(name, getclass=True) is self._library.Dataset)
        return next(found, None)

    def _entries(self) -> list[str]:
        """Return the names at the top of the file, those of groups with a slash."""
        groups = [name for name in self._file if self._file.get(name, getclass=True) is self._library.Group]
        return [f"{name}/" if name in groups else name for name in self._file]
