"""`DataSet`, the base class of all data sets, and the conversion of batches to what the networks read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from inspect import signature
from typing import Any, TypeAlias

import torch
from PIL import Image
from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Batch, Conditions, Shape, Spec
from ganlab.core.pixel_range import to_network_range
from ganlab.core.random import Random
from ganlab.core.renamed import adopt_former_methods
from ganlab.core.tree import Tree
from ganlab.kinds import Kind, Sheet, kind_of
from ganlab.kinds.lettering import add_header

SPLITS = ("train", "validation", "test")
PLACEHOLDER_CLASSES = 2  # number of classes in a preview if only the files determine it
DrawSamples: TypeAlias = Callable[[int, Tensor | None, Random], Tree]


class DataSet(ABC):
    """Base class of data sets: samples addressed by index, in network coordinates.

    Images are uint8 of shape (n, channels, height, width), which `normalize` maps to [−1, 1]; other samples are float32
    of shape (n, *spec.sample). A batch depends only on its indices and `Random`, so a resumed run sees the same data.
    How they are drawn and scored is a matter of their kind (`ganlab.kinds`). Subclass `PointDataSet`, `SequenceDataSet`
    or `ImageDataSet` if one of them fits; they need fewer methods:

    >>> from ganlab.data import DataSet
    >>> class Corners(DataSet):
    ...     spec = Spec((2,))
    ...     table = torch.tensor([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    ...
    ...     def split(self, name):
    ...         return {"train": torch.arange(2), "validation": torch.arange(0), "test": torch.tensor([2])}[name]
    ...
    ...     def labelled_batch(self, indices, random):
    ...         return Batch(self.table[indices])
    ...
    ...     def real_samples(self, count=0, seed=0, split="train", chunk=256):
    ...         return map(Batch, self.table[self.split(split)][: count or None].split(chunk))
    ...
    ...     def fingerprint(self):
    ...         return "0" * 64
    >>> data = Corners()
    >>> len(data), data.batch(torch.tensor([1]), Random()).sample.tolist()
    (2, [[1.0, 0.0]])
    """

    spec: Spec
    scale: float = 1.0  # the data's own coordinates = network coordinates × scale
    labels: Tensor | None = None  # (table,) class of every sample, also if the networks are unconditional
    classes_available: int = 0
    classifier: str | None = None  # name of the shipped classifier that was trained on this data
    class_names: Sequence[str] = ()  # by class number; empty if classes have no names
    needs_workers: bool = False  # samples are decoded on access, so worker processes speed up training
    modes: Tensor | None = None  # (k, dimensions) in the data's own coordinates, if the data has known modes
    sigma: float = 0.0  # standard deviation around the modes

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        adopt_former_methods(
            cls,
            {
                "census": "summary",
                "decodes": "needs_workers",
                "labelled": "labelled_batch",
                "reals": "real_samples",
                "sheet": "sample_sheet",
            },
        )
        if "sample_sheet" in vars(cls) and "draw_sheet" not in vars(cls):
            cls.draw_sheet = _draw_own_picture  # type: ignore[method-assign, assignment]

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec of data with these settings, or None if it is known only after the data is read."""
        return None

    @classmethod
    def complete_settings(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings, with the constructor's defaults for those that are left out."""
        return {name: parameter.default for name, parameter in signature(cls).parameters.items()} | settings

    @classmethod
    def find_settings(cls, settings: dict[str, Any], largest_side: int) -> dict[str, object]:
        """Return the values of settings that are "auto", for images of at most `largest_side` pixels; none by default.

        Raises ValueError if the data cannot be read.
        """
        return {}

    @abstractmethod
    def split(self, name: str) -> Tensor:
        """Return the indices of "train", "validation" or "test", shape (n,); raises ValueError for another name."""

    @abstractmethod
    def labelled_batch(self, indices: Tensor, random: Random) -> Batch:
        """Return the samples at `indices` (n,), with their condition: what `spec.cond` describes, or a known class."""

    @abstractmethod
    def real_samples(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Batch]:
        """Yield at most `count` (0: all) real samples for scores in batches of `chunk`, unflipped, with known labels.

        A table yields every sample at most once, in an order derived from `seed`; a distribution draws fresh samples.
        Raises ValueError if the split is empty.
        """

    @abstractmethod
    def fingerprint(self) -> str:
        """Return a SHA-256 of the samples, their labels and their splits, in hexadecimal."""

    def conditions(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Conditions]:
        """Yield at most `count` (0: all) conditions that are no classes, stored as samples are, in batches of `chunk`.

        For paired data, row i belongs to row i of `real_samples`, whose conditions these are here. Raises ValueError if
        the condition of this data is a class, or if there is none: a generator then needs no data to sample.
        """
        if not self.spec.cond:
            raise ValueError("this data has no conditions other than classes")
        for batch in self.real_samples(count, seed, split, chunk):
            yield Conditions(batch.cond, batch.sample if self.spec.paired else None)

    def condition_count(self, requested: int = 0, split: str = "train") -> int:
        """Return how many conditions `conditions` yields if `requested` (0: all) are requested."""
        return self.count(requested, split)

    def baselines(self) -> Mapping[str, Callable[[Tree], Tree]]:
        """Return what a generator must beat, by name: functions from conditions to samples, in network coordinates."""
        return {}

    def drawn_baselines(self) -> Mapping[str, DrawSamples]:
        """Return what a generator must beat that makes samples of noise alone, or of a class, by name.

        They are functions from a number n of samples, their classes (n,), and random numbers to samples in network
        coordinates. The classes are None if `spec.classes` is 0: the generator then does not know them either.
        """
        return {}

    def summary(self) -> str:
        """Return a one-line summary for the log; empty for data without end."""
        return ""

    def score_settings(self) -> dict[str, object]:
        """Return settings for the protocol in score files, in addition to the fingerprint."""
        return {}

    @property
    def kind(self) -> Kind:
        """The kind of data, by the spec."""
        return kind_of(self.spec)

    @cached_property
    def backdrop(self) -> Any:
        """What all sample sheets share, such as the density of real points; computed once."""
        return self.kind.backdrop(self)

    def draw_sheet(self, sheet: Sheet) -> Image.Image:
        """Draw a sheet of samples, which are in the data's own coordinates."""
        return self.kind.draw(replace(sheet, class_names=self.class_names), self.backdrop)

    def sample_sheet(self, samples: Tree) -> Image.Image:
        """Draw a picture of samples, which are in the data's own coordinates; override it for a picture of its own."""
        return self.kind.draw(Sheet(samples, class_names=self.class_names), self.backdrop)

    def decoded_samples(self, count: int, seed: int = 0) -> Batch:
        """Return at most `count` (0: all) real training samples in the data's own coordinates, with known labels."""
        batch = Batch.cat(map(normalize, self.real_samples(count, seed))).map(lambda x: x[: count or None])
        return Batch(self.decode(batch.sample), batch.cond)

    def count(self, requested: int = 0, split: str = "train") -> int:
        """Return how many samples `real_samples` yields if `requested` (0: all) are requested."""
        available = len(self.split(split))
        return min(requested or available, available)

    def __len__(self) -> int:
        """Return the number of training samples; nominal for a distribution."""
        return len(self.split("train"))

    def batch(self, indices: Tensor, random: Random) -> Batch:
        """Return training samples, with their conditions or labels only if the networks are conditional."""
        batch = self.labelled_batch(indices, random)
        return batch if self.spec.cond is not None else Batch(batch.sample)

    def decode(self, samples: Tree) -> Tree:
        """Convert samples from network coordinates to the data's own coordinates."""
        return tree.map(lambda x: x * self.scale, samples) if self.scale != 1 else samples


def known_labels(batch: Batch) -> Tensor | None:
    """Return the classes (n,) of a batch of `DataSet.real_samples`; None if they are unknown."""
    cond = batch.cond
    return cond if torch.is_tensor(cond) and cond.ndim == 1 and not cond.is_floating_point() else None


def _draw_own_picture(data: DataSet, sheet: Sheet) -> Image.Image:
    """Draw a sheet of data that define `sample_sheet`."""
    return add_header(data.sample_sheet(sheet.samples), sheet.facts())


def build_spec(sample: Shape, labels: bool, classes: int) -> Spec:
    """Return the spec of data with `classes` known classes; raises ValueError if `labels` is true with fewer than 2."""
    if labels and classes < 2:
        available = "1 class" if classes == 1 else "no classes"
        raise ValueError(
            f"labels is true, but this data has {available}: conditioning needs at least 2, so set labels to false or "
            "give the data more classes"
        )
    return Spec(sample, cond=() if labels else None, classes=classes if labels else 0)


def check_split(name: str) -> None:
    """Raise ValueError unless `name` is "train", "validation" or "test"."""
    if name not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {name!r}")


def normalize(batch: Batch) -> Batch:
    """Convert uint8 leaves to float32 in [−1, 1]; labels and floats stay as they are."""
    return Batch(to_network_range(batch.sample), to_network_range(batch.cond))
