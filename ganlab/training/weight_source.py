"""The weights of another run, from which the networks of a new run may start (`init_from`)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, final

import torch
from torch import Tensor

from ganlab.core.errors import UserError
from ganlab.engine.checkpoints import AtomicCheckpointIO, exists
from ganlab.runs.demos import generator_directory
from ganlab.runs.directory import SWEEP_FILE, RunDirectory
from ganlab.training.exported_game import DESCRIPTION, GENERATOR, OTHERS, read_weights, unreadable

AVERAGE, GAME = "ema.average.", "game."  # beginnings of names in a checkpoint's state dict


@final
@dataclass(frozen=True)
class WeightSource:
    """The tensors of a run: its averaged generator, if there is one, and its game's, by the names in the game.

    `files` are the SHA-256 of the files that were read, by name, and `kind` is that of the samples, "" if unknown.
    """

    run: str
    steps: int
    kind: str
    files: Mapping[str, str]
    generator: Mapping[str, Tensor]
    game: Mapping[str, Tensor]

    @classmethod
    def of_run(cls, run: str, own: Path | None) -> Self:
        """Read the exported networks of a run, or without them its last checkpoint, or the generator of `demo:NAME`.

        `own` is the new run's directory.

        Raises UserError, with one sentence, if the directory has neither, if a file is damaged, and if it is `own`.
        """
        directory = generator_directory(run).expanduser()
        _require_run(directory, run, own)
        if (directory / GENERATOR).exists():
            return cls._exported(run, directory)
        return cls._checkpoint(run, RunDirectory(directory).checkpoint)

    @classmethod
    def _exported(cls, run: str, directory: Path) -> Self:
        generator, steps = read_weights(directory / GENERATOR)
        files, others = [directory / GENERATOR], directory / OTHERS
        game: dict[str, Tensor] = {}
        if others.exists():
            game, saved = read_weights(others)
            files.append(others)
            if saved != steps:
                raise UserError(
                    f"init_from={run}: {GENERATOR} is of step {steps or 'unknown'}, but {OTHERS} is of step "
                    f"{saved or 'unknown'}; train that run further to write both again, or remove {OTHERS}"
                )
        return cls(run, int(steps or 0), _kind(directory / DESCRIPTION), _digests(files), generator, game)

    @classmethod
    def _checkpoint(cls, run: str, path: Path) -> Self:
        checkpoint = AtomicCheckpointIO().load_checkpoint(path)
        tensors = {name: value for name, value in checkpoint["state_dict"].items() if torch.is_tensor(value)}
        steps = int(checkpoint["ganlab"]["steps"])
        files = _digests([path] if path.exists() else [path.with_name("previous.ckpt")])
        return cls(run, steps, "", files, _below(AVERAGE, tensors), _below(GAME, tensors))


def _require_run(directory: Path, run: str, own: Path | None) -> None:
    """Raise UserError unless the directory is that of another run with weights."""
    advice = "give the directory of a run that has finished or written a checkpoint"
    if not directory.exists():
        raise UserError(f"init_from={run} does not exist; {advice}")
    if not directory.is_dir():
        raise UserError(f"init_from={run} is a file; {advice}")
    if own is not None and directory.resolve() == own.resolve():
        raise UserError(f"init_from={run} is the run's own directory; remove init_from to resume it, or choose another")
    if (directory / SWEEP_FILE).exists():
        raise UserError(f"init_from={run} is a sweep; give the directory of one of its runs, such as {run}/0")
    if not (directory / GENERATOR).exists() and not exists(RunDirectory(directory).checkpoint):
        raise UserError(f"init_from={run} holds neither {GENERATOR} nor a checkpoint; {advice}")


def _kind(description: Path) -> str:
    """Return the kind of samples that a run generates, "" if it does not say; raises UserError for a damaged file."""
    try:
        content: Any = json.loads(description.read_text())
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise unreadable(description, error) from error
    match content:
        case {"spec": {"kind": str() as kind}}:
            return kind
    return ""


def _digests(files: list[Path]) -> dict[str, str]:
    digests = {}
    for path in files:
        with path.open("rb") as file:
            digests[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
