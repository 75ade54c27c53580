"""A folder that one command fills: the files of an earlier call stay until the new ones are complete."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import final

from ganlab.core.errors import UserError

DRAFT = ".draft"


@final
@dataclass(frozen=True)
class OwnFolder:
    """A folder given as output=PATH; `marker` is the name of a file by which `command` recognises its own folders."""

    path: Path
    marker: str
    command: str

    def require_own(self) -> None:
        """Raise UserError for a file, or a folder with files of something else.

        They would be taken for the command's own from then on.
        """
        if self.path.exists() and not self.path.is_dir():
            raise UserError(f"output={self.path} is a file; choose a folder")
        other = [entry.name for entry in sorted(self.path.glob("*")) if not entry.name.startswith(".")]
        if other and not (self.path / self.marker).exists():
            raise UserError(
                f"output={self.path} holds files that `{self.command}` did not write (such as {other[0]}); choose an "
                "empty or a new folder"
            )

    @contextmanager
    def replaced(self, remove_former: Callable[[Path], None]) -> Iterator[Path]:
        """Yield an empty folder; what is written there replaces what `remove_former(path)` removes, all but the marker.

        Raises UserError for a folder of other files, or if it cannot be written; then nothing in it has changed.
        """
        draft = self.path / DRAFT
        try:
            self.require_own()
            self.path.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(draft, ignore_errors=True)  # of a call that was killed
            draft.mkdir()
            yield draft
            remove_former(self.path)
            _move(draft, self.path)
        except OSError as error:
            reason = error.strerror or error
            raise UserError(f"output={self.path} cannot be written ({reason}); choose another folder") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _move(source: Path, target: Path) -> None:
    """Move all files, those of folders last, since the marker shows that the command wrote the others."""
    target.mkdir(exist_ok=True)
    for path in sorted(source.iterdir(), key=Path.is_dir):
        if path.is_dir():
            _move(path, target / path.name)
        else:
            os.replace(path, target / path.name)
