"""Checkpoint files: written atomically, verified by checksum when read, plain data only; the previous file is kept."""

import hashlib
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from ganlab.core.errors import TrainingError, UserError
from ganlab.core.renamed import CALLBACK_STATES

log = logging.getLogger(__name__)

# A file that is replaced is renamed to this, in case the new file is damaged later.
PREVIOUS = {"last.ckpt": "previous.ckpt"}
# torch writes zip archives, and a zip archive may end with a comment: here the checksum of all bytes before it. So
# checkpoint and checksum are one file, written or not as one, and plain torch.load can read it.
SEAL = b"ganlab sha256 "
SEAL_BYTES = len(SEAL) + 2 * hashlib.sha256().digest_size
REQUIRED_KEYS = {"state_dict", "optimizer_states", "ganlab"}


class DamagedCheckpointError(UserError):
    """A checkpoint that is missing, or has changed since it was written."""


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a temporary file and renames it; reads plain data only, and the previous file if the last is damaged."""

    def __init__(self) -> None:
        self._damaged: set[Path] = set()  # files that must not replace the previous one

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        """Write the file; a kill at any moment leaves the previous one. Raises TrainingError if that fails."""
        target = Path(path)
        scratch = target.with_name(f"{target.name}.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(checkpoint, scratch)
            if target.name in PREVIOUS and target.exists() and target not in self._damaged:
                os.replace(target, target.with_name(PREVIOUS[target.name]))
            os.replace(scratch, target)
            _flush(target.parent)
        except OSError as error:
            scratch.unlink(missing_ok=True)
            exists = target.exists() or target.with_name(PREVIOUS.get(target.name, target.name)).exists()
            kept = "the checkpoint before it is intact" if exists else "there is no checkpoint before it"
            raise TrainingError(
                f"{target} cannot be written ({error.strerror or error}); {kept}: free some space, and run the same "
                f"command with this run_dir to resume from {'there' if exists else 'the start'}"
            ) from error
        self._damaged.discard(target)

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        """Read the file, or the previous one if it is damaged; raises UserError if neither can be read."""
        path = Path(path)
        try:
            return read(path, map_location)
        except DamagedCheckpointError as error:
            previous = path.with_name(PREVIOUS.get(path.name, path.name))
            if previous == path or not previous.exists():
                raise
            checkpoint = read(previous, map_location)
            self._damaged.add(path)
            steps = checkpoint["ganlab"].get("steps")
            _warn(f"{error.args[0]}; resuming from the one before it, {previous.name}, of step {steps}")
            return checkpoint


def find_checkpoint(folder: Path, name: str) -> Path:
    """Return the checkpoint of that name (last, best) in a folder, or at that path; raises UserError without one."""
    path = folder / f"{name}.ckpt"
    path = path if exists(path) else Path(name)
    if not exists(path):
        names = sorted(file.stem for file in folder.glob("*.ckpt"))
        choice = (
            f"choose {' or '.join(names)}, or give a file"
            if names
            else "the run has not written any yet, or ganlab prune has removed them"
        )
        raise UserError(f"checkpoint={name} does not exist; {choice}")
    return path


def exists(path: Path) -> bool:
    """Return whether the checkpoint or its previous file exists."""
    return path.is_file() or path.with_name(PREVIOUS.get(path.name, path.name)).is_file()


def read(path: Path, map_location: Any = None) -> dict[str, Any]:
    """Read one checkpoint, which may contain only tensors and plain containers.

    Raises DamagedCheckpointError if the checksum does not match, and UserError for a file that ganlab did not write.
    Nothing in the file is interpreted before the checksum is verified.
    """
    _verify(path)
    try:
        checkpoint = torch.load(path, map_location=map_location or "cpu", weights_only=True)
    except Exception as error:  # torch raises various errors for invalid files
        reason = str(error).splitlines()[0]
        raise UserError(f"{path} cannot be read ({type(error).__name__}: {reason}); {_REMEDY}") from error
    if not isinstance(checkpoint, dict) or not checkpoint.keys() >= REQUIRED_KEYS:
        raise UserError(f"{path} is not a ganlab checkpoint; {_REMEDY}")
    states = checkpoint.get("callbacks", {})
    checkpoint["callbacks"] = {CALLBACK_STATES.get(name, name): state for name, state in states.items()}
    return checkpoint


def require_matching_weights(checkpoint: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Raise UserError if the names or shapes of a checkpoint's weights are not those of the networks' `state`."""
    saved = {name: _shape(value) for name, value in checkpoint["state_dict"].items()}
    expected = {name: _shape(value) for name, value in state.items()}
    differing = [name for name in {**expected, **saved} if expected.get(name) != saved.get(name)]
    if differing:
        name = differing[0]
        raise UserError(
            f"the checkpoint is of other networks ({len(differing)} of {len(expected)} weights differ: {name} is "
            f"{saved.get(name, 'absent')} there, {expected.get(name, 'absent')} here); {_REMEDY}"
        )


_REMEDY = "remove it to start from scratch, or choose another run_dir"


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(value.shape) if isinstance(value, torch.Tensor) else ()


class _Sink:
    """A file for torch's writer; it keeps the OSError, which torch replaces by a RuntimeError with less information."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.error: OSError | None = None

    def write(self, data: Any) -> int:
        try:
            return self.file.write(data)
        except OSError as error:
            self.error = self.error or error
            raise

    def flush(self) -> None:
        self.file.flush()


def _write(checkpoint: dict[str, Any], path: Path) -> None:
    with path.open("w+b") as file:
        sink = _Sink(file)
        try:
            torch.save(checkpoint, sink)  # type: ignore[arg-type]
        except RuntimeError as error:
            raise sink.error or error from None
        file.seek(-2, os.SEEK_END)  # the archive's field for the length of its comment
        file.write(SEAL_BYTES.to_bytes(2, "little"))
        file.seek(0)
        seal = SEAL + hashlib.file_digest(file, "sha256").hexdigest().encode()
        file.seek(0, os.SEEK_END)
        file.write(seal)
        file.flush()
        os.fsync(file.fileno())


def _flush(folder: Path) -> None:
    """Write the folder's file names to disk, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _verify(path: Path) -> None:
    try:
        with path.open("rb") as file:
            remaining, digest = path.stat().st_size - SEAL_BYTES, hashlib.sha256()
            while remaining > 0 and (chunk := file.read(min(remaining, 1 << 20))):
                digest.update(chunk)
                remaining -= len(chunk)
            seal = file.read()
    except FileNotFoundError:
        raise DamagedCheckpointError(f"{path} is missing") from None
    except OSError as error:
        raise DamagedCheckpointError(f"{path} cannot be read ({error.strerror}); {_REMEDY}") from error
    if seal != SEAL + digest.hexdigest().encode():
        reason = "checksum mismatch" if seal.startswith(SEAL) else "it does not end with a ganlab checksum"
        raise DamagedCheckpointError(
            f"{path} cannot be read ({reason}: damaged, or not a ganlab checkpoint); {_REMEDY}"
        )


@rank_zero_only
def _warn(sentence: str) -> None:
    log.warning("%s", sentence)
