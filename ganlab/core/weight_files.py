"""Files of published weights: reading and checking them, and finding them in the caches of other libraries."""

import hashlib
import pickle
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

# All exceptions that readers of weights raise for a file that holds something else.
BROKEN = (
    *(SafetensorError, pickle.UnpicklingError, RuntimeError, AttributeError, LookupError),
    *(TypeError, ValueError, EOFError, StopIteration),
)


def require_file(weights: str | Path, advice: str) -> Path:
    """Return the path of an existing file; raises FileNotFoundError, with advice, if it does not exist."""
    message = missing_file_message(weights, None, "", advice)
    if message:
        raise FileNotFoundError(message)
    return Path(weights).expanduser()


def missing_file_message(weights: str | Path | None, cached: Path | None, what: str, advice: str) -> str | None:
    """Return None if the user's file `weights`, or without one the `cached` file, exists; else a sentence."""
    if weights:
        path = Path(weights).expanduser()
        return None if path.is_file() else f"there is no file {path}; {advice}"
    if cached:
        return None
    return f"{what} are not on this machine: the first use downloads them; without internet, {advice}"


def file_sha256(path: Path, expected: str | None, advice: str) -> str:
    """Return a file's sha256; raises ValueError if it differs from `expected`, the setting features.sha256."""
    with path.open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    if expected is not None and actual != expected.lower():
        raise ValueError(f"the sha256 of {path} must be features.sha256={expected}, got {actual}; {advice}")
    return actual


def read_tensors(path: Path, what: str, advice: str) -> dict[str, Tensor]:
    """Read named tensors from safetensors, or from torch.save's format if the file holds nothing but tensors.

    Raises ValueError, which names `what` was expected, if the file holds something else.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return dict(torch.load(path, map_location="cpu", weights_only=True))
    except BROKEN as error:
        raise ValueError(f"{path} does not hold {what}; {advice}") from error


def find_in_hub_cache(repository: str, names: Iterable[str]) -> Path | None:
    """Return the newest file with one of these names in the Hugging Face hub's cache of a repository, or None."""
    snapshots = hub_cache() / f"models--{repository.replace('/', '--')}" / "snapshots"
    paths = [path for name in names for path in snapshots.glob(f"*/{name}")]
    return max(paths, key=lambda path: path.stat().st_mtime, default=None)


def hub_cache() -> Path:
    """Return the folder in which the Hugging Face hub caches its files."""
    from huggingface_hub.constants import HF_HUB_CACHE  # installed with the packages that use it

    return Path(HF_HUB_CACHE)


def hub_advice(repository: str, file: str) -> str:
    """Return how to copy a file of the Hugging Face hub to a machine without internet."""
    return (
        f"provide the file: run 'hf download {repository} {file}' on a machine with internet, copy what it downloaded "
        f"to this one, and pass features.weights=FILE or put the repository's folder into {hub_cache()}"
    )


def missing_package_message(module: str, package: str, space: str) -> str | None:
    """Return None if a Python package is installed, else a sentence with the command that installs it."""
    if find_spec(module) is not None:
        return None
    return f"features={space} needs the package {package}, which is not installed; run pip install 'ganlab[{space}]'"
