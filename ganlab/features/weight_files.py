"""Files of published weights: what is in them, and where libraries keep those that they have downloaded."""

import hashlib
import pickle
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

# What readers of weights raise, all together, at a file that holds something else.
BROKEN = (
    *(SafetensorError, pickle.UnpicklingError, RuntimeError, AttributeError, LookupError),
    *(TypeError, ValueError, EOFError, StopIteration),
)


def existing(weights: str | Path, advice: str) -> Path:
    """Return the path of a file that is there; raises FileNotFoundError, with advice, where it is not."""
    sentence = absence(weights, None, "", advice)
    if sentence:
        raise FileNotFoundError(sentence)
    return Path(weights).expanduser()


def absence(weights: str | Path | None, kept: Path | None, what: str, advice: str) -> str | None:
    """Return None where the file that was named, or else one that was `kept` earlier, is there; else a sentence."""
    if weights:
        path = Path(weights).expanduser()
        return None if path.is_file() else f"there is no file {path}; {advice}"
    if kept:
        return None
    return f"{what} are not on this machine: the first use downloads them; where there is no internet, {advice}"


def digest(path: Path, expected: str | None, advice: str) -> str:
    """Return a file's sha256; raises ValueError where it is not the `expected` one that features.sha256 names."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if expected is not None and found != expected.lower():
        raise ValueError(f"the sha256 of {path} is {found} and not {expected}, as features.sha256 says; {advice}")
    return found


def read_tensors(path: Path, what: str, advice: str) -> dict[str, Tensor]:
    """Read named tensors from safetensors, or from torch.save's format as long as that holds nothing else.

    Raises ValueError, saying `what` was looked for, where the file holds something else.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return dict(torch.load(path, map_location="cpu", weights_only=True))
    except BROKEN as error:
        raise ValueError(f"{path} does not hold {what}; {advice}") from error


def in_hub_cache(repository: str, names: Iterable[str]) -> Path | None:
    """Return the newest file of these names that the Hugging Face hub's cache has of a repository."""
    place = hub_cache() / f"models--{repository.replace('/', '--')}" / "snapshots"
    found = [path for name in names for path in place.glob(f"*/{name}")]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def hub_cache() -> Path:
    """Return the folder in which the Hugging Face hub keeps its files."""
    from huggingface_hub.constants import HF_HUB_CACHE  # it comes with the packages that use it

    return Path(HF_HUB_CACHE)


def hub_advice(repository: str, file: str) -> str:
    """Return how to bring a file of the Hugging Face hub to a machine without internet."""
    return (
        f"bring the file: run 'hf download {repository} {file}' on a machine with internet, copy what it fetched to "
        f"this one, and pass features.weights=FILE or put the repository's folder into {hub_cache()}"
    )


def lacking(module: str, package: str, space: str) -> str | None:
    """Return a sentence where a Python package is not installed."""
    if find_spec(module) is not None:
        return None
    return f"features={space} needs the package {package}, which is not installed; run pip install 'ganlab[{space}]'"
