"""Images in one or several tar files, such as the shards of webdataset, found by their place in the file."""

import re
import tarfile
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, final

import numpy as np
import torch
from torch import Tensor

from ganlab.core.plain_files import open_plain
from ganlab.core.progress import progress
from ganlab.data.readers.archive import Archive
from ganlab.data.readers.class_numbers import number_classes
from ganlab.data.readers.file_list import SUFFIXES
from ganlab.data.readers.file_stamp import stamp
from ganlab.data.readers.path_table import PathTable
from ganlab.data.readers.shards import find_shards, list_shards
from ganlab.data.readers.zip_file import MAX_BYTES, first_bytes

SUFFIX, CLASS_SUFFIX = ".tar", ".cls"
MAGIC, MAGIC_POSITION = b"ustar", 257
SYNSET = re.compile(r"n\d{8}")
END = bytes(512)  # the block after the last file


class _Member(NamedTuple):
    name: str
    shard: int
    offset: int
    size: int
    label: str


@final
class TarShards(Archive):
    """The files of uncompressed tars; KEY.cls holds the class of the images KEY.jpg, KEY.png and so on.

    Shards that are named by a synset of WordNet, as ImageNet is published, are classes. Otherwise the classes come from
    folders and tables as in a folder. If shards have files of the same name,
    the shard's name comes first. Raises ValueError for damaged files.
    """

    def __init__(self, path: Path, part: str = "") -> None:
        self.root = path / part if part else path
        self.shards = list_shards(path, part, SUFFIX)
        bar = progress(self.shards, f"index of {path.name}", "file")
        members = [member for number, shard in enumerate(bar) for member in _read_index(shard, number)]
        if len({member.name for member in members}) < len(members):
            members = [member._replace(name=f"{self.shards[member.shard].stem}/{member.name}") for member in members]
        members.sort()
        self._labelled = any(member.label for member in members)
        self._names = PathTable.of(member.name for member in members)
        places = np.array([(member.shard, member.offset, member.size) for member in members], np.int64)
        self._places = torch.from_numpy(places.reshape(-1, 3))
        self._labels = PathTable.of(member.label for member in members)

    @classmethod
    def accepts(cls, path: Path) -> bool:
        """Accept a tar, or a folder of them."""
        if path.is_dir():
            return cls.has_parts(path)
        start = first_bytes(path, MAGIC_POSITION + len(MAGIC))
        return start[MAGIC_POSITION:] == MAGIC or path.suffix.lower() == SUFFIX

    @classmethod
    def has_parts(cls, path: Path) -> bool:
        """Return whether a folder holds tars."""
        return bool(find_shards(path, SUFFIX))

    def names(self) -> list[str]:
        """List all files but those of classes."""
        return list(self._names)

    def read(self, name: str) -> bytes:
        """Read a file at its place in its shard."""
        shard, offset, size = self._places[self._find(name)].tolist()
        if size > MAX_BYTES:
            raise ValueError(f"it has {size} bytes, more than the {MAX_BYTES} that are allowed")
        with open_plain(self.shards[shard]) as file:
            file.seek(offset)
            data = file.read(size)
        if len(data) < size:
            raise ValueError(f"{self.shards[shard].name} ends within it; copy it again")
        return data

    def stamps(self, names: PathTable) -> Tensor:
        """Return the stamp of its shard for every file."""
        stamps = torch.tensor([stamp(shard) for shard in self.shards])
        return stamps[self._places[self._rows(names), 0]]

    def classes(self, names: PathTable) -> tuple[list[str], Tensor] | None:
        """Return the classes in .cls files; None if there are none."""
        if not self._labelled:
            return None
        return number_classes((self._labels[row] for row in self._rows(names).tolist()), numbered=True)

    def _rows(self, names: PathTable) -> Tensor:
        if names.equals(self._names):
            return torch.arange(len(names))
        return torch.tensor([self._find(name) for name in names], dtype=torch.int64)

    def _find(self, name: str) -> int:
        row = bisect_left(self._names, name)
        if row == len(self._names) or self._names[row] != name:
            raise ValueError("there is no such file")
        return row


def _read_index(shard: Path, number: int) -> Iterator[_Member]:
    """Yield the files of a shard, images with their class; raises ValueError if it is damaged."""
    try:
        with open_plain(shard) as file, tarfile.open(fileobj=file, mode="r:") as archive:
            labels: dict[str, str] = {}
            found: dict[str, tuple[int, int]] = {}
            while (info := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # otherwise it keeps them all
                name = info.name.removeprefix("./")
                if not info.isreg() or info.issparse():
                    continue
                if name.endswith(CLASS_SUFFIX):
                    content = archive.extractfile(info)
                    labels[_key(name)] = "" if content is None else content.read(1 << 12).decode("utf-8").strip()
                elif name in found:
                    raise ValueError(f"it holds {name} twice")
                else:
                    found[name] = (info.offset_data, info.size)
            # tarfile takes a file that was cut off for one that ends there.
            file.seek(archive.offset)
            if file.read(len(END)) != END:
                raise ValueError("it has no end, so it was cut off")
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise ValueError(f"{shard} cannot be read as a tar ({error}): copy or pack it again") from error
    class_of_all = shard.stem if SYNSET.fullmatch(shard.stem) else ""
    for name, (offset, size) in found.items():
        label = labels.get(_key(name), class_of_all) if name.lower().endswith(SUFFIXES) else ""
        yield _Member(name, number, offset, size, label)


def _key(name: str) -> str:
    """Return what the files of one sample have in common: the path up to the first dot of the file's name."""
    folder, slash, file = name.rpartition("/")
    return f"{folder}{slash}{file.partition('.')[0]}"
