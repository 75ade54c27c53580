"""Reading all sound files of a folder: every fault is named and counted, and equal sounds are kept once."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import torch
from torch import Tensor

from ganlab.data.readers.every_row import for_every_row
from ganlab.data.readers.path_table import PathTable
from ganlab.data.readers.resampling import resampled_length
from ganlab.data.readers.scan import MIB, readable_rows
from ganlab.data.readers.sound_decoder import DecodedSound, Placement, SoundDecoder
from ganlab.data.readers.sound_facts import SoundFacts, describe_census, name_some
from ganlab.data.readers.sound_storage import InMemorySounds, SoundFiles, SoundStorage, digest_of
from ganlab.kinds.sound_files import SoundHeader, read_header, sound_library

SAMPLE_BYTES = 2
log = logging.getLogger(__name__)


@final
@dataclass(frozen=True)
class ReadSounds:
    """Distinct readable sounds, their names, remarks on the files for the summary, and the names of rejected ones."""

    storage: SoundStorage
    names: list[str]
    remarks: tuple[str, ...]
    rejected: tuple[str, ...]


@final
@dataclass(frozen=True)
class _Scanned:
    """What is kept of a decoded file: its samples only if all files fit in memory."""

    samples: Tensor | None
    length: int
    placement: Placement
    facts: SoundFacts
    digest: bytes
    accepted: bool


def _accept_all(decoded: DecodedSound) -> bool:
    return True


def read_sounds(
    root: Path,
    names: PathTable,
    decoder: SoundDecoder,
    longest: int | None,
    memory_limit_mib: int,
    on_error: str,
    accept: Callable[[DecodedSound], bool] = _accept_all,
) -> ReadSounds:
    """Decode all files below `root` once; of each sound at most `longest` samples are used (None: all).

    If they need more than `memory_limit_mib`, they stay on disk. Files with equal samples, of those that are used, are
    kept once, under the first of their names; those that `accept` returns false for are left out. Raises ValueError if
    no file is left, and if some are unreadable, empty or cut off and `on_error` is "refuse".
    """
    sound_library()
    headers: dict[int, SoundHeader] = {}
    errors = _for_files(torch.arange(len(names)), lambda row: headers.update({row: read_header(root / names[row])}))
    fits = sum(_decoded_bytes(header, decoder, longest) for header in headers.values()) <= memory_limit_mib * MIB
    scanned: dict[int, _Scanned] = {}

    def scan(row: int) -> None:
        decoded = decoder.decode(root / names[row])
        scanned[row] = _reduce(decoded, longest, fits, accept(decoded))

    errors |= _for_files(torch.tensor(sorted(headers), dtype=torch.int64), scan)
    readable = readable_rows(names, dict(sorted(errors.items())), on_error, "sounds").tolist()
    rows = [row for row in readable if scanned[row].accepted]
    if not rows:
        raise ValueError(f"none of the {len(names)} sounds below {root} can be used; give other files")
    distinct, copies = _without_copies(rows, scanned)
    kept = [scanned[row] for row in distinct]
    listed = names.take(torch.tensor(distinct))
    return ReadSounds(
        _store(root, listed, decoder, kept, fits),
        list(listed),
        _remarks(names, rows, scanned, copies, len(errors)),
        tuple(names[row] for row in readable if not scanned[row].accepted),
    )


def _for_files(rows: Tensor, action: Callable[[int], object]) -> dict[int, str]:
    return for_every_row(rows, action, "reading sounds", "sound")


def _reduce(decoded: DecodedSound, longest: int | None, keep: bool, accepted: bool) -> _Scanned:
    used = decoded.samples[:longest]
    samples = used.clone() if keep and accepted else None  # without the rest of a longer sound
    return _Scanned(samples, len(used), decoded.placement, decoded.facts, digest_of(used), accepted)


def _decoded_bytes(header: SoundHeader, decoder: SoundDecoder, longest: int | None) -> int:
    length = resampled_length(header.samples, header.rate, decoder.rate)
    return (length if longest is None else min(length, longest)) * decoder.channels * SAMPLE_BYTES


def _without_copies(rows: Sequence[int], scanned: dict[int, _Scanned]) -> tuple[list[int], list[tuple[int, int]]]:
    """Return the rows of distinct sounds, and every other row with the one that it repeats."""
    first: dict[bytes, int] = {}
    copies = [(row, earlier) for row in rows if (earlier := first.setdefault(scanned[row].digest, row)) != row]
    return list(first.values()), copies


def _store(root: Path, names: PathTable, decoder: SoundDecoder, sounds: Sequence[_Scanned], fits: bool) -> SoundStorage:
    if fits:
        return InMemorySounds([sound.samples for sound in sounds if sound.samples is not None], decoder.rate)
    lengths = torch.tensor([sound.length for sound in sounds])
    placements, digests = [sound.placement for sound in sounds], [sound.digest for sound in sounds]
    return SoundFiles(root, names, decoder, lengths, placements, digests)


def _remarks(
    names: PathTable, rows: Sequence[int], scanned: dict[int, _Scanned], copies: Sequence[tuple[int, int]], failed: int
) -> tuple[str, ...]:
    """Return the census, and the files that were left out or that the user should listen to."""
    remarks = [describe_census([scanned[row].facts for row in rows])]
    if failed:
        remarks.append(f"unreadable files that are skipped: {failed:,}")
    if copies:
        pairs = [f"{names[row]} of {names[earlier]}" for row, earlier in copies]
        remarks.append(f"duplicates left out: {name_some(pairs)}")
        log.warning("%s of %s sounds repeat another one and are left out", f"{len(copies):,}", f"{len(rows):,}")
    silent = [names[row] for row in rows if scanned[row].facts.is_silent]
    clipped = [names[row] for row in rows if scanned[row].facts.is_clipped]
    if silent:
        remarks.append(f"warning: silent, always below -60 dB: {name_some(silent)}")
    if clipped:
        remarks.append(f"warning: clipped, 3 samples in a row at full scale: {name_some(clipped)}")
    return tuple(remarks)
