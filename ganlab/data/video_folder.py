"""Your own video files, cut into clips of one length, size and frame rate."""

import logging
from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganlab.core.interfaces import Spec
from ganlab.core.plain_files import require_plain
from ganlab.core.progress import progress
from ganlab.data.dataset import PLACEHOLDER_CLASSES
from ganlab.data.image_classes import check_classes, find_classes, known_classes
from ganlab.data.readers.decode_image import parse_resolution
from ganlab.data.readers.file_list import FileList, list_files
from ganlab.data.readers.folder import Folder
from ganlab.data.readers.open import locate
from ganlab.data.readers.path_table import PathTable
from ganlab.data.readers.sample_output import singles_of
from ganlab.data.readers.scan import MAX_NAMED_FILES, MIB, check_on_error
from ganlab.data.video import ClipShape, VideoDataSet, split_groups, video_spec
from ganlab.kinds.video_files import SUFFIXES, read_clip

log = logging.getLogger(__name__)


class VideoFolder(VideoDataSet):
    """Video files of any size and frame rate below `path`; the top-level folder, or classes.csv, names a file's class.

    Each file is converted to `frames_per_second` by time, cropped to the proportions of `resolution` and resized, and
    cut into consecutive clips of `frames` frames; what is left at its end is not used. All clips of a file are in the
    same split. They stay in memory, which `memory_limit_mib` bounds. Raises ValueError for a path without video files,
    for settings out of range, for clips that need more memory, and, if `on_error` is "refuse", for files that cannot
    be read or are shorter than a clip.
    """

    def __init__(
        self,
        path: str,
        resolution: int | Sequence[int] = 32,
        channels: int = 3,
        frames: int = 16,
        frames_per_second: float = 8.0,
        labels: bool = False,
        flip: bool = False,
        validation: float = 0.1,
        test: float = 0.1,
        limit: int = 0,
        on_error: str = "refuse",
        memory_limit_mib: int = 2048,
    ) -> None:
        check_on_error(on_error)
        size = parse_resolution(resolution)
        shape = ClipShape.of(frames, channels, size)
        video_spec(shape, frames_per_second, False, 0)
        folder, files = _list_videos(path)
        self.table, names, sizes = _read_files(
            folder, files.images, shape, frames_per_second, on_error, memory_limit_mib
        )
        class_names, numbers = find_classes(folder, files, names)
        if labels:
            check_classes(class_names, numbers, names)
        is_known = known_classes(class_names, numbers, names)
        spec = video_spec(shape, frames_per_second, labels, len(class_names) if is_known else 0)
        splits = split_groups(sizes, validation, test, limit, numbers if is_known else None)
        known = numbers.repeat_interleave(sizes) if is_known else None
        super().__init__(spec, splits, known, class_names if is_known else (), flip)
        self.files = len(names)

    @classmethod
    def preview(cls, **settings: Any) -> Spec:
        """Return the spec without reading a file; the number of classes is a placeholder."""
        size = parse_resolution(settings.get("resolution", 32))
        shape = ClipShape.of(settings.get("frames", 16), settings.get("channels", 3), size)
        check_on_error(settings.get("on_error", "refuse"))
        labels, rate = settings.get("labels", False), settings.get("frames_per_second", 8.0)
        return video_spec(shape, rate, labels, PLACEHOLDER_CLASSES)

    def take(self, indices: Tensor) -> Tensor:
        """Gather rows of the table."""
        return self.table[indices]

    def summary(self) -> str:
        """Return the number of files, and what `VideoDataSet.summary` says."""
        return f"{self.files:,} {'file' if self.files == 1 else 'files'}; {super().summary()}"

    def fingerprint(self) -> str:
        """Hash pixels, labels, rate and splits; computed once."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        result = sha256(repr((tuple(self.table.shape), self.frames_per_second)).encode() + self.table.numpy().tobytes())
        for name, rows in sorted(self._splits.items()):
            result.update(name.encode() + rows.numpy().tobytes())
        if self.labels is not None:
            result.update(self.labels.numpy().tobytes())
        return result.hexdigest()


def _list_videos(path: str) -> tuple[Folder, FileList]:
    place, part = locate(path)
    require_plain(place)
    if not place.is_dir():
        raise ValueError(f"{path} is no folder; unpack it, and give the folder of its video files")
    folder = Folder(singles_of(place) or place, part)
    files = list_files(folder.names(), SUFFIXES)
    if not len(files.images):
        others = f"; its first other file is {files.first_ignored}" if files.ignored else ""
        raise ValueError(f"{path} holds no video files ({', '.join(SUFFIXES)}){others}")
    return folder, files


def _read_files(
    folder: Folder, names: PathTable, shape: ClipShape, rate: float, on_error: str, memory_limit_mib: int
) -> tuple[Tensor, PathTable, Tensor]:
    """Return all clips, the names of the files that have some, and how many each has, (files,)."""
    frames, channels, height, width = shape
    pieces, kept, errors, used = list[Tensor](), list[int](), list[str](), 0
    for row, name in enumerate(progress(names, f"reading {folder.root.name}", "file")):
        try:
            footage, _ = read_clip(Path(folder.root / name), rate, (height, width), channels)
            count = len(footage) // frames
            if not count:
                raise ValueError(
                    f"it lasts {len(footage) / rate:.3g} seconds, and a clip of {frames} frames {frames / rate:.3g}"
                )
        except ValueError as error:
            errors.append(f"{name} ({error})")
            continue
        pieces.append(footage[: count * frames].unflatten(0, (count, frames)))
        kept.append(row)
        used += pieces[-1].numel()
        if used > memory_limit_mib * MIB:
            raise ValueError(
                f"the clips of the first {len(kept)} of {len(names)} files need more than "
                f"memory_limit_mib={memory_limit_mib}; raise it, or lower resolution or frames_per_second"
            )
    _report(errors, len(names), on_error)
    sizes = torch.tensor([len(piece) for piece in pieces])
    table = torch.empty((int(sizes.sum()), *shape), dtype=torch.uint8)
    for part in table.split(sizes.tolist()):
        part.copy_(pieces.pop(0))  # a piece is freed as soon as it is copied, so that there are no two tables at once
    return table, names.take(torch.tensor(kept)), sizes


def _report(errors: Sequence[str], count: int, on_error: str) -> None:
    """Refuse or log files without clips; raises ValueError if they are refused, or if there is no other."""
    if not errors:
        return
    more = f"; and {len(errors) - MAX_NAMED_FILES} more" if len(errors) > MAX_NAMED_FILES else ""
    message = f"{len(errors)} of {count} files have no clip: {'; '.join(errors[:MAX_NAMED_FILES])}{more}"
    if len(errors) == count:
        raise ValueError(f"{message}: repair them, or lower frames or raise frames_per_second")
    if on_error == "refuse":
        raise ValueError(f"{message}: repair or remove them, or set on_error=skip to train without them")
    log.warning("%s: they are skipped", message)
