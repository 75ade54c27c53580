"""Finding the files of published data sets on disk, else fetching them."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path


def find(names: Iterable[str], folders: Iterable[Path], packed: str = "") -> Path | None:
    """Return the first folder that has all files, each as it is or with the ending `packed`."""
    wanted = list(names)
    return next((folder for folder in folders if all(located(folder, name, packed) for name in wanted)), None)


def located(folder: Path, name: str, packed: str = "") -> Path | None:
    """Return the file or folder `name` in a folder, or that with the ending `packed`."""
    return next((path for ending in ("", packed) if (path := folder / f"{name}{ending}").exists()), None)


def obtain(
    title: str,
    names: Sequence[str],
    folders: Sequence[Path],
    explicit: str | None,
    download: Callable[[], object],
    packed: str = "",
) -> Path:
    """Return the folder that has all files, after `download` where none has.

    Only `explicit` is looked into where it is given. Files may have the ending `packed`, if their reader knows it.
    Raises ValueError where the files can neither be found nor downloaded.
    """
    if explicit is not None:
        place = find(names, [Path(explicit).expanduser()], packed)
        if place is None:
            raise ValueError(f"path must be a folder with {', '.join(names)} for {title}, got {explicit}")
        return place
    reason = "the download has left files out"
    place = find(names, folders, packed)
    if place is None:
        try:
            download()
        except (OSError, RuntimeError, ImportError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
        place = find(names, folders, packed)
    if place is None:
        raise ValueError(
            f"{title} is not on this machine and could not be downloaded ({reason}): "
            f"put {', '.join(names)} into {folders[0]}, or set data.path to the folder that has them"
        )
    return place
