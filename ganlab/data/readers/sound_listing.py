"""The sound files below a folder."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import final

from ganlab.data.readers.folder import Folder
from ganlab.data.readers.path_table import PathTable
from ganlab.kinds.sound_files import SUFFIXES

SUFFIX_TEXT = "wav, flac, ogg, opus, mp3, aiff"


@final
@dataclass(frozen=True)
class SoundListing:
    """The sound files of a folder by their paths below it, in order, and the visible files that are no sounds."""

    root: Path
    names: PathTable
    ignored: tuple[str, ...]


def list_sounds(path: str) -> SoundListing:
    """Return the sound files below a folder, hidden ones left out; raises ValueError if there is none."""
    root = Path(path).expanduser()
    if not root.is_dir():
        raise ValueError(f"path must be a folder of sound files ({SUFFIX_TEXT}), but {path} {describe_no_folder(root)}")
    visible = [name for name in Folder(root).names() if not _is_hidden(name)]
    sounds = [name for name in visible if name.lower().endswith(SUFFIXES)]
    if not sounds:
        raise ValueError(
            f"path must hold sound files ({SUFFIX_TEXT}), but {path} and its subfolders hold none; convert others, "
            "for example with ffmpeg"
        )
    others = tuple(name for name in visible if not name.lower().endswith(SUFFIXES))
    return SoundListing(root, PathTable.of(sounds), others)


def describe_no_folder(path: Path) -> str:
    """Return why a path is no folder."""
    return "is a file" if path.exists() else "does not exist"


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
