"""The same words by two voices of the synthesiser espeak-ng, without pairs for training: voice conversion."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, final

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.core.interfaces import Spec
from ganlab.data.dataset import check_split
from ganlab.data.image_pairs import build_pair_spec
from ganlab.data.pair_augmentation import PairAugmentation
from ganlab.data.readers.espeak import RATE, Voice, espeak_version, parse_voice, speak
from ganlab.data.readers.every_row import for_every_row
from ganlab.data.readers.image_storage import InMemoryImages
from ganlab.data.readers.sound_decoder import SoundDecoder
from ganlab.data.splits import check_shares, seeded_permutation
from ganlab.data.two_domains import TwoDomains
from ganlab.kinds.audio import FULL_SCALE
from ganlab.kinds.log_mel import LogMelKind

# The digits and the commands of the Speech Commands data (Warden 2018).
WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    "yes", "no", "up", "down", "left", "right", "go", "stop", "on", "off",
)  # fmt: skip
SPEEDS = (130, 140, 150, 160, 170, 180, 190, 200)  # words a minute
PITCHES = (35, 41, 47, 53, 59, 65)  # of 0 to 99, from the pitch of the voice at 50
SOUND_RATE, FFT, HOP, FRAMES = 8000, 512, 128, 64  # 63 · 128 samples, which is a second
LOW, HIGH = -8.0, 3.0  # ln magnitudes that −1 and 1 stand for
QUIET_DB = -40.0  # what is so much below the highest amplitude is cut off at both ends


class Manner(NamedTuple):
    """A speed in words a minute, and a pitch from 0 to 99."""

    speed: int
    pitch: int

    @property
    def options(self) -> tuple[str, ...]:
        """The options of espeak-ng."""
        return ("-s", str(self.speed), "-p", str(self.pitch))


@final
class VoicePairs(TwoDomains):
    """Twenty words as log-mel images (1, mels, 64), by a source voice and by a target voice of other pitch.

    Both voices speak every word in all manners, which are `speeds` (words a minute) with `pitches` (0 to 99; 50 is that
    of the voice itself). For training, each voice has half of the manners, so no sound has a counterpart; manners of
    validation and test are those of both voices, and `counterparts` has the true pairs, for scores alone. The classes,
    which no network receives, are the words. Raises ValueError if espeak-ng is absent, for unknown or equal voices, and
    for settings out of range.
    """

    def __init__(
        self,
        source_voice: str = "en-us+m3",
        target_voice: str = "en-us+f2",
        mels: int = 40,
        speeds: Sequence[int] = SPEEDS,
        pitches: Sequence[int] = PITCHES,
        validation: float = 0.125,
        test: float = 0.25,
    ) -> None:
        self.kind_of_sound = _check(source_voice, target_voice, mels)
        manners = find_manners(speeds, pitches)
        version = espeak_version("data=voice_pairs")
        self.sounds = {name: _speak_all(parse_voice(name), manners, version) for name in (source_voice, target_voice)}
        self.voices = (source_voice, target_voice)
        images = [InMemoryImages(self._to_images(self.sounds[name], mels)) for name in self.voices]
        splits = split_manners(len(manners), validation, test)
        labels = torch.arange(len(WORDS)).repeat(len(manners))
        super().__init__(
            images[1], images[0], splits[1], splits[0], PairAugmentation(flip=False, jitter=0), labels, labels
        )
        self.spec = _as_sound(self.spec, self.kind_of_sound)
        self.classes_available, self.class_names = len(WORDS), WORDS

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec without speaking a word; raises ValueError for invalid settings."""
        complete = cls.complete_settings(settings)
        check_shares({name: complete[name] for name in ("validation", "test")}, 0)
        find_manners(complete["speeds"], complete["pitches"])
        kind = _check(complete["source_voice"], complete["target_voice"], complete["mels"])
        shape = (1, complete["mels"], FRAMES)
        return _as_sound(build_pair_spec(shape, shape, paired=False), kind)

    def counterparts(self, count: int = 0, seed: int = 0, split: str = "test", chunk: int = 256) -> Iterator[Tensor]:
        """Yield what the target voice says of the words that `conditions` yields, in their order and manner.

        Raises ValueError for training, where no sound has a counterpart, and if the split is empty.
        """
        yield from map(self.targets, self._rows_of_conditions(count, seed, split, chunk))

    def source_sounds(self, count: int = 0, seed: int = 0, split: str = "test", chunk: int = 256) -> Iterator[Tensor]:
        """Yield the sounds (n, samples) of what `conditions` yields; raises what `counterparts` raises."""
        for rows in self._rows_of_conditions(count, seed, split, chunk):
            yield self.sounds[self.voices[0]][rows]

    def _rows_of_conditions(self, count: int, seed: int, split: str, chunk: int) -> tuple[Tensor, ...]:
        check_split(split)
        if split == "train":
            raise ValueError("in training no sound has a counterpart; choose split=validation or split=test")
        rows = self._shuffled(self._source_splits[split], split, seed, "conditions")
        return rows[: count or None].split(chunk)

    def _to_images(self, sounds: Tensor, mels: int) -> Tensor:
        images = self.kind_of_sound.from_sounds(sounds, mels)
        return ((images + 1) * 127.5).round().to(torch.uint8)


def find_manners(speeds: Sequence[int], pitches: Sequence[int]) -> list[Manner]:
    """Return all speeds with all pitches; raises ValueError for values that espeak-ng lacks, or repeated ones."""
    for name, values, (low, high) in (("speeds", speeds, (80, 450)), ("pitches", pitches, (0, 99))):
        if not values or len({*values}) < len(values) or not all(low <= value <= high for value in values):
            raise ValueError(f"{name} must be different numbers from {low} to {high}, got {list(values)}")
    return [Manner(speed, pitch) for speed in speeds for pitch in pitches]


def split_manners(count: int, validation: float, test: float) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return the rows of sources and those of targets by split: no manner is in two splits, or in training in both.

    Raises ValueError if a voice has no manner for training.
    """
    order = seeded_permutation(count, "manners")
    first, second = round(validation * len(order)), round((validation + test) * len(order))
    held_out = {"validation": _rows(order[:first]), "test": _rows(order[first:second])}
    training = order[second:]
    if len(training) < 2:
        raise ValueError(
            f"{count} manners leave {len(training)} for training, one of two voices; add speeds or pitches"
        )
    return {**held_out, "train": _rows(training[0::2])}, {**held_out, "train": _rows(training[1::2])}


def _rows(numbers: Tensor) -> Tensor:
    """Return the rows of all words in some manners."""
    return (numbers[:, None] * len(WORDS) + torch.arange(len(WORDS))).flatten()


def _check(source: str, target: str, mels: int) -> LogMelKind:
    """Return the kind of the samples; raises ValueError for an invalid setting."""
    for name in (source, target):
        parse_voice(name)
    if source == target:
        raise ValueError(f"source_voice and target_voice must differ, got {source} twice")
    if not 16 <= mels <= 64:
        raise ValueError(f"mels must be from 16 to 64, got {mels}")
    return LogMelKind(SOUND_RATE, FFT, HOP, LOW, HIGH)


def _as_sound(spec: Spec, kind: LogMelKind) -> Spec:
    facts = {"rate": kind.rate, "n_fft": kind.n_fft, "hop": kind.hop, "low": kind.low, "high": kind.high}
    return replace(spec, kind=kind.name, facts=facts)


def _speak_all(voice: Voice, manners: Sequence[Manner], version: str) -> Tensor:
    """Return all words in all manners (manners · words, samples), one manner after another."""
    decoder, samples = SoundDecoder(SOUND_RATE, 1, QUIET_DB, "peak"), (FRAMES - 1) * HOP
    spoken: dict[int, list[Tensor]] = {}

    def act(row: int) -> None:
        sounds = [decoder.convert(sound, RATE)[0] for sound in speak(voice, WORDS, version, manners[row].options)]
        floats = [sound[:samples, 0].float() / FULL_SCALE for sound in sounds]
        spoken[row] = [functional.pad(sound, (0, samples - len(sound))) for sound in floats]

    errors = for_every_row(torch.arange(len(manners)), act, f"speaking words as {voice.name}", "manner")
    for message in errors.values():
        raise ValueError(message)
    return torch.stack([sound for row in sorted(spoken) for sound in spoken[row]])
