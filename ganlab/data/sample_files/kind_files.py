"""Finished samples of a kind that reads its own files, such as folders of sounds."""

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor

from ganlab.core.interfaces import Spec
from ganlab.core.progress import progress
from ganlab.data.image_classes import find_classes, known_classes
from ganlab.data.readers.file_list import SUFFIXES, list_files
from ganlab.data.readers.folder import Folder
from ganlab.data.readers.path_table import ENCODING
from ganlab.data.readers.sample_output import singles_of
from ganlab.data.sample_files.base import SampleFiles
from ganlab.data.sample_files.reading import Reading
from ganlab.kinds import Kind, all_kinds
from ganlab.kinds.base import ReadSample, are_alike


def find_kind(place: Path, part: str = "", settings: Collection[str] = ()) -> type[Kind] | None:
    """Return the kind, other than images, whose files a folder holds; None if there are none, or more images.

    Files that may be of a kind or images, such as gif, are of the kind if `settings`, such as length, are given, or if
    `ganlab sample` wrote them as samples of the kind.
    """
    if not (place / part).is_dir():
        return None
    singles = singles_of(place)
    names = Folder(singles or place, part).names()
    counts = {kind: len(list_files(names, kind.suffixes).images) for kind in all_kinds().values() if kind.suffixes}
    best = max(counts, key=counts.__getitem__, default=None)
    if best is None or not counts[best]:
        return None
    is_own = singles is not None and any(pattern.startswith(f"{singles.name}/") for pattern in best.output_patterns)
    least = len(list_files(names, SUFFIXES).images) + (0 if settings or is_own else 1)
    return best if counts[best] >= least else None


def kind_of_file(name: str) -> type[Kind] | None:
    """Return the kind that reads files with the suffix of a name; None if none does. Of image files, only some have."""
    return next((kind for kind in all_kinds().values() if name.lower().endswith(kind.suffixes)), None)


def explain_absence(path: Path, others: Iterable[str], settings: Mapping[str, int]) -> str:
    """Return what is wrong with a path without images that no kind reads, by its other files or `settings` of kinds.

    Empty if neither says it.
    """
    for name in others:
        if kind := kind_of_file(name):
            return f"{path} holds {kind.plural}, such as {name}, which are read from folders alone; unpack it"
    if not settings:
        return ""
    plurals = " or ".join(kind.plural for kind in all_kinds().values() if {*settings} <= {*kind.read_settings})
    given = ", ".join(f"{name}={value}" for name, value in settings.items())
    return f"{path} must hold {plurals} for {given}, but it holds none; give a folder of such files"


@final
class KindFiles(SampleFiles):
    """The files of a folder that a kind of data reads, one sample each; the classes are found as those of images.

    Raises ValueError if a file cannot be read, if samples differ in shape or in their kind's facts, and for a setting
    of `reading` that the kind does not have.
    """

    def __init__(self, path: Path, kind: type[Kind], reading: Reading) -> None:
        self.kind = kind
        self._settings = reading.of_sample
        reading.require_settings(kind.read_settings, kind.plural, path)
        self._folder = Folder(singles_of(path) or path)
        files = list_files(self._folder.names(), kind.suffixes)
        self.names = files.images
        self.samples, facts = self._read_all(path)
        class_names, numbers = find_classes(self._folder, files, self.names)
        known = known_classes(class_names, numbers, self.names) and len(class_names) > 1
        super().__init__(path, class_names if known else [])
        if self.class_names:
            self.labels = numbers
        shape = tuple(self.samples.shape[1:])
        self.spec = Spec(shape, None, len(self.class_names), kind=kind.name, facts=facts)

    def _read_all(self, path: Path) -> tuple[Tensor, Mapping[str, Any]]:
        found, errors = dict[str, ReadSample](), list[str]()
        for name in progress(self.names, f"reading {path.name}", "file"):
            try:
                found[name] = self.kind.read(self._folder.root / name, **self._settings)
            except ValueError as error:
                errors.append(f"{name}: {error}")
        if errors:
            raise ValueError(
                f"{path}: {len(errors)} of {len(self.names)} files cannot be read (such as {errors[0]}): repair or "
                "remove them"
            )
        samples = list(found.values())
        if not all(are_alike(samples[0], each) for each in samples):
            raise ValueError(self.kind.explain_difference(path, found))
        return torch.stack([each.sample for each in samples]), samples[0].facts

    def __len__(self) -> int:
        return len(self.samples)

    def take(self, indices: Tensor) -> Tensor:
        """Gather samples."""
        return self.samples[indices]

    def fingerprint(self) -> str:
        """Hash names and bytes of the files, and the settings that the samples depend on."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        result = sha256()
        for name in progress(self.names, f"hashing {self.path.name}", "file"):
            result.update(name.encode(*ENCODING) + sha256(self._folder.read(name)).digest())
        if self._settings:
            result.update(repr(sorted(self._settings.items())).encode())
        return result.hexdigest()
