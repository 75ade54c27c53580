"""Files in a folder and its subfolders."""

import os
from array import array
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import final

import numpy as np
import torch
from torch import Tensor

from ganlab.core.plain_files import read_plain
from ganlab.data.readers.archive import Archive
from ganlab.data.readers.file_stamp import NO_STAMP, stamp
from ganlab.data.readers.path_table import PathTable


@final
class Folder(Archive):
    """A folder and its subfolders."""

    def __init__(self, root: Path, part: str = "") -> None:
        self.root = root / part

    @classmethod
    def accepts(cls, path: Path) -> bool:
        """Accept every folder."""
        return path.is_dir()

    def names(self) -> list[str]:
        """Walk the tree and follow symbolic links to folders, except links to a folder that contains the link.

        Raises ValueError for a folder that cannot be listed.
        """
        names, root = list[str](), (os.path.realpath(self.root),)
        ancestors: dict[str, tuple[str, ...]] = {str(self.root): root}  # real paths of each pending folder's ancestors
        for folder, subfolders, files in os.walk(self.root, onerror=_raise_unlisted, followlinks=True):
            prefix = PurePath(folder).relative_to(self.root).as_posix()
            names += files if prefix == "." else (f"{prefix}/{file}" for file in files)
            above = ancestors.pop(folder)
            real_paths = {name: os.path.realpath(os.path.join(folder, name)) for name in subfolders}
            subfolders[:] = [name for name, path in real_paths.items() if not _contains_any(path, above)]
            ancestors |= {os.path.join(folder, name): (*above, real_paths[name]) for name in subfolders}
        return sorted(names)

    def read(self, name: str) -> bytes:
        """Read a plain file; raises ValueError for a pipe, a device or the like."""
        return read_plain(self.root / name)

    def stamps(self, names: PathTable) -> Tensor:
        """Ask the file system for every file; a link counts as the file that it leads to."""
        numbers, prefix = array("q"), os.path.join(self.root, "")
        for name in names:
            numbers.extend(stamp(prefix + name))
        return torch.from_numpy(np.frombuffer(numbers, np.int64)).view(-1, len(NO_STAMP))


def _contains_any(folder: str, paths: Iterable[str]) -> bool:
    return any(PurePath(path).is_relative_to(folder) for path in paths)


def _raise_unlisted(error: OSError) -> None:
    raise ValueError(
        f"the folder {error.filename} cannot be read ({error.strerror}): change its permissions, or move it elsewhere"
    )
