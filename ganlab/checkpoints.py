"""Checkpoints on disk: whole or not at all, plain data only."""

import os
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO

from ganlab.errors import UserError


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the old file and then takes its place; reads plain data only."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        """Write the file so that a kill at any moment leaves the former one."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = target.with_name(f"{target.name}.tmp")
        with scratch.open("wb") as file:
            torch.save(checkpoint, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, target)

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        """Read the file, refusing anything but tensors and plain containers."""
        try:
            checkpoint: dict[str, Any] = torch.load(path, map_location=map_location or "cpu", weights_only=True)
        except Exception as error:  # torch has no one error for a file that is not what it should be
            raise UserError(
                f"{path} cannot be read ({type(error).__name__}: {error}); remove it to begin anew"
            ) from error
        return checkpoint
