"""The ten digits in many voices of the synthesiser espeak-ng: speech with classes and speakers, without a download."""

from typing import Any, final

import torch
from torch import Tensor

from ganlab.core.interfaces import Spec
from ganlab.data.audio import AudioDataSet, build_audio_spec
from ganlab.data.group_splits import split_groups
from ganlab.data.readers.espeak import RATE, Voice, all_voices, espeak_version, speak
from ganlab.data.readers.every_row import for_every_row
from ganlab.data.readers.sound_decoder import SoundDecoder
from ganlab.data.readers.sound_storage import InMemorySounds, digest_of
from ganlab.data.readers.sound_windows import SoundWindows, check_windows
from ganlab.data.splits import check_shares, seeded_permutation

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
MOST_VOICES = len(all_voices())


@final
class SpokenDigits(AudioDataSet):
    """The digits zero to nine, which are the classes, each spoken by `voices` voices of espeak-ng.

    A voice is an accent of English with a variant of pitch and timbre, drawn with a fixed seed; one that repeats
    another is left out. Voices of one variant are in one split, so those of validation and test are unlike all for
    training. What was spoken is kept below $GANLAB_CACHE. Raises ValueError if espeak-ng is absent or fails, and for
    settings out of range.
    """

    def __init__(
        self,
        voices: int = 60,
        rate: int = 8000,
        samples: int = 8192,
        fade: int = 256,
        trim: float | None = -40.0,
        normalise: str = "peak",
        labels: bool = False,
        validation: float = 0.1,
        test: float = 0.2,
        limit: int = 0,
    ) -> None:
        check_voices(voices)
        check_windows(samples, "cut", 0, fade)
        decoder = self.decoder = SoundDecoder(rate, 1, trim, normalise)
        version = espeak_version("data=spoken_digits")
        spoken = _distinct(_speak_all(draw_voices(voices), version, decoder))
        repeated = voices - len(spoken)
        self.remarks = (f"{len(spoken)} voices of {version}",)
        if repeated:
            self.remarks += (f"voices left out because they repeat another: {repeated}",)
        names = [f"{voice.name}/{word}" for voice in spoken for word in WORDS]
        numbers = torch.arange(len(WORDS)).repeat(len(spoken))
        groups = [voice.variant for voice in spoken for _ in WORDS]
        splits = split_groups(groups, len(names), validation, test, limit)
        storage = InMemorySounds([sound for sounds in spoken.values() for sound in sounds], rate)
        windows = SoundWindows(storage, samples, "cut", 0, fade)
        super().__init__(windows, names, splits, numbers, list(WORDS), conditional=labels)

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec without speaking a word; raises ValueError for invalid settings."""
        complete = cls.complete_settings(settings)
        check_voices(complete["voices"])
        SoundDecoder(complete["rate"], 1, complete["trim"], complete["normalise"])
        check_windows(complete["samples"], "cut", 0, complete["fade"])
        check_shares({name: complete[name] for name in ("validation", "test")}, complete["limit"])
        return build_audio_spec((complete["samples"], 1), complete["rate"], complete["labels"], len(WORDS))


def check_voices(voices: int) -> None:
    """Raise ValueError for a number of voices that espeak-ng does not have, or that cannot be split."""
    if not 3 <= voices <= MOST_VOICES:
        raise ValueError(f"voices must be from 3 to {MOST_VOICES}, got {voices}")


def draw_voices(count: int) -> list[Voice]:
    """Return voices drawn with a fixed seed: the first ones of every larger number."""
    voices = all_voices()
    return [voices[index] for index in seeded_permutation(len(voices), "voices")[:count].tolist()]


def _speak_all(voices: list[Voice], version: str, decoder: SoundDecoder) -> dict[Voice, list[Tensor]]:
    """Return the digits of every voice, int16 of shape (samples, 1); raises ValueError if one cannot speak."""
    spoken: dict[Voice, list[Tensor]] = {}

    def act(row: int) -> None:
        sounds = speak(voices[row], WORDS, version)
        spoken[voices[row]] = [decoder.convert(sound, RATE)[0] for sound in sounds]

    errors = for_every_row(torch.arange(len(voices)), act, "speaking digits", "voice")
    for message in errors.values():
        raise ValueError(message)
    return {voice: spoken[voice] for voice in voices}


def _distinct(spoken: dict[Voice, list[Tensor]]) -> dict[Voice, list[Tensor]]:
    """Return the voices none of whose digits an earlier voice has spoken alike."""
    seen, kept = set[bytes](), dict[Voice, list[Tensor]]()
    for voice, sounds in spoken.items():
        digests = {digest_of(sound) for sound in sounds}
        if not seen & digests:
            kept[voice] = sounds
        seen |= digests
    return kept
