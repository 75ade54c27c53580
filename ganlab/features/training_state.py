"""The state of an unfinished training in a file: a training that was stopped continues where it was."""

import time
from collections.abc import Mapping
from contextlib import suppress
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol, final

import torch

from ganlab.core.file_replacement import replaced

SAVE_SECONDS = 5.0  # between two writes, so a stopped training repeats at most so much


class Stateful(Protocol):
    """A network, an optimizer or a learning rate schedule."""

    def state_dict(self) -> Any:
        """Return the state."""

    def load_state_dict(self, state: Any) -> Any:
        """Restore the state."""


@final
class TrainingState:
    """Saves the states of named parts, and the number of steps so far, at most every `seconds`.

    Without a `path` nothing is saved. A damaged file counts as none, and a file that cannot be written is left out.
    """

    def __init__(self, path: Path | None = None, seconds: float = SAVE_SECONDS) -> None:
        self.path, self.seconds = path, seconds
        self._saved_at = time.monotonic()

    def load(self, parts: Mapping[str, Stateful]) -> int:
        """Restore the parts and return the number of steps so far, 0 if nothing was saved."""
        if self.path is None or not self.path.is_file():
            return 0
        fresh = {name: deepcopy(part.state_dict()) for name, part in parts.items()}
        try:
            state = torch.load(self.path, map_location="cpu", weights_only=True)
            for name, part in parts.items():
                part.load_state_dict(state[name])
            return int(state["steps"])
        except Exception:  # torch raises various errors for damaged files
            for name, part in parts.items():
                part.load_state_dict(fresh[name])
            return 0

    def save_if_due(self, steps: int, parts: Mapping[str, Stateful]) -> None:
        """Save the parts after so many steps, if the last time is long enough ago."""
        if self.path is None or time.monotonic() - self._saved_at < self.seconds:
            return
        content = BytesIO()
        torch.save({"steps": steps, **{name: part.state_dict() for name, part in parts.items()}}, content)
        with suppress(OSError), replaced(self.path) as file:
            file.write(content.getvalue())
        self._saved_at = time.monotonic()
