"""Single strokes of kick, snare and hi-hat from the drum kits of two Debian packages."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor

from ganlab.core.interfaces import Spec
from ganlab.data.audio import AudioDataSet, build_audio_spec
from ganlab.data.dataset import SPLITS
from ganlab.data.readers.path_table import PathTable
from ganlab.data.readers.sound_decoder import DecodedSound, SoundDecoder
from ganlab.data.readers.sound_listing import describe_no_folder, list_sounds
from ganlab.data.readers.sound_table import read_sounds
from ganlab.data.readers.sound_windows import SoundWindows, check_windows
from ganlab.data.splits import check_shares, seeded_permutation

ROOT = "/usr/share"
PLACES = {"hydrogen-drumkits": "hydrogen/data/drumkits", "sonic-pi-samples": "sonic-pi/samples"}  # by Debian package
# In file names without suffix, in lower case. They leave out toms, rims, rolls, and snares without their wires, which
# sound like toms: SnareOff, and SN4 of BJA_Pacific.
CLASSES = {
    "kick": re.compile(r"kick|bassdrum|^bd[_\d]|_bd_|_k_\d|^drum_bass_"),
    "snare": re.compile(r"snare(?!off|.*rim)|^sn_|^sd_|_sn_"),
    "hat": re.compile(r"hat|^hh|_hh_|chh|ohh|^ho_|^drum_cymbal_(?:closed|open|pedal)"),
}
# Whole kits are held out, and those of one maker together, as they may share sounds; all others are for training.
HELD_OUT = {
    "validation": ("ColomboAcousticDrumkit", "ForzeeStereo"),
    "test": ("Millo-Drums_v.1", "Millo_MultiLayered2", "Millo_MultiLayered3"),
}
LONGEST_SECONDS, QUIET_DB = 1.0, -40.0  # until a stroke stays so far below its highest amplitude


@final
class Drums(AudioDataSet):
    """Strokes of kick, snare and hi-hat that ring for at most a second, of 11 kits and Sonic Pi's samples.

    They are of Debian's packages hydrogen-drumkits and sonic-pi-samples; the class is found in the file name. `path`
    holds their folders hydrogen/data/drumkits and sonic-pi/samples; None searches /usr/share, then drums/ below
    `data_root`. Two kits are for validation and three for tests. Strokes are cut off after `samples`, with the last
    `fade` samples faded out. Raises ValueError if the files are absent, and for settings out of range.
    """

    def __init__(
        self,
        data_root: str,
        path: str | None = None,
        rate: int = 16_000,
        samples: int = 8192,
        fade: int = 256,
        trim: float | None = -40.0,
        normalise: str = "peak",
        labels: bool = False,
        limit: int = 0,
    ) -> None:
        decoder = self.decoder = SoundDecoder(rate, 1, trim, normalise)
        check_windows(samples, "cut", 0, fade)
        root = _find_root(data_root, path)
        names = _list_strokes(root)
        found = read_sounds(root, PathTable.of(names), decoder, samples + 1, 1024, "refuse", _OneShot(rate).accepts)
        longer = f"left out because they ring for more than {LONGEST_SECONDS:g} s: {len(found.rejected)}"
        self.remarks = (*found.remarks, longer)
        numbers = torch.tensor([list(CLASSES).index(str(find_class(name))) for name in found.names])
        splits = _split_by_kit([kit_of(name) for name in found.names], limit)
        windows = SoundWindows(found.storage, samples, "cut", 0, fade)
        super().__init__(windows, found.names, splits, numbers, list(CLASSES), conditional=labels)

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec without reading a file; raises ValueError for invalid settings."""
        complete = cls.complete_settings(settings)
        SoundDecoder(complete["rate"], 1, complete["trim"], complete["normalise"])
        check_windows(complete["samples"], "cut", 0, complete["fade"])
        check_shares({}, complete["limit"])
        return build_audio_spec((complete["samples"], 1), complete["rate"], complete["labels"], len(CLASSES))

    def score_settings(self) -> dict[str, object]:
        """Return the filter of the resampling, and how strokes were chosen."""
        return {**super().score_settings(), "longest_seconds": LONGEST_SECONDS}


def find_class(name: str) -> str | None:
    """Return the drum that a file name names, None if it names none; raises ValueError if it names two.

    >>> find_class("Millo_MultiLayered3/ho_01.flac"), find_class("KickAss/TomLow-1.wav")
    ('hat', None)
    """
    stem = Path(name).stem.lower()
    found = [title for title, pattern in CLASSES.items() if pattern.search(stem)]
    if len(found) > 1:
        raise ValueError(f"{name} names {' and '.join(found)}; rename it")
    return found[0] if found else None


def kit_of(name: str) -> str:
    """Return the folder that a file is in; Sonic Pi's is a kit too."""
    return Path(name).parent.name


@final
class _OneShot:
    """Accepts sounds that stay below −40 dB of their highest amplitude after a second of a rate."""

    def __init__(self, rate: int) -> None:
        self._longest = round(LONGEST_SECONDS * rate)

    def accepts(self, decoded: DecodedSound) -> bool:
        amplitudes = decoded.samples.int().abs().amax(1)
        loud = (amplitudes > int(amplitudes.max()) * 10 ** (QUIET_DB / 20)).nonzero()[:, 0]
        return len(loud) > 0 and int(loud[-1]) < self._longest


def _find_root(data_root: str, path: str | None) -> Path:
    if path is not None:
        return _check_root(path)
    for candidate in (ROOT, Path(data_root) / "drums"):
        root = Path(candidate).expanduser()
        if all((root / place).is_dir() for place in PLACES.values()):
            return root
    raise ValueError(
        f"the drum sounds are not on this machine: install {' and '.join(PLACES)} (Debian, Ubuntu), or set data.path "
        f"to a folder that holds {' and '.join(PLACES.values())}"
    )


def _check_root(path: str) -> Path:
    """Return the folder that a setting gives; raises ValueError if it is none, or lacks a folder of a package."""
    root = Path(path).expanduser()
    absent = [place for place in PLACES.values() if not (root / place).is_dir()]
    if absent:
        reason = f"lacks {' and '.join(absent)}" if root.is_dir() else describe_no_folder(root)
        raise ValueError(
            f"path must be a folder that holds {' and '.join(PLACES.values())}, but {path} {reason}; give another one, "
            f"or set data.path=null to use what {' and '.join(PLACES)} install below {ROOT}"
        )
    return root


def _list_strokes(root: Path) -> list[str]:
    """Return the files with a class below both folders, in order; raises ValueError if there is none."""
    names = [
        f"{place}/{name}"
        for place in PLACES.values()
        for name in list_sounds(str(root / place)).names
        if find_class(name) is not None
    ]
    if not names:
        raise ValueError(
            f"{root} holds no drum sounds: none of its file names says {', '.join(CLASSES)}; give the folder with "
            f"the files of {' and '.join(PLACES)}"
        )
    return names


def _split_by_kit(kits: Sequence[str], limit: int) -> dict[str, Tensor]:
    check_shares({}, limit)
    held_out = {kit: split for split, members in HELD_OUT.items() for kit in members}
    splits = {split: _rows(held_out.get(kit, "train") == split for kit in kits) for split in SPLITS}
    train = splits["train"]
    if not 0 <= limit <= len(train):
        raise ValueError(f"limit must be from 0 (all) to the {len(train)} training samples, got {limit}")
    return splits | {"train": train[seeded_permutation(len(train), "limit")[:limit]] if limit else train}


def _rows(chosen: Iterable[bool]) -> Tensor:
    return torch.tensor(list(chosen)).nonzero()[:, 0]
