"""`AudioDataSet`, the base class of data sets of sounds, with or without classes."""

from abc import ABC
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from hashlib import sha256
from inspect import signature
from typing import Any

from torch import Tensor

from ganlab.core.interfaces import Batch, Spec
from ganlab.core.random import Random
from ganlab.data.dataset import SPLITS, DataSet, DrawSamples, build_spec, check_split
from ganlab.data.readers.sound_decoder import SoundDecoder
from ganlab.data.readers.sound_windows import FULL_SCALE, SoundWindows
from ganlab.data.shaped_noise import ShapedNoise
from ganlab.data.splits import seeded_permutation
from ganlab.kinds.resampling import FILTER

MAX_NAMED_CLASSES = 10  # that a summary lists
PLACEHOLDER_CLASSES = 2  # number of classes in a preview if only the files determine it
WORDS = ("training", "validation", "test")


class AudioDataSet(DataSet, ABC):
    """Base class of data sets of sounds: float32 of shape (samples, channels) in [−1, 1], of one rate.

    `windows` has the parts of sounds that are the samples. `splits` hold the numbers of whole sounds (m,), so no sound
    has parts in two splits; `names` (sounds,) are those of sounds. `labels` (sounds,) are int64 classes with the names
    `class_names`, or None; the networks see them if `conditional` is true. With `crops` true, training samples begin at
    random places of their sounds. Raises ValueError if `conditional` is true with fewer than 2 classes.

    >>> from ganlab.data.readers.sound_storage import InMemorySounds
    >>> class Ramps(AudioDataSet):
    ...     def __init__(self, samples=16):
    ...         ramps = [torch.arange(64, dtype=torch.int16)[:, None] * factor for factor in (1, 2, 3)]
    ...         splits = {"train": torch.tensor([0, 1]), "validation": torch.arange(0), "test": torch.tensor([2])}
    ...         windows = SoundWindows(InMemorySounds(ramps, 8000), samples, "windows")
    ...         super().__init__(windows, ["a", "b", "c"], splits)
    >>> data = Ramps()
    >>> data.spec.sample, data.spec.kind, dict(data.spec.facts)
    ((16, 1), 'audio', {'rate': 8000})
    >>> data.summary()
    'sounds: 8 training, 0 validation, 4 test; parts of whole sounds: 2 training, 0 validation, 1 test'
    """

    remarks: Sequence[str] = ()  # on the files, in the summary
    decoder: SoundDecoder | None = None  # of the files, if the sounds are of some

    def __init__(
        self,
        windows: SoundWindows,
        names: Sequence[str],
        splits: Mapping[str, Tensor],
        labels: Tensor | None = None,
        class_names: Sequence[str] = (),
        *,
        conditional: bool = False,
        crops: bool = False,
    ) -> None:
        self.windows, self.names, self.class_names, self._crops = windows, names, class_names, crops
        self.rate = windows.storage.rate
        self.spec = build_audio_spec(windows.shape, self.rate, conditional, len(class_names))
        self.classes_available = len(class_names)
        self.labels = None if labels is None else labels[windows.sound]
        self.needs_workers = windows.needs_workers
        self._sounds = {split: splits[split] for split in SPLITS}
        self._splits = {split: windows.rows_of(splits[split]) for split in SPLITS}

    @classmethod
    def complete_settings(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings, with the constructor's defaults for those that are left out."""
        return {name: parameter.default for name, parameter in signature(cls).parameters.items()} | settings

    def sound_name(self, index: int) -> str:
        """Return the name of the sound that a sample is of, and where the sample begins if that is not the start."""
        start = int(self.windows.starts[index])
        name = self.names[int(self.windows.sound[index])]
        return f"{name} from {start / self.rate:.3f} s" if start else name

    def whole_sounds(self, split: str) -> Iterator[tuple[str, Tensor]]:
        """Yield the name and samples of every whole sound of a split, float32 of shape (length, channels).

        Of data whose samples are only the beginnings of sounds, no more than what is needed of these is kept. Raises
        ValueError for an unknown split.
        """
        check_split(split)
        for number in self._sounds[split].tolist():
            yield self.names[number], self.windows.storage.read(number).float() / FULL_SCALE

    def split(self, name: str) -> Tensor:
        """Return the table indices of a split, shape (n,); raises ValueError for an unknown split."""
        check_split(name)
        return self._splits[name]

    def sounds(self, split: str) -> Tensor:
        """Return the numbers of the whole sounds of a split, shape (m,); raises ValueError for an unknown split."""
        check_split(split)
        return self._sounds[split]

    def labelled_batch(self, indices: Tensor, random: Random) -> Batch:
        """Gather sounds with their labels."""
        samples = self.windows.draw(indices, random) if self._crops else self.windows.take(indices)
        return Batch(samples, self._labels_of(indices))

    def real_samples(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Batch]:
        """Yield distinct sounds of a split in batches of `chunk`, each at its fixed place.

        Raises ValueError if the split is empty.
        """
        indices = self.split(split)
        if not len(indices):
            raise ValueError(
                f"this data has no {split} sounds: raise data.{split}, or use another split for scores with "
                "protocol.split and protocol.selection_split"
            )
        order = indices[seeded_permutation(len(indices), seed, "reals")]
        return (Batch(self.windows.take(part), self._labels_of(part)) for part in order[: count or None].split(chunk))

    def summary(self) -> str:
        """Return the sizes of the splits, the classes, and remarks on the files."""
        parts = [f"sounds: {self._sizes(self._splits)}"]
        if len(self.windows) > len(self.windows.storage.lengths):
            parts.append(f"parts of whole sounds: {self._sizes(self._sounds)}")
        if self.labels is not None:
            counts = self.labels[self._splits["train"]].bincount(minlength=self.classes_available).tolist()
            classes = [f"{name} {count:,}" for name, count in zip(self.class_names, counts, strict=True)]
            more = f" and {len(classes) - MAX_NAMED_CLASSES} more" if len(classes) > MAX_NAMED_CLASSES else ""
            parts.append(f"training sounds per class: {', '.join(classes[:MAX_NAMED_CLASSES])}{more}")
        return "; ".join([*parts, *self.remarks])

    def drawn_baselines(self) -> Mapping[str, DrawSamples]:
        """Return noise with the mean spectrum and envelope of each class of the training sounds."""
        return {"shaped_noise": self._shaped_noise}

    @cached_property
    def _shaped_noise(self) -> ShapedNoise:
        return ShapedNoise.of(self.real_samples(), self.classes_available if self.labels is not None else 0, self.rate)

    def score_settings(self) -> dict[str, object]:
        """Return the filter by which files of other rates are resampled, and how sounds were prepared."""
        return {"resampling": FILTER, **({} if self.decoder is None else {"sounds": asdict(self.decoder)})}

    @cached_property
    def _fingerprint(self) -> str:
        windows = self.windows
        result = sha256(repr((windows.shape, windows.fade, self.rate, FILTER)).encode() + windows.digest.encode())
        tensors = [windows.sound, windows.starts, *(self._splits[split] for split in SPLITS)]
        for tensor in tensors if self.labels is None else [*tensors, self.labels]:
            result.update(str(len(tensor)).encode() + tensor.numpy().tobytes())
        return result.hexdigest()

    def fingerprint(self) -> str:
        """Hash the sounds, their parts, labels and splits; computed once."""
        return self._fingerprint

    def _labels_of(self, indices: Tensor) -> Tensor | None:
        return None if self.labels is None else self.labels.index_select(0, indices)

    @staticmethod
    def _sizes(splits: Mapping[str, Tensor]) -> str:
        return ", ".join(f"{len(splits[split]):,} {word}" for split, word in zip(SPLITS, WORDS, strict=True))


def build_audio_spec(shape: tuple[int, int], rate: int, labels: bool, classes: int) -> Spec:
    """Return the spec of sounds of a shape (samples, channels).

    Raises ValueError if `labels` is true with fewer than 2 classes.
    """
    return replace(build_spec(shape, labels, classes), kind="audio", facts={"rate": rate})
