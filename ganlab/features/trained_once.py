"""Networks that are trained once for a data set and kept below $GANLAB_CACHE."""

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from ganlab.core.cache_directory import cache_directory
from ganlab.core.file_lock import FileLock
from ganlab.features.training_state import TrainingState

WEIGHTS, FACTS = "weights.safetensors", "weights.json"
Trained = tuple[Mapping[str, Tensor], dict[str, Any]]  # the weights by name, and plain facts


def trained_once(kind: str, key: int, train: Callable[[TrainingState], Trained]) -> Trained:
    """Return what `train(state)` returned for this key when it was first called, with the weights' sha256 in the facts.

    A training that is stopped continues from its `state` at the next call, and processes wait for each other. Raises
    ValueError if the files are damaged.
    """
    folder = cache_directory() / kind / f"{key:016x}"
    if not folder.is_dir():
        unfinished = cache_directory() / "unfinished" / folder.name
        with FileLock(unfinished / "lock", _print_waiting):
            if not folder.is_dir():  # the process that this one waited for has not finished it
                weights, facts = train(TrainingState(unfinished / "training.pt"))
                folder.parent.mkdir(parents=True, exist_ok=True)
                _save(folder, weights, facts)
            shutil.rmtree(unfinished, ignore_errors=True)
    return _load(folder)


def _save(folder: Path, weights: Mapping[str, Tensor], facts: dict[str, Any]) -> None:
    """Write both files at once, because on a file system without locks another run may train the same network."""
    draft = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        content = save({name: tensor.contiguous() for name, tensor in weights.items()})
        (draft / WEIGHTS).write_bytes(content)
        facts = {**facts, "sha256": sha256(content).hexdigest()}
        (draft / FACTS).write_text(f"{json.dumps(facts, indent=2)}\n")
        draft.rename(folder)
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if not (isinstance(error, OSError) and folder.is_dir()):
            raise


def _load(folder: Path) -> Trained:
    try:
        facts = json.loads((folder / FACTS).read_text())
        content = (folder / WEIGHTS).read_bytes()
        if sha256(content).hexdigest() != facts["sha256"]:
            raise ValueError("its sha256 differs from the one in the json file")
        return load(content), facts
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ValueError(f"{folder} does not hold trained weights ({error}); remove it to train them again") from error


def _print_waiting(holder: str) -> None:
    print(f"waiting for {holder}, which trains the network of this data set", file=sys.stderr, flush=True)
