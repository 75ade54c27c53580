"""Checkpoints on disk: whole or not at all, verified when read, plain data only, and the former one is kept."""

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

# What a file is replaced by keeps what it was, for the day that it is found damaged.
FORMER = {"last.ckpt": "previous.ckpt"}
# torch writes zip archives, and a zip archive may end with a comment: the checksum of all that is before it. So the
# two are one file, no kill can come between them, and plain torch.load reads it.
SEAL = b"ganlab sha256 "
SEAL_BYTES = len(SEAL) + 2 * hashlib.sha256().digest_size
PARTS = {"state_dict", "optimizer_states", "ganlab"}


class DamagedCheckpointError(UserError):
    """A checkpoint that is missing, or is not as it was written."""


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the old file and then takes its place; reads plain data only, and the former file for a bad one."""

    def __init__(self) -> None:
        self._damaged: set[Path] = set()  # found so by us; they must not take the former one's place

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        """Write the file so that a kill at any moment leaves the former one; raises TrainingError where it cannot."""
        target = Path(path)
        scratch = target.with_name(f"{target.name}.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(checkpoint, scratch)
            if target.name in FORMER and target.exists() and target not in self._damaged:
                os.replace(target, target.with_name(FORMER[target.name]))
            os.replace(scratch, target)
            _flush(target.parent)
        except OSError as error:
            scratch.unlink(missing_ok=True)
            raise TrainingError(
                f"{target} cannot be written ({error.strerror or error}); the checkpoint before it is intact: make "
                "room, and the same command with this run_dir goes on from there"
            ) from error
        self._damaged.discard(target)

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        """Read the file, or the one before where it is damaged; raises UserError where neither will do."""
        path = Path(path)
        try:
            return read(path, map_location)
        except DamagedCheckpointError as error:
            former = path.with_name(FORMER.get(path.name, path.name))
            if former == path or not former.exists():
                raise
            checkpoint = read(former, map_location)
            self._damaged.add(path)
            _warn(f"{error.args[0]}; going on from the one before it, {former.name}, of step "
                  f"{checkpoint['ganlab'].get('steps')}")  # fmt: skip
            return checkpoint


def find_checkpoint(folder: Path, name: str) -> Path:
    """Return the checkpoint that is called so in a folder (last, best), or lies at that path; raises UserError."""
    path = folder / f"{name}.ckpt"
    path = path if exists(path) else Path(name)
    if not exists(path):
        there = sorted(each.stem for each in folder.glob("*.ckpt"))
        choice = f"choose {' or '.join(there)}, or give a file" if there else "the run has not written any yet"
        raise UserError(f"checkpoint={name} is not there; {choice}")
    return path


def exists(path: Path) -> bool:
    """Tell whether there is a checkpoint, or the one before it."""
    return path.is_file() or path.with_name(FORMER.get(path.name, path.name)).is_file()


def read(path: Path, map_location: Any = None) -> dict[str, Any]:
    """Read one checkpoint, refusing anything but tensors and plain containers.

    Raises DamagedCheckpointError if the checksum does not match, and UserError for a file that ganlab did not write.
    Nothing in the file is interpreted before the checksum was compared.
    """
    _verify(path)
    try:
        checkpoint = torch.load(path, map_location=map_location or "cpu", weights_only=True)
    except Exception as error:  # torch has no one error for a file that is not what it should be
        reason = str(error).splitlines()[0]
        raise UserError(f"{path} cannot be read ({type(error).__name__}: {reason}); {_REMEDY}") from error
    if not isinstance(checkpoint, dict) or not checkpoint.keys() >= PARTS:
        raise UserError(f"{path} is no checkpoint of a ganlab run; {_REMEDY}")
    states = checkpoint.get("callbacks", {})
    checkpoint["callbacks"] = {CALLBACK_STATES.get(name, name): state for name, state in states.items()}
    return checkpoint


def require_matching_weights(checkpoint: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Raise UserError where a checkpoint's weights are not those of the networks whose state is given."""
    theirs, ours = ({name: _shape(value) for name, value in each.items()} for each in (checkpoint["state_dict"], state))
    unlike = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
    if unlike:
        name = unlike[0]
        raise UserError(
            f"the checkpoint is of other networks ({len(unlike)} of {len(ours)} weights differ: {name} is "
            f"{theirs.get(name, 'absent')} there, {ours.get(name, 'absent')} here); {_REMEDY}"
        )


_REMEDY = "remove it to begin anew, or choose another run_dir"


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(value.shape) if isinstance(value, torch.Tensor) else ()


class _Sink:
    """A file for torch's writer, which turns what goes wrong below it into an error of its own that says less."""

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
        file.seek(-2, os.SEEK_END)  # where the archive says how long its comment is
        file.write(SEAL_BYTES.to_bytes(2, "little"))
        file.seek(0)
        seal = SEAL + hashlib.file_digest(file, "sha256").hexdigest().encode()
        file.seek(0, os.SEEK_END)
        file.write(seal)
        file.flush()
        os.fsync(file.fileno())


def _flush(folder: Path) -> None:
    """Put the names of a folder's files on disk, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _verify(path: Path) -> None:
    try:
        with path.open("rb") as file:
            left, digest = path.stat().st_size - SEAL_BYTES, hashlib.sha256()
            while left > 0 and (piece := file.read(min(left, 1 << 20))):
                digest.update(piece)
                left -= len(piece)
            seal = file.read()
    except FileNotFoundError:
        raise DamagedCheckpointError(f"{path} is missing") from None
    except OSError as error:
        raise DamagedCheckpointError(f"{path} cannot be read ({error.strerror}); {_REMEDY}") from error
    if seal != SEAL + digest.hexdigest().encode():
        what = "its checksum does not hold" if seal.startswith(SEAL) else "it does not end with a checksum of ganlab's"
        raise DamagedCheckpointError(
            f"{path} cannot be read ({what}: damaged, or not a checkpoint of ganlab's); {_REMEDY}"
        )


@rank_zero_only
def _warn(sentence: str) -> None:
    log.warning("%s", sentence)
