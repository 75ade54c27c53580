"""`ganlab doctor`: what this machine can run, and what is missing."""

import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ganlab.commands import flags
from ganlab.commands.exit_codes import guarded
from ganlab.commands.key_value import KeyValueArguments
from ganlab.core.process_end import end_process

HELP = """ganlab doctor: report what this machine can run, and what is missing

usage: ganlab doctor [format=text] [data_root=data]

  format     text or json
  data_root  folder of downloaded data sets

Nothing is loaded, trained or downloaded. The exit code is 0 even if a feature space is missing.
"""
SETTINGS = {"format": "text", "data_root": "data"}
CHOICES = {"format": ("text", "json")}
PACKAGES = ("ganlab", "torch", "torchvision", "pytorch-lightning", "torchmetrics", "hydra-core", "wandb")
GIB = 2**30

Section = tuple[str, dict[str, Any], list[str]]  # its title, its content as JSON, and as lines of text


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    if flags.answer(arguments, HELP):
        return 0
    args = KeyValueArguments("doctor", SETTINGS, arguments)
    output_format = args.choice("format", CHOICES["format"])
    args.raise_if_invalid()
    report = {}
    for title, facts, lines in examine(Path(args["data_root"]).expanduser()):
        report[title] = facts
        if output_format == "text":
            print("\n  ".join([title, *lines]), flush=True)
    if output_format == "json":
        print(json.dumps(report, indent=2))
    return 0


def examine(data_root: Path) -> Iterator[Section]:
    """Yield the sections of the report, the quickest first; the later ones import torch, which takes seconds."""
    versions = {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}}
    yield "versions", versions, [f"{name} {number}" for name, number in versions.items()]
    yield "extras", *_extras()
    yield "data", *_folder(data_root, "data_root")
    yield "wandb", *_wandb()
    yield "devices", *_devices()
    from ganlab.core.cache_directory import cache_directory

    yield "cache", *_folder(cache_directory(), "$GANLAB_CACHE")
    yield "features", *_features()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _extras() -> tuple[dict[str, Any], list[str]]:
    from ganlab.commands.extras import find_extras  # imports packaging, which --help does not need

    extras = find_extras()
    facts = {
        extra.name: {"packages": extra.packages, "missing": extra.missing, "command": extra.command} for extra in extras
    }
    rows = [
        (each.name, each.command, f"missing {', '.join(each.missing)}" if each.missing else "installed")
        for each in extras
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return facts, lines or ["unknown: ganlab is not installed as a package"]


def _folder(path: Path, setting: str) -> tuple[dict[str, Any], list[str]]:
    path = path.absolute()
    existing = next(folder for folder in (path, *path.parents) if folder.exists())  # where a missing one is created
    is_writable = existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
    free = shutil.disk_usage(existing).free
    facts = {"path": str(path), "exists": path.is_dir(), "writable": is_writable, "free_bytes": free}
    state = "writable" if is_writable else f"not writable; choose another with {setting}"
    missing = "" if existing == path else ", does not exist yet"
    return facts, [f"{path}{missing}: {state}, {free / GIB:.1f} GiB free"]


def _wandb() -> tuple[dict[str, Any], list[str]]:
    from ganlab.loggers.wandb_account import has_account

    account, mode = has_account(), os.environ.get("WANDB_MODE")
    line = "an account is configured" if account else "no account is configured: logger=wandb writes offline runs"
    return {"account": account, "mode": mode}, [line + (f"; WANDB_MODE={mode}" if mode else "")]


def _devices() -> tuple[dict[str, Any], list[str]]:
    import torch

    from ganlab.sweeps.launchers.resources import cpu_cores

    gpus = [torch.cuda.get_device_properties(number) for number in range(torch.cuda.device_count())]
    facts = {
        "cpu_cores": cpu_cores(),
        "cuda": [{"name": gpu.name, "memory_bytes": gpu.total_memory} for gpu in gpus],
        "mps": torch.backends.mps.is_available(),
    }
    lines = [f"{facts['cpu_cores']} CPU cores"]
    lines += [f"{gpu.name}, {gpu.total_memory / GIB:.0f} GiB" for gpu in gpus] or ["no CUDA device"]
    if facts["mps"]:
        lines.append("MPS")
    return facts, lines


def _features() -> tuple[dict[str, Any], list[str]]:
    from ganlab.config.groups import conf_directory

    files = sorted((conf_directory() / "features").glob("*.yaml"))
    facts = {file.stem: _feature_space(file) for file in files}
    width = max(map(len, facts), default=0)
    states = {True: "usable", False: "not usable", None: "depends on the data set"}
    lines = []
    for name, space in facts.items():
        reason = f": {space['reason']}" if space["reason"] else ""
        lines.append(f"{name:{width}}  {states[space['usable']]}{reason}")
    return facts, lines


def _feature_space(file: Path) -> Mapping[str, Any]:
    """Return whether the feature space of a yaml file can be built; None for a function, which needs the data set."""
    from omegaconf import OmegaConf

    from ganlab.config.targets import locate

    content = dict(OmegaConf.load(file))
    try:
        unavailable_reason = getattr(locate(str(content.get("_target_"))), "unavailable_reason", None)
    except LookupError as error:
        return {"usable": False, "reason": str(error)}
    if unavailable_reason is None:
        return {"usable": None, "reason": None}
    reason = unavailable_reason(**{str(key): value for key, value in content.items() if not str(key).startswith("_")})
    return {"usable": reason is None, "reason": reason}


if __name__ == "__main__":
    end_process(guarded(main, sys.argv[1:]))
