"""`Kind`, the base class of kinds of data, and `Sheet`, what a picture of samples shows."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol, final

import torch
from PIL import Image
from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Batch, Shape
from ganlab.core.tree import Tree
from ganlab.kinds.lettering import is_drawable


@final
@dataclass(frozen=True)
class Sheet:
    """Samples to draw, and what the picture says of them.

    `samples` are n samples in the data's own coordinates, `labels` (n,) their int64 classes, if they are known.
    `columns` puts that many samples into each row, in their order; 0 leaves the arrangement to the kind, which orders
    labelled samples by class. `notes` are further parts of the first line. `captions` are texts below the samples of a
    sheet with columns, which may be empty; a kind shows them if it `shows_captions`. An empty `noun` leaves out the
    number of samples.
    """

    samples: Tree
    noun: str = "samples"  # "generated samples" or "real samples"
    title: str = ""  # the beginning of the first line, such as "step 500"
    labels: Tensor | None = None
    class_names: Sequence[str] = ()
    columns: int = 0
    notes: Sequence[str] = ()
    captions: Sequence[str] = ()

    def __len__(self) -> int:
        return tree.length(self.samples)

    def first(self, most: int) -> "Sheet":
        """Return a sheet of at most `most` samples: of whole rows, at least one, if the sheet has columns."""
        count = max(self.columns, most // self.columns * self.columns) if self.columns else most
        labels = None if self.labels is None else self.labels[:count]
        samples = tree.map(lambda x: x[:count], self.samples)
        return replace(self, samples=samples, labels=labels, captions=self.captions[:count])

    def selection(self, most: int) -> "Sheet":
        """Return a sheet of at most `most` samples that shows as many classes as possible, of which the first samples.

        Without labels, or with columns, these are the first samples.
        """
        if self.labels is None or self.columns or len(self) <= most:
            return self.first(most)
        labels = self.labels.tolist()
        classes = sorted(set(labels))[:most]
        members = [[index for index, label in enumerate(labels) if label == each] for each in classes]
        chosen = torch.tensor([index for each in members for index in each[: most // len(classes)]])
        captions = [self.captions[index] for index in chosen.tolist()] if self.captions else ()
        samples = tree.map(lambda x: x[chosen.to(x.device)], self.samples)
        return replace(self, samples=samples, labels=self.labels[chosen.to(self.labels.device)], captions=captions)

    def facts(self, *more: str) -> list[str]:
        """Return the parts of the first line: title, number of samples, notes and `more`, without empty parts."""
        count = len(self)
        noun = self.noun.removesuffix("s") if count == 1 else self.noun
        return [text for text in (self.title, f"{count:,} {noun}" if noun else "", *self.notes, *more) if text]

    def class_name(self, label: int) -> str:
        """Return the name of a class, or its number if it has none or the font cannot write it."""
        name = self.class_names[label] if label < len(self.class_names) else ""
        return name if name.strip() and is_drawable(name) else str(label)


class RealSamples(Protocol):
    """What a kind may read of a data set to draw samples on the background of real ones."""

    modes: Tensor | None  # (k, dimensions) in the data's own coordinates, if the data has known modes
    sigma: float  # standard deviation around the modes

    def decoded_samples(self, count: int, seed: int = 0) -> Batch:
        """Return at most `count` real samples in the data's own coordinates, with their labels if known."""


@final
class ReadSample(NamedTuple):
    """A sample of a file in the data's own coordinates, and the facts of its kind, such as {"rate": 16000}."""

    sample: Tensor
    facts: Mapping[str, Any]


def are_alike(first: ReadSample, other: ReadSample) -> bool:
    """Return whether two samples have the same shape and facts, so that one data set can hold both."""
    return first.sample.shape == other.sample.shape and first.facts == other.facts


def unlike(values: Mapping[str, Any]) -> tuple[Any, str, Any] | None:
    """Return the first of several values, and the name and value of the first other one; None if all are equal."""
    first = next(iter(values.values()))
    return next(((first, name, value) for name, value in values.items() if value != first), None)


@dataclass(frozen=True)
class Kind(ABC):
    """What is special to one kind of data: how its samples are drawn, written and read, and how they are scored.

    There is one subclass in one file for each kind, and nothing else asks for the rank of a sample. A data set says its
    kind by `Spec.kind`; without that, the first kind of `BY_SHAPE` that accepts the samples' shape is meant. What must
    be known to draw or write a sample, such as the rate of sound, is a field of the subclass, and `Spec.facts` has its
    value. A subclass with a `name` is registered when its module is imported, as all modules of this folder are.
    Drawing uses only Pillow and numpy, and equal samples give equal pictures. A subclass implements `draw`:

    >>> import torch
    >>> class Flag(Kind):
    ...     name, plural = "flag", "flags"
    ...
    ...     def draw(self, sheet, backdrop=None):
    ...         picture = Image.new("RGB", (len(sheet), 1))
    ...         picture.putdata([tuple(colour) for colour in sheet.samples.tolist()])
    ...         return picture
    >>> Flag().draw(Sheet(torch.tensor([[255, 0, 0], [0, 0, 255]]))).getpixel((1, 0))
    (0, 0, 255)
    """

    registered: ClassVar[dict[str, type["Kind"]]] = {}  # by name

    name: ClassVar[str]  # in `Spec.kind` and in exported descriptions
    plural: ClassVar[str]  # in messages
    sheet_samples: ClassVar[int] = 64  # on a sheet of `ganlab sample`
    max_classes: ClassVar[int] = 1000  # on a sheet during training
    shows_captions: ClassVar[bool] = False  # of single samples, side by side
    is_quantised: ClassVar[bool] = False  # scores read samples as uint8, which stands for [-1, 1]
    output_patterns: ClassVar[tuple[str, ...]] = ()  # files that `write` may make, such as "images/[0-9]*.png"
    encodings: ClassVar[tuple[str, ...]] = ()  # that `write` has, the default first
    suffixes: ClassVar[tuple[str, ...]] = ()  # of the files that `read` reads, in lower case, such as ".wav"
    read_settings: ClassVar[tuple[str, ...]] = ()  # that `read` takes, which are settings of `ganlab evaluate`

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "name" in vars(cls):
            Kind.registered[cls.name] = cls

    def accepts(self, shape: Shape) -> bool:
        """Return whether samples of this shape are of this kind if the data does not say it; by default none is."""
        return False

    @abstractmethod
    def draw(self, sheet: Sheet, backdrop: Any = None) -> Image.Image:
        """Draw samples, on what `backdrop` returned for the data, if there are data."""

    def backdrop(self, data: RealSamples) -> Any:
        """Return what all sheets of a data set share, such as axes and a density of real samples; nothing here."""
        return None

    def comparable(self, parts: Mapping[str, Any], like: str) -> dict[str, Any]:
        """Return parts (n, …) by name that one sheet can show next to samples: those with the shape of part `like`.

        A kind may convert the others, such as small images to the size of large ones.
        """
        return {name: part for name, part in parts.items() if tree.shapes(part) == tree.shapes(parts[like])}

    def write(self, samples: Tree, output: Path, classes: Sequence[str] = (), encoding: str = "") -> None:
        """Write n samples as files that other programs open, below the folder `output`; by default there are none.

        `classes` has the class name of each sample, if it is not empty; `encoding` is one of `encodings`, empty for the
        first. Samples are in the data's own coordinates, and n is at least 1.
        """
        return None

    @classmethod
    def read(cls, path: Path, **settings: int) -> ReadSample:
        """Read one sample from a file with one of `suffixes`; raises ValueError if that is impossible, saying why.

        The reason does not name the file. `settings` are some of `read_settings`.
        """
        raise ValueError(f"samples of the kind {cls.name} are not read from single files")

    @classmethod
    def explain_difference(cls, path: Path, found: Mapping[str, ReadSample]) -> str:
        """Return the sentence for the files of a folder, by name, that differ in their facts or shapes."""
        (_, first), *others = found.items()
        name, other = next((name, each) for name, each in others if not are_alike(first, each))
        both = [f"{tuple(each.sample.shape)} {dict(each.facts) or ''}".strip() for each in (first, other)]
        return f"the samples in {path} differ: the first is {both[0]}, and {name} is {both[1]}"

    def default_features(self, shape: Shape, classes: int) -> str:
        """Return the option of the config group `features` that fits samples of this shape with known classes."""
        return "identity"
