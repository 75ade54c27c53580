"""Trained generators that the package contains: `demo:NAME` in place of a run directory."""

import json
from pathlib import Path

from ganlab.core.errors import UserError, suggest

PREFIX = "demo:"
FOLDER = Path(__file__).parents[1] / "demos"  # one folder for each, with an exported generator


def is_demo(run: str | Path) -> bool:
    """Return whether this names a generator of the package in place of a directory."""
    return str(run).startswith(PREFIX)


def demo_names() -> list[str]:
    """Return the names after `demo:`, in alphabetical order."""
    return sorted(path.parent.name for path in FOLDER.glob("*/generator.json"))


def generator_directory(run: str | Path) -> Path:
    """Return the directory of a run, of which `demo:NAME` names one in the package.

    Raises UserError, with the names that exist, for an unknown one.
    """
    return FOLDER / _demo_name(run) if is_demo(run) else Path(run)


def output_directory(run: str | Path) -> Path:
    """Return where files made from a run belong: in its directory, or outputs/demo_NAME, never in the package."""
    return Path("outputs") / f"demo_{_demo_name(run)}" if is_demo(run) else Path(run)


def describe_demo(run: str) -> str:
    """Return what a generator of the package draws, how it was trained, and how to use it; raises UserError."""
    folder = generator_directory(run)
    facts = json.loads((folder / "generator.json").read_text())
    shape = " x ".join(map(str, facts["spec"]["sample"]))
    size = (folder / "generator.safetensors").stat().st_size
    return (
        f"{run}: {facts['demo']['what']}\n"
        f"  samples   {shape}, {facts['spec']['kind']}\n"
        f"  trained   {facts['demo']['command']}, {facts['steps']:,} steps\n"
        f"  weights   {folder / 'generator.safetensors'}, {size:,} bytes\n"
        f"  use       ganlab sample run={run}, or ganlab.load('{run}')"
    )


def require_run(run: str | Path, command: str) -> None:
    """Raise UserError for a generator of the package, because a command needs the directory of a run."""
    if is_demo(run):
        name = _demo_name(run)
        raise UserError(
            f"{run} is a generator alone, and {command} needs the directory of a run; draw its samples with "
            f"`ganlab sample run={PREFIX}{name}`, or train a run"
        )


def _demo_name(run: str | Path) -> str:
    name, names = str(run).removeprefix(PREFIX), demo_names()
    if name not in names:
        raise UserError(f"there is no {PREFIX}{name}; choose {_listed(names)}{suggest(name, names)}")
    return name


def _listed(names: list[str]) -> str:
    return ", ".join(f"{PREFIX}{name}" for name in names)
