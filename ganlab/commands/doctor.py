"""Say what this machine can do for a run, and what it lacks: `ganlab doctor`."""

import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ganlab.commands.exit_codes import guarded
from ganlab.commands.key_value import KeyValueArguments
from ganlab.loggers.wandb_account import has_account

HELP = """ganlab doctor: say what this machine can do for a run, and what it lacks

usage: ganlab doctor [format=text] [data_root=data]

  format     text or json
  data_root  where downloaded data sets are kept

Nothing is loaded, trained or downloaded. The exit code is 0 also where some feature space is missing.
"""
FORMATS = ("text", "json")
SETTINGS = {"format": "text", "data_root": "data"}
PACKAGES = ("ganlab", "torch", "torchvision", "pytorch-lightning", "torchmetrics", "hydra-core", "wandb")
GIB = 2**30

Section = tuple[str, dict[str, Any], list[str]]  # its title, what json says, and the lines of the text


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    if "-h" in arguments or "--help" in arguments:
        print(HELP)
        return 0
    words = KeyValueArguments("doctor", SETTINGS, arguments)
    form = words.choice("format", FORMATS)
    words.raise_if_invalid()
    report = {}
    for title, facts, lines in examine(Path(words["data_root"]).expanduser()):
        report[title] = facts
        if form == "text":
            print("\n  ".join([title, *lines]), flush=True)
    if form == "json":
        print(json.dumps(report, indent=2))
    return 0


def examine(data_root: Path) -> Iterator[Section]:
    """Yield what was found, section by section, the quickest first."""
    versions = {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}}
    yield "versions", versions, [f"{name} {number}" for name, number in versions.items()]
    yield "data", *_folder(data_root, "data_root")
    yield "wandb", *_wandb()
    yield "devices", *_devices()
    from ganlab.features.cache import cache_directory  # it imports torch and more, which takes seconds

    yield "cache", *_folder(cache_directory(), "$GANLAB_CACHE")
    yield "features", *_features()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _folder(path: Path, setting: str) -> tuple[dict[str, Any], list[str]]:
    path = path.absolute()
    place = next(each for each in (path, *path.parents) if each.exists())  # what is not there yet will be made there
    writable = place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    free = shutil.disk_usage(place).free
    facts = {"path": str(path), "exists": path.is_dir(), "writable": writable, "free_bytes": free}
    state = "writable" if writable else f"not writable; choose another with {setting}"
    made = "" if place == path else ", not there yet"
    return facts, [f"{path}{made}: {state}, {free / GIB:.1f} GiB free"]


def _wandb() -> tuple[dict[str, Any], list[str]]:
    account, mode = has_account(), os.environ.get("WANDB_MODE")
    told = "an account is configured" if account else "no account is configured: logger=wandb writes offline runs"
    return {"account": account, "mode": mode}, [told + (f"; WANDB_MODE={mode}" if mode else "")]


def _devices() -> tuple[dict[str, Any], list[str]]:
    import torch

    from ganlab.sweeps.launchers.resources import cpu_cores

    gpus = [torch.cuda.get_device_properties(number) for number in range(torch.cuda.device_count())]
    facts = {
        "cpu_cores": cpu_cores(),
        "cuda": [{"name": gpu.name, "memory_bytes": gpu.total_memory} for gpu in gpus],
        "mps": torch.backends.mps.is_available(),
    }
    told = [f"{gpu.name}, {gpu.total_memory / GIB:.0f} GiB" for gpu in gpus] or ["no CUDA device"]
    return facts, [f"{facts['cpu_cores']} CPU cores", *told, *(["MPS"] if facts["mps"] else [])]


def _features() -> tuple[dict[str, Any], list[str]]:
    from ganlab.config.targets import conf_directory

    files = sorted((conf_directory() / "features").glob("*.yaml"))
    facts = {file.stem: _space(file) for file in files}
    width = max(map(len, facts), default=0)
    states = {True: "usable", False: "not usable", None: "not known before the data set is"}
    return facts, [
        f"{name:{width}}  {states[each['select_device']]}" + (f": {each['reason']}" if each["reason"] else "")
        for name, each in facts.items()
    ]


def _space(file: Path) -> Mapping[str, Any]:
    """Ask the class that a file names whether it can be built; a function can only be asked by calling it."""
    from omegaconf import OmegaConf

    from ganlab.config.targets import locate

    content = dict(OmegaConf.load(file))
    try:
        missing = getattr(locate(str(content.get("_target_"))), "missing", None)
    except LookupError as error:
        return {"usable": False, "reason": str(error)}
    if missing is None:
        return {"usable": None, "reason": None}
    reason = missing(**{str(key): value for key, value in content.items() if not str(key).startswith("_")})
    return {"usable": reason is None, "reason": reason}


if __name__ == "__main__":
    sys.exit(guarded(main, sys.argv[1:]))
