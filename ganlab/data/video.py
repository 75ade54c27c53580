"""`VideoDataSet`, the base class of data sets of clips."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import final

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch, Spec
from ganlab.core.pixel_range import to_network_range
from ganlab.core.random import Random
from ganlab.data.dataset import SPLITS, DataSet, DrawSamples, build_spec, check_split
from ganlab.data.distribution import check_positive
from ganlab.data.splits import seeded_permutation, split_indices

SMALLEST = 8  # pixels on a side
CHUNK = 256  # clips that are shuffled at a time
MAX_NAMED_CLASSES = 10  # classes that a summary lists


@final
class ClipShape(tuple[int, int, int, int]):
    """The shape of a clip: frames, channels, height and width."""

    __slots__ = ()

    @classmethod
    def of(cls, frames: int, channels: int, size: tuple[int, int]) -> "ClipShape":
        """Return the shape; raises ValueError for fewer than 2 frames, other channels than 1 or 3, or a small size."""
        if frames < 2:
            raise ValueError(f"frames must be at least 2, got {frames}; for single pictures use data of images")
        if channels not in (1, 3):
            raise ValueError(f"channels must be 1 (grey) or 3 (colour), got {channels}")
        if min(size) < SMALLEST:
            raise ValueError(f"resolution must be at least {SMALLEST}, got {min(size)}")
        return cls((frames, channels, *size))


def video_spec(shape: ClipShape, frames_per_second: float, labels: bool, classes: int) -> Spec:
    """Return the spec of clips; raises ValueError for a rate that is not positive, and what `build_spec` raises."""
    check_positive(frames_per_second=frames_per_second)
    spec = build_spec(tuple(shape), labels, classes)
    return replace(spec, kind="video", facts={"frames_per_second": float(frames_per_second)})


class VideoDataSet(DataSet, ABC):
    """Base class of data sets of clips: a table of uint8 clips of one shape (time, channels, height, width).

    `splits` are the table's indices by the names of `SPLITS`, of which "train" must not be empty. `labels` (table,) are
    the classes of the clips, whose names are `class_names`, or None. `flip` mirrors each training clip, all frames of
    it, with probability ½. A subclass gathers clips and hashes what they depend on:

    >>> class Flashes(VideoDataSet):
    ...     def __init__(self):
    ...         splits = {"train": torch.arange(6), "validation": torch.arange(6, 8), "test": torch.arange(8, 10)}
    ...         super().__init__(video_spec(ClipShape.of(4, 1, (8, 8)), 8.0, False, 0), splits, None)
    ...
    ...     def take(self, indices):
    ...         bright = (indices[:, None] + torch.arange(4)) % 2 * 255
    ...         return bright[:, :, None, None, None].expand(-1, -1, 1, 8, 8).to(torch.uint8)
    ...
    ...     def fingerprint(self):
    ...         return "0" * 64
    >>> data = Flashes()
    >>> data.summary()
    'clips of 4 frames, 0.5 seconds: 6 training, 2 validation, 2 test'
    >>> data.batch(torch.tensor([0]), Random()).sample.shape
    torch.Size([1, 4, 1, 8, 8])
    """

    def __init__(
        self,
        spec: Spec,
        splits: Mapping[str, Tensor],
        labels: Tensor | None,
        class_names: Sequence[str] = (),
        flip: bool = False,
    ) -> None:
        self.spec, self._splits, self.labels, self.flip = spec, dict(splits), labels, flip
        self.class_names, self.classes_available = class_names, 0 if labels is None else len(class_names)

    @property
    def frames_per_second(self) -> float:
        """The rate of the clips."""
        return float(self.spec.facts["frames_per_second"])

    @abstractmethod
    def take(self, indices: Tensor) -> Tensor:
        """Return new uint8 clips (n, time, channels, height, width)."""

    def split(self, name: str) -> Tensor:
        """Return the table indices of a split, shape (n,); raises ValueError for an unknown split."""
        check_split(name)
        return self._splits[name]

    def labelled_batch(self, indices: Tensor, random: Random) -> Batch:
        """Gather clips with their labels; if `flip` is true, mirror each clip with probability ½."""
        batch = self._gather(indices)
        if self.flip:
            mirrored = random.uniform("flip", (len(indices),)) < 0.5
            batch.sample[mirrored] = batch.sample[mirrored].flip(-1)
        return batch

    def _gather(self, indices: Tensor) -> Batch:
        return Batch(self.take(indices), None if self.labels is None else self.labels[indices])

    def real_samples(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Batch]:
        """Yield distinct uint8 clips of a split in batches of `chunk`; raises ValueError if the split is empty."""
        indices = self.split(split)
        if not len(indices):
            raise ValueError(
                f"this data has no {split} clips: raise data.{split}, or use another split for scores with "
                "protocol.split and protocol.selection_split"
            )
        order = indices[seeded_permutation(len(indices), seed, "reals")]
        return (self._gather(part) for part in order[: count or None].split(chunk))

    def drawn_baselines(self) -> Mapping[str, DrawSamples]:
        """Return real training clips, of the requested classes, whose frames are in random order.

        They show what a distance says of order alone: every single frame is real.
        """
        return {"shuffled_frames": self._draw_shuffled}

    def _draw_shuffled(self, count: int, classes: Tensor | None, random: Random) -> Tensor:
        train = self.split("train")
        rows = train[random.integers("shuffled.clips", len(train), (count,))]
        if classes is not None and self.labels is not None:
            places = random.uniform("shuffled.places", (count,))
            members = {int(label): train[self.labels[train] == label] for label in classes.unique()}
            chosen = [
                members[label][int(place * len(members[label]))] if len(members[label]) else row
                for label, place, row in zip(classes.tolist(), places.tolist(), rows.tolist(), strict=True)
            ]
            rows = torch.tensor([int(row) for row in chosen])
        parts = []
        for part in rows.split(CHUNK):
            clips = self.take(part)
            order = random.uniform("shuffled.frames", clips.shape[:2]).argsort(1)
            parts.append(clips[torch.arange(len(clips))[:, None], order])
        shuffled: Tensor = to_network_range(torch.cat(parts))
        return shuffled

    def summary(self) -> str:
        """Return the length of the clips, the sizes of the splits and, if there are few, the classes."""
        frames: int = self.spec.sample[0]  # type: ignore[index]
        sizes = ", ".join(f"{len(self._splits[name]):,} {word}" for name, word in zip(SPLITS, SPLIT_WORDS, strict=True))
        text = f"clips of {frames} frames, {frames / self.frames_per_second:.3g} seconds: {sizes}"
        if self.labels is None or len(self.class_names) > MAX_NAMED_CLASSES:
            return text
        counts = self.labels[self._splits["train"]].bincount(minlength=len(self.class_names)).tolist()
        listed = ", ".join(f"{name} {count:,}" for name, count in zip(self.class_names, counts, strict=True))
        return f"{text}; training clips per class: {listed}"

    def score_settings(self) -> dict[str, object]:
        """Return the number of frames, their rate and their size, without which scores of clips say nothing."""
        frames, _, height, width = self.spec.sample
        return {"frames": frames, "frames_per_second": self.frames_per_second, "size": f"{width} by {height}"}


SPLIT_WORDS = ("training", "validation", "test")


def split_groups(
    sizes: Tensor, validation: float, test: float, limit: int, strata: Tensor | None = None
) -> dict[str, Tensor]:
    """Split a table whose rows belong to consecutive groups of `sizes` (g,), so that no group is in two splits.

    `validation` and `test` are shares of the groups, `strata` (g,) their classes, of which every split gets its share.
    `limit` keeps that many training rows, chosen at random (0: all). Raises ValueError for invalid shares or limits.
    """
    groups = split_indices(len(sizes), 0, validation, test, 0, strata)
    starts = sizes.cumsum(0) - sizes
    rows = {
        name: torch.cat([torch.arange(int(starts[g]), int(starts[g] + sizes[g])) for g in members.tolist()])
        if len(members)
        else torch.empty(0, dtype=torch.int64)
        for name, members in groups.items()
    }
    if limit < 0 or limit > len(rows["train"]):
        raise ValueError(f"limit must be from 0 (all) to the {len(rows['train'])} training clips, got {limit}")
    if limit:
        rows["train"] = rows["train"][seeded_permutation(len(rows["train"]), "limit")[:limit]]
    return rows
