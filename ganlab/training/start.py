"""The start of a run in a directory: what an unsuccessful start leaves is what it found."""

import shutil
from contextlib import suppress
from pathlib import Path

from ganlab.core.errors import UserError
from ganlab.runs.directory import SWEEP_FILE, RunDirectory, new_directory

# At least one of these is in every directory of a run, from its start on; launchers write logs first.
RUN_FILES = {"config.yaml", "status.json", "metrics.csv", "checkpoints", "wandb_id", "job.log"}


class Start:
    """Remembers a run directory as it is before a start, and restores it if the start fails before the first step."""

    def __init__(self, directory: Path) -> None:
        self.directory = RunDirectory(directory)
        self._created = [path for path in (directory, *directory.parents) if not path.exists()]
        self._config = _read(self.directory.config)

    @classmethod
    def in_new_directory(cls, name: str) -> "Start":
        """Create a new directory for a run of the experiment `name`."""
        folder = Path("outputs") / name
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        start = cls(new_directory(name))
        start._created = [start.directory.path, *missing]
        return start

    def check_directory(self) -> None:
        """Raise UserError if the directory is not empty and holds no run, or if it is a file."""
        path = self.directory.path
        if path.exists() and not path.is_dir():
            raise UserError(f"run_dir={path} is a file; choose another run_dir")
        names = sorted(entry.name for entry in path.iterdir()) if path.is_dir() else []
        visible = [name for name in names if not name.startswith(".")]
        if visible and RUN_FILES.isdisjoint(names):
            content = "a sweep" if SWEEP_FILE in names else f"other files (such as {visible[0]})"
            raise UserError(f"run_dir={path} holds {content} and no run; choose a new folder, or that of a run")

    def undo(self) -> None:
        """Remove the directory if this start has created it; else restore its config.yaml."""
        path = self.directory.path
        with suppress(OSError):
            if path in self._created:
                shutil.rmtree(path)
                for parent in self._created[1:]:
                    parent.rmdir()  # unless another run has been started below it
            elif self._config is None:
                self.directory.config.unlink(missing_ok=True)
            else:
                self.directory.config.write_bytes(self._config)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
