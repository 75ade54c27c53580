"""Finding the files of published data sets on disk, and downloading them if they are not there."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path


def find_folder(names: Iterable[str], folders: Iterable[Path], packed: str = "") -> Path | None:
    """Return the first folder that has all files, each as it is or with the suffix `packed`; None if there is none."""
    required = list(names)
    for folder in folders:
        if all(find_file(folder, name, packed) for name in required):
            return folder
    return None


def find_file(folder: Path, name: str, packed: str = "") -> Path | None:
    """Return the path of the file or folder `name` in a folder, or of `name` with the suffix `packed`, or None."""
    for suffix in ("", packed):
        path = folder / f"{name}{suffix}"
        if path.exists():
            return path
    return None


def find_or_download(
    title: str,
    names: Sequence[str],
    folders: Sequence[Path],
    explicit: str | None,
    download: Callable[[], object],
    packed: str = "",
) -> Path:
    """Return the first folder that has all files; `download` is called if none has.

    If the user gives a folder (`explicit`), only this one is searched, without a download. Files may have the suffix
    `packed`, which their reader understands. Raises ValueError if the files are neither found nor downloaded.
    """
    if explicit is not None:
        folder = find_folder(names, [Path(explicit).expanduser()], packed)
        if folder is None:
            raise ValueError(f"path must be a folder with {', '.join(names)} for {title}, got {explicit}")
        return folder
    folder = find_folder(names, folders, packed)
    if folder is not None:
        return folder
    reason = "the download is incomplete"
    try:
        download()
    except (OSError, RuntimeError, ImportError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
    folder = find_folder(names, folders, packed)
    if folder is None:
        raise ValueError(
            f"{title} is not on this machine and could not be downloaded ({reason}): "
            f"put {', '.join(names)} into {folders[0]}, or set data.path to the folder that has them"
        )
    return folder
