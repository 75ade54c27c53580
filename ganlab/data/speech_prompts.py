"""Real speech of one speaker: the English prompts of the telephone system Asterisk, from a Debian package."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor

from ganlab.core.interfaces import Spec
from ganlab.data.audio import AudioDataSet, build_audio_spec
from ganlab.data.dataset import SPLITS
from ganlab.data.readers.path_table import PathTable
from ganlab.data.readers.sound_decoder import SoundDecoder
from ganlab.data.readers.sound_listing import describe_no_folder, list_sounds
from ganlab.data.readers.sound_table import read_sounds
from ganlab.data.readers.sound_windows import SoundWindows, check_windows
from ganlab.data.splits import check_shares, seeded_permutation

FOLDER = "/usr/share/asterisk/sounds/en_US_f_Allison"
PACKAGE = "asterisk-core-sounds-en-wav"
SILENCE = "silence/"
TONES = ("ascending-2tone", "beep", "beeperr", "confbridge-join", "confbridge-leave", "descending-2tone")
HELD_OUT = Path(__file__).with_name("speech_prompts_held_out.txt")  # the first clips of a seeded permutation
HELD_OUT_CLIPS = 34  # of each split


@final
class SpeechPrompts(AudioDataSet):
    """Parts of 552 clips of speech, 24 minutes of one speaker at 8 kHz, from random places for training.

    They are the prompts of Debian's package asterisk-core-sounds-en-wav, without silence and tones. 34 clips each are
    for validation and tests, which the file speech_prompts_held_out.txt lists; for scores, parts lie side by side.
    `path` is the folder en_US_f_Allison; None is where Debian installs it, or else speech_prompts/ below `data_root`.
    Raises ValueError if clips are absent, and for settings out of range.
    """

    def __init__(
        self,
        data_root: str,
        path: str | None = None,
        rate: int = 8000,
        samples: int = 8192,
        limit: int = 0,
    ) -> None:
        decoder = self.decoder = SoundDecoder(rate)
        check_windows(samples, "windows", 0)
        folder = _find_folder(data_root, path)
        names = choose_speech(list_sounds(str(folder)).names)
        chosen = _split(folder, names, read_held_out(), limit)
        found = read_sounds(folder, PathTable.of(names), decoder, None, 1024, "refuse")
        # Clips that repeat another are left out, so the rows are looked up by name.
        splits = {split: _rows_of([names[row] for row in rows], found.names) for split, rows in chosen.items()}
        self.remarks = found.remarks
        super().__init__(SoundWindows(found.storage, samples, "windows"), found.names, splits, crops=True)

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec without reading a file; raises ValueError for invalid settings."""
        complete = cls.complete_settings(settings)
        SoundDecoder(complete["rate"])
        check_windows(complete["samples"], "windows", 0)
        check_shares({}, complete["limit"])
        return build_audio_spec((complete["samples"], 1), complete["rate"], False, 0)


def choose_speech(names: Iterable[str]) -> list[str]:
    """Return the paths of clips that hold speech, in order.

    >>> choose_speech(["beep.wav", "digits/1.wav", "silence/1.wav"])
    ['digits/1.wav']
    """
    return sorted(name for name in names if not name.startswith(SILENCE) and _stem(name) not in TONES)


def read_held_out() -> dict[str, list[str]]:
    """Return the clips of validation and test, paths without suffix, from the list that the package has."""
    clips: dict[str, list[str]] = {"validation": [], "test": []}
    for line in HELD_OUT.read_text().splitlines():
        split, name = line.split(maxsplit=1)
        clips[split].append(name)
    return clips


def _find_folder(data_root: str, path: str | None) -> Path:
    candidates = [path] if path is not None else [FOLDER, str(Path(data_root) / "speech_prompts")]
    for candidate in candidates:
        if (folder := Path(candidate).expanduser()).is_dir():
            return folder
    if path is not None:
        raise ValueError(
            f"path must be the folder en_US_f_Allison of {PACKAGE}, but {path} {describe_no_folder(folder)}; give "
            f"another one, or set data.path=null to use {FOLDER}"
        )
    raise ValueError(
        f"the speech prompts are not on this machine: install {PACKAGE} (Debian, Ubuntu), or set data.path to its "
        "folder en_US_f_Allison"
    )


def _split(
    folder: Path, names: Sequence[str], held_out: Mapping[str, Sequence[str]], limit: int
) -> dict[str, list[int]]:
    """Return the rows of each split; raises ValueError if `folder` lacks held-out clips, or if no other is left."""
    check_shares({}, limit)
    rows = {_stem(name): row for row, name in enumerate(names)}
    absent = [name for clips in held_out.values() for name in clips if name not in rows]
    if absent:
        raise ValueError(
            f"{folder} lacks {len(absent)} of the {2 * HELD_OUT_CLIPS} clips that are held out, such as "
            f"{absent[0]}.wav; give the folder en_US_f_Allison of version 1.6.1 of {PACKAGE}"
        )
    splits = {split: [rows.pop(name) for name in held_out[split]] for split in SPLITS if split != "train"}
    train = [list(rows.values())[row] for row in seeded_permutation(len(rows), "limit").tolist()]
    if not 0 <= limit <= len(train) or not train:
        raise ValueError(f"limit must be from 0 (all) to the {len(train)} training clips, got {limit}")
    return splits | {"train": sorted(train[: limit or None])}


def _rows_of(names: Sequence[str], found: Sequence[str]) -> Tensor:
    rows = {name: row for row, name in enumerate(found)}
    return torch.tensor([rows[name] for name in names if name in rows])


def _stem(name: str) -> str:
    return name.rpartition(".")[0]
