"""The sections of gpu.py: their programs, their time limits, and the rows of their tables."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
Rows = Sequence[Sequence[str]]
PRECISIONS = {"float32": "32-true", "bf16-mixed": "bf16-mixed"}


@dataclass(frozen=True)
class Part:
    """A program whose last argument, added later, is the file for its results, and the rows of these results."""

    name: str
    command: Sequence[str]
    rows: Callable[[Any], Rows]  # of what the file holds, perhaps not all


@dataclass(frozen=True)
class Section:
    """A table of the report, and how long its programs may take together."""

    title: str
    header: Sequence[str]
    seconds: float
    parts: Sequence[Part]


def build_sections(device: str, tiny: bool) -> Mapping[str, Section]:
    """Return all sections by name; `tiny` ones are only a test of the program, without time limits of their own."""
    sections = {
        "tests": _tests(),
        "step": _step(device, tiny),
        "mimicry": _mimicry(device, tiny),
        "compiled": _compiled(device, tiny),
        "throughput": _throughput(device, tiny),
        "inception": _inception(device, tiny),
    }
    return {name: replace(section, seconds=inf) if tiny else section for name, section in sections.items()}


def _program(name: str, *arguments: object) -> list[str]:
    return [sys.executable, str(HERE / f"{name}.py"), *map(str, arguments)]


def _tests() -> Section:
    options = ("-q", "-p", "no:cacheprovider", "-W", "default")
    command = [sys.executable, "-m", "pytest", str(ROOT / "tests" / "test_gpu.py"), *options]
    # Compiling takes longest, so it comes last and does not take the results of the others with it.
    chosen = {"without torch.compile": "not compile", "with torch.compile": "compile"}
    parts = [
        Part(name, [*command, "-k", words, "--junit-xml"], lambda suite, name=name: _test_rows(suite, name))
        for name, words in chosen.items()
    ]
    header = ("tests/test_gpu.py", "passed", "failed", "skipped", "seconds")
    return Section("Tests that need a GPU", header, 170, parts)


def _test_rows(suite: Any, name: str) -> Rows:
    failed = suite["failures"] + suite["errors"]
    numbers = (suite["tests"] - failed - suite["skipped"], failed, suite["skipped"])
    return [[name, *map(str, numbers), f"{suite['time']:.0f}"], *([case, "", "1", "", ""] for case in suite["failed"])]


def _step(device: str, tiny: bool) -> Section:
    cases = ("mlp",) if tiny else ("mlp", "dcgan", "sngan")
    steps = ("--blocks", 1, "--steps", 1) if tiny else ("--blocks", 10, "--steps", 50)
    parts = [
        Part(
            f"{case}, {name}",
            _program("step", "--cases", case, "--sides", "ganlab", "--precision", precision,
                     "--device", device, *steps, "--json"),
            lambda result, name=name: _step_rows(result, name),
        )
        for name, precision in PRECISIONS.items()
        for case in cases
    ]  # fmt: skip
    header = ("case", "precision", "ms per step", "time of a step, ratio of medians", "peak memory, ratio")
    return Section("Next to a hand-written loop", header, 110, parts)


def _step_rows(result: Any, precision: str) -> Rows:
    return [
        [case, precision, f"{n['ms_per_step']:.2f}", f"{n['ratio']:.2f}", f"{n['memory_ratio']:.2f}"]
        for case, sides in result["cases"].items()
        for n in [sides["ganlab"]]
    ]


def _mimicry(device: str, tiny: bool) -> Section:
    settings = ("--blocks", 1, "--batch-size", 2, "--sides", "ganlab") if tiny else ("--blocks", 20)
    command = _program("mimicry", "--device", device, *settings, "--json")
    header = ("side", "images per second", "ratio", "peak MiB")
    return Section("SNGAN next to torch-mimicry", header, 40, [Part("sngan", command, _mimicry_rows)])


def _mimicry_rows(result: Any) -> Rows:
    return [
        [
            side,
            f"{n['images_per_second']:,.1f}",
            f"{n['times']:.2f} ({n['paired'][0]:.2f} to {n['paired'][2]:.2f})",
            f"{n['peak_mib']:,.0f}",
        ]
        for side, n in result["sides"].items()
    ]


ZOO_HEADER = ("architecture", "mode", "batch", "ms per step", "images per second", "MiB")


def _zoo_part(name: str, mode: str, batch: int, repeats: int, device: str) -> Part:
    settings = ("--batch", batch, "--repeats", repeats, "--device", device)
    command = _program("zoo", "--architectures", name, "--modes", mode, *settings, "--json")
    return Part(f"{name}, {mode}, batch {batch}", command, _zoo_rows)


def _zoo_rows(result: Any) -> Rows:
    return [
        [name, mode, str(result["batch"]), n.get("reason", ""), "", ""]
        if "reason" in n
        else [
            name, mode, str(result["batch"]), f"{n['ms_per_step']:.1f}", f"{n['images_per_second']:,.1f}",
            f"{n['mib']:,.0f}",
        ]
        for name, modes in result["rows"].items()
        for mode, n in modes.items()
    ]  # fmt: skip


def _compiled(device: str, tiny: bool) -> Section:
    names, batch = (("mlp_128",), 2) if tiny else (("sngan", "dcgan", "biggan"), 64)
    modes = ("float32", "bf16") if tiny else ("float32", "float32-compiled", "bf16", "bf16-compiled")
    parts = [_zoo_part(name, mode, batch, 1 if tiny else 20, device) for name in names for mode in modes]
    return Section("bf16 and compiled", ZOO_HEADER, 110, parts)


def _throughput(device: str, tiny: bool) -> Section:
    names, batches = (("mlp_128",), (2,)) if tiny else (("sngan", "dcgan"), (16, 64, 256, 1024))
    repeats = 1 if tiny else 10
    order = [(name, mode, batch) for batch in batches for name in names for mode in ("float32", "bf16")]
    parts = [_zoo_part(name, mode, batch, repeats, device) for name, mode, batch in order]
    return Section("Throughput by batch size", ZOO_HEADER, 100, parts)


def _inception(device: str, tiny: bool) -> Section:
    command = _program("gpu_inception", device, *((2, 1) if tiny else (500, 5)))
    header = ("Inception features", "images per second")
    return Section("Features of FID", header, 40, [Part("inception", command, _inception_rows)])


def _inception_rows(result: Any) -> Rows:
    return [[name, f"{n['images_per_second']:,.0f}"] for name, n in result["rows"].items()]
