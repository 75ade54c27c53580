"""`SoundFacts`, what is found out about one sound file, and the one-line census of many."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from torch import Tensor

from ganlab.kinds.sound_files import SoundHeader

SILENT = 10 ** (-60 / 20)  # of full scale: a sound whose highest amplitude is below is silent
CLIPPED = 0.999  # of full scale: a sample from there on is at full scale
CLIPPED_RUN = 3  # samples one after another at full scale: by chance that does not happen
MAX_NAMED = 3  # files in a remark
MAX_LISTED = 4  # rates, channels and encodings in a census


@final
@dataclass(frozen=True)
class SoundFacts:
    """The header of a sound file, its highest amplitude in any channel, and whether it is clipped."""

    header: SoundHeader
    peak: float
    is_clipped: bool

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return self.header.samples / self.header.rate

    @property
    def is_silent(self) -> bool:
        """Whether no sample is above −60 decibels of full scale."""
        return self.peak < SILENT


def measure_sound(header: SoundHeader, sound: Tensor) -> SoundFacts:
    """Return the facts of a sound (samples, channels) as its file has it."""
    amplitudes = sound.abs()
    loud = (amplitudes >= CLIPPED).numpy()
    return SoundFacts(header, float(amplitudes.max()), _longest_run(loud) >= CLIPPED_RUN)


def describe_census(facts: Sequence[SoundFacts]) -> str:
    """Return how many files there are, how long they are, and their rates, channels and encodings."""
    lengths = np.array([each.seconds for each in facts])
    noun = "file" if len(facts) == 1 else "files"
    headers = [each.header for each in facts]
    return (
        f"{len(facts):,} {noun} of {_time_text(lengths.sum())}, each {_time_text(lengths.min())} to "
        f"{_time_text(lengths.max())} (median {_time_text(float(np.median(lengths)))}); "
        f"{_count_list(f'{each.rate:,} Hz' for each in headers)}; "
        f"{_count_list(_channel_text(each.channels) for each in headers)}; "
        f"{_count_list(_encoding_text(each.subtype) for each in headers)}"
    )


def name_some(names: Sequence[str]) -> str:
    """Return the number of files and the first names."""
    more = ", …" if len(names) > MAX_NAMED else ""
    return f"{len(names):,} ({', '.join(names[:MAX_NAMED])}{more})"


def _longest_run(loud: np.ndarray) -> int:
    """Return the length of the longest run of true values in a column of (samples, channels)."""
    longest = 0
    for column in loud.T:
        if column.any():
            edges = np.flatnonzero(np.diff(np.concatenate([[0], column.astype(np.int8), [0]])))
            longest = max(longest, int((edges[1::2] - edges[::2]).max()))
    return longest


def _count_list(values: Iterable[str]) -> str:
    counts = Counter(values).most_common()
    listed = ", ".join(f"{value} ({count:,})" if len(counts) > 1 else value for value, count in counts[:MAX_LISTED])
    more = f" and {len(counts) - MAX_LISTED} more" if len(counts) > MAX_LISTED else ""
    return listed + more


def _channel_text(channels: int) -> str:
    return {1: "mono", 2: "stereo"}.get(channels, f"{channels} channels")


def _encoding_text(subtype: str) -> str:
    kind, _, bits = subtype.partition("_")
    if kind == "PCM":
        return f"{bits.lstrip('SU')} bits"
    return {"FLOAT": "32 bits float", "DOUBLE": "64 bits float"}.get(subtype, subtype.replace("_", " ").lower())


def _time_text(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.{max(0, 1 - math.floor(math.log10(max(seconds, 1e-3))))}f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"
