"""Frees the checkpoints of finished runs; everything else in their directories stays."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import final

from ganlab.core.errors import UserError
from ganlab.runs.directory import RunDirectory
from ganlab.runs.inventory import RunSummary
from ganlab.runs.lock import RunLock

FOLDER, ENDINGS = "checkpoints", (".ckpt", ".ckpt.tmp")
GENERATOR = ("generator.safetensors", "generator.json")


@final
@dataclass(frozen=True)
class Checkpoints:
    """The checkpoint files of a finished run that can be freed, and their bytes."""

    run: str
    files: tuple[str, ...]
    size_bytes: int


def find_checkpoints(run: RunSummary, kept: Collection[str] = ()) -> Checkpoints | None:
    """Return the checkpoints of a run except those with the kept names (last, best), None if there is none to free.

    A run has none to free if it has not finished, or if it lacks its exported generator.
    """
    if run.state != "finished" or not all(os.path.isfile(f"{run.path}/{name}") for name in GENERATOR):
        return None
    files, size_bytes = [], 0
    try:
        with os.scandir(f"{run.path}/{FOLDER}") as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                is_kept = entry.name.partition(".")[0] in kept
                if entry.name.endswith(ENDINGS) and not is_kept and not entry.is_dir(follow_symlinks=False):
                    files.append(entry.path)
                    size_bytes += entry.stat(follow_symlinks=False).st_size
    except OSError:  # there is no such folder, or it cannot be read
        return None
    return Checkpoints(run.path, tuple(files), size_bytes) if files else None


def free(checkpoints: Checkpoints) -> None:
    """Remove the files; raises UserError if a process uses the run, if it has changed, or if they cannot be removed.

    The status records it first, so that a run without checkpoints is not taken for one that has not started.
    """
    run = RunDirectory(Path(checkpoints.run))
    with RunLock(run.path):
        if run.state() != "finished":
            raise UserError(f"{run.path} is {run.state()} now, so its checkpoints stay")
        try:
            run.write_status("finished", freed=True)
            for file in checkpoints.files:
                os.unlink(file)
        except OSError as error:
            reason = error.strerror or error
            raise UserError(f"the checkpoints of {run.path} cannot be removed: {reason}") from error
