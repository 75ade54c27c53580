"""Words spoken by the synthesiser espeak-ng, kept in the cache."""

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, final

import numpy as np
import torch
from scipy.io import wavfile
from torch import Tensor

from ganlab.core.cache_directory import cache_directory
from ganlab.data.readers.cache_files import DRAFT, mark_used, new_cache_file
from ganlab.kinds.audio import FULL_SCALE

PROGRAM = "espeak-ng"
RATE = 22_050  # hertz, of all its voices
SECONDS = 30  # that one word may take
# Accents of English that use a variant; plain en-gb ignores it, and en-us-nyc speaks as en-us.
ACCENTS = ("en-us", "en", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-rp", "en-gb-x-gbcwmd", "en-029")
# Of version 1.51, without those that repeat another (caleb and klatt6 are klatt) or name themselves a speed (fast).
NAMES = (
    "Alex Alicia Andrea Andy Annie AnxiousAndy Demonic Denis Diogo Gene Gene2 Henrique Hugo Jacky Lee Marco Mario "
    "Michael Mike Nguyen RicishayMax RicishayMax2 RicishayMax3 Storm Tweaky UniRobot adam anika anikaRobot announcer "
    "antonio aunty belinda benjamin boris croak david ed edward edward2 f1 f2 f3 f4 f5 grandma grandpa gustave iven "
    "iven2 iven3 iven4 john kaukovalta klatt klatt2 klatt3 klatt4 klatt5 linda m1 m2 m3 m4 m5 m6 m7 m8 marcelo max "
    "michel miguel norbert pablo paul pedro quincy rob robert robosoft robosoft2 robosoft3 robosoft4 robosoft5 "
    "robosoft6 robosoft7 robosoft8 sandro shelby steph steph2 steph3 travis victor whisper whisperf zac"
)
VARIANTS = tuple(NAMES.split())


@final
class Voice(NamedTuple):
    """A voice of espeak-ng: an accent, and the variant that changes its pitch and timbre."""

    accent: str
    variant: str

    @property
    def name(self) -> str:
        """The name as espeak-ng reads it."""
        return f"{self.accent}+{self.variant}"


def all_voices() -> list[Voice]:
    """Return every accent with every variant."""
    return [Voice(accent, variant) for accent in ACCENTS for variant in VARIANTS]


def espeak_version(title: str) -> str:
    """Return the version of espeak-ng; raises ValueError, with the package to install, if it is absent."""
    if shutil.which(PROGRAM) is None:
        raise ValueError(f"{title} needs the program {PROGRAM}, which is not installed; install the package espeak-ng")
    found = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, timeout=SECONDS, check=False)
    return found.stdout.partition("Data at")[0].strip()


def parse_voice(name: str) -> Voice:
    """Return the voice of a name such as en-us+m3; raises ValueError if espeak-ng would speak as another voice."""
    accent, _, variant = name.partition("+")
    if accent not in ACCENTS or variant not in VARIANTS:
        raise ValueError(
            f"a voice is an accent ({', '.join(ACCENTS)}), +, and a variant such as m3, f2 or whisper, got {name!r}"
        )
    return Voice(accent, variant)


def speak(voice: Voice, words: Sequence[str], version: str, options: Sequence[str] = ()) -> list[Tensor]:
    """Return the words as one voice speaks them, each float32 of shape (samples, 1) at `RATE` hertz.

    `options` are those of espeak-ng, such as ("-s", "150") for the speed. A voice that has spoken the same words before
    is read from the cache. Raises ValueError if espeak-ng fails.
    """
    key = repr((version, voice, tuple(words), tuple(options)))
    folder = cache_directory() / "espeak"
    path = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.npz"
    with suppress(OSError, ValueError, KeyError, EOFError):
        with np.load(path, allow_pickle=False) as file:
            spoken = [file[f"word{number}"] for number in range(len(words))]
        mark_used(path)
        return [_to_float(word) for word in spoken]
    with tempfile.TemporaryDirectory() as drafts:
        spoken = [_speak_word(voice, word, Path(drafts) / "word.wav", options) for word in words]
    # Fails if the disk is full, or if another process is writing the same file: then they are spoken again next time.
    with suppress(OSError), new_cache_file(path, folder / f".{path.name}{DRAFT}") as output:
        np.savez_compressed(output, **{f"word{number}": word for number, word in enumerate(spoken)})
    return [_to_float(word) for word in spoken]


def _speak_word(voice: Voice, word: str, path: Path, options: Sequence[str]) -> np.ndarray:
    """Return a word, int16 of shape (samples,)."""
    path.unlink(missing_ok=True)
    # -w writes a complete file; of --stdout the header has no true length
    command = [PROGRAM, "-v", voice.name, *options, "-w", str(path), word]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ValueError(f"{' '.join(command)} failed ({error}); install espeak-ng again") from error
    # An unknown voice leaves no file; an espeak-ng without its data leaves one without sound.
    if done.returncode or not path.is_file():
        reason = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise ValueError(f"{' '.join(command)} wrote no sound ({reason}); install espeak-ng again")
    rate, sound = wavfile.read(path)
    if rate != RATE or sound.dtype != np.int16 or sound.ndim != 1 or not sound.any():
        raise ValueError(
            f"{' '.join(command)} wrote {sound.shape} samples of {sound.dtype} at {rate} Hz, where mono sound of 16 "
            f"bits at {RATE} Hz was expected; install version 1.51 of espeak-ng"
        )
    return sound


def _to_float(sound: np.ndarray) -> Tensor:
    return torch.from_numpy(sound.astype(np.float32) / FULL_SCALE)[:, None]
