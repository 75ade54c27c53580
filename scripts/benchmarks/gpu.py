"""Measure everything that only a GPU shows, within ten minutes, and write it as tables for docs/speed.md.

Each section runs other programs of this folder or the tests, each in its own process. What fails or takes too long is
one line with the reason, and the next one follows. Results are written after each program, so an interrupted run keeps
what it has measured. Nothing needs to be installed but the packages that ganlab imports; see
docs/howto/gpu_benchmark.md.

sections:
  tests       tests/test_gpu.py
  step        ganlab's step next to a hand-written loop, float32 and bf16-mixed
  mimicry     SNGAN next to torch-mimicry's published train steps
  compiled    steps of a few architectures in float32 and bf16, with and without torch.compile
  throughput  steps over batch sizes
  inception   Inception features per second, float32 and TF32
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from gpu_sections import ROOT, Part, Section, build_sections

NAMES = ("tests", "step", "mimicry", "compiled", "throughput", "inception")
# Modules that ganlab and the tests import, by the package that has them.
PACKAGES = {
    "torch": "torch", "torchvision": "torchvision", "numpy": "numpy", "scipy": "scipy", "hydra-core": "hydra",
    "antlr4-python3-runtime": "antlr4", "omegaconf": "omegaconf", "PyYAML": "yaml", "fsspec": "fsspec",
    "pytorch-lightning": "pytorch_lightning", "lightning-utilities": "lightning_utilities", "packaging": "packaging",
    "torchmetrics": "torchmetrics", "torch-fidelity": "torch_fidelity", "safetensors": "safetensors", "pillow": "PIL",
    "tqdm": "tqdm", "pytest": "pytest", "pluggy": "pluggy", "iniconfig": "iniconfig", "pygments": "pygments",
}  # fmt: skip
LEAST_SECONDS = 5.0  # a program is not started with less


def run(command: Sequence[str], folder: Path, seconds: float) -> str | None:
    """Run a program and return None, or in one line why it has not finished; it and all that it started are ended."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(folder), *_path()])}
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        try:
            code = process.wait(seconds)
            if code == 0:
                return None
            lines = (folder / "log").read_text(errors="replace").strip().splitlines() or ["no output"]
            return f"ended with {code}: {lines[-1].strip()[:200]}"
        except subprocess.TimeoutExpired:
            return f"stopped after {seconds:.0f} s, its time limit"
        finally:
            _end(process)


def _path() -> list[str]:
    return [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]


def _end(process: "subprocess.Popen[Any]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # its session, if anything of it is left
    process.wait()


def read(path: Path) -> Any:
    """Return the results in a file, JSON or pytest's XML, or None if there are none."""
    try:
        text = path.read_text()
        return _suite(text) if text.startswith("<") else json.loads(text)
    except (OSError, ValueError, ElementTree.ParseError):
        return None


def _suite(text: str) -> dict[str, Any]:
    suite = next(ElementTree.fromstring(text).iter("testsuite"))
    failed = [
        case.get("name") for case in suite.iter("testcase") if {"failure", "error"} & {child.tag for child in case}
    ]
    counts = {name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")}
    return {**counts, "time": float(suite.get("time", 0)), "failed": failed}


def run_part(part: Part, seconds: float) -> tuple[list[Sequence[str]], Any, str | None]:
    """Return the rows of a program, all its results, and why it has not finished."""
    if seconds < LEAST_SECONDS:
        return [], None, "not started: no time left"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        describe_ganlab(folder)
        file = folder / "result"
        reason = run([*part.command, str(file)], folder, seconds)
        result = read(file)
    try:
        rows = [] if result is None else [[cell.replace("|", "/") for cell in row] for row in part.rows(result)]
    except (KeyError, TypeError, IndexError) as error:
        rows, reason = [], reason or f"its results cannot be read ({error!r})"
    return rows, result, reason or (None if rows else "it wrote no results")


def describe_ganlab(folder: Path) -> None:
    """Write ganlab's name and version where a Python with `folder` on its path finds them, if it is not installed."""
    try:
        version("ganlab")
    except PackageNotFoundError:
        from ganlab import __version__

        information = folder / f"ganlab-{__version__}.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: ganlab\nVersion: {__version__}\n")


def run_section(section: Section, deadline: float) -> tuple[str, Any]:
    """Run a section's programs and return its Markdown and their results by name."""
    ends = min(deadline, time.monotonic() + section.seconds)
    rows, results, failures = [], {}, []
    for part in section.parts:
        part_rows, results[part.name], reason = run_part(part, ends - time.monotonic())
        rows += part_rows
        for line in [" | ".join(row) for row in part_rows] + ([f"{part.name}: {reason}"] if reason else []):
            print(f"  {line}", flush=True)
        if reason:
            failures.append(f"- {part.name}: {reason}")
    lines = [f"| {' | '.join(row)} |" for row in (section.header, ["---"] * len(section.header), *rows)] if rows else []
    return "\n".join([f"## {section.title}", "", *lines, *([""] if lines and failures else []), *failures]), results


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/benchmark gpu", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sections", nargs="+", choices=NAMES, default=list(NAMES), help="which (default: all)")
    parser.add_argument("--device", choices=["auto", "cuda", "cpu"], default="auto", help="auto: cuda, and only that")
    parser.add_argument("--seconds", type=float, default=570, help="time limit of the whole (default: 570)")
    parser.add_argument("--tiny", action="store_true", help="the smallest sizes, as a test of this program")
    parser.add_argument("--output", type=Path, default=Path("docs-rows.md"), metavar="FILE", help="the tables")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all numbers to FILE")
    args = parser.parse_args(arguments)
    if args.seconds < LEAST_SECONDS:
        parser.error(f"--seconds must be at least {LEAST_SECONDS:g}, got {args.seconds:g}")
    for name in ("output", "json"):
        path = getattr(args, name)
        if path is not None and not path.absolute().parent.is_dir():
            parser.error(f"--{name}: the folder of {path} does not exist")
    return args


def check(device: str) -> tuple[str, str]:
    """Return the device and its name; ends the program with a sentence if packages or CUDA are missing."""
    missing = [package for package, module in PACKAGES.items() if find_spec(module) is None]
    if missing:
        _refuse(f"{sys.executable} lacks {', '.join(missing)}; docs/howto/gpu_benchmark.md tells how to bring them")
    import torch

    if device == "cpu":
        return "cpu", f"CPU, {torch.get_num_threads()} threads"
    if not torch.cuda.is_available():
        _refuse(f"torch {torch.__version__} finds no CUDA device; run this on a machine with one, or pass --device cpu")
    return "cuda", torch.cuda.get_device_name()


def _refuse(sentence: str) -> None:
    print(sentence, file=sys.stderr)
    raise SystemExit(2)


def main(arguments: list[str]) -> None:
    args = parse(arguments)
    deadline = time.monotonic() + args.seconds
    device, name = check(args.device)
    heading = f"# {name}, torch {version('torch')}, {date.today().isoformat()}"
    print(heading[2:], flush=True)
    parts: list[str] = [heading]
    content: dict[str, Any] = {"device": name, "torch": version("torch"), "date": date.today().isoformat()}
    sections = build_sections(device, args.tiny)
    for section in (name for name in NAMES if name in args.sections):
        print(f"\n{section}", flush=True)
        text, content[section] = run_section(sections[section], deadline)
        parts.append(text)
        args.output.write_text("\n\n".join(parts) + "\n")
        if args.json:
            args.json.write_text(json.dumps(content, indent=2) + "\n")
    print(f"\nwrote {args.output}")


if __name__ == "__main__":
    main(sys.argv[1:])
