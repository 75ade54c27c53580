"""`scripts/benchmark gpu` reports what failed and goes on; the numbers themselves depend on the machine."""

import json
import os
import subprocess
import sys
import time
from importlib import import_module
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
import torch

PROGRAMS = Path(__file__).parents[2] / "scripts" / "benchmarks"
SUITE = """<?xml version="1.0"?><testsuites><testsuite tests="4" failures="1" errors="0" skipped="1" time="2.5">
<testcase name="passes"/><testcase name="breaks"><failure/></testcase><testcase name="waits"><skipped/></testcase>
<testcase name="also"/></testsuite></testsuites>"""


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.syspath_prepend(PROGRAMS)
    return import_module("gpu")


@pytest.fixture
def sections(gpu):
    return import_module("gpu_sections")


def program(code):
    return [sys.executable, "-c", f"import json, pathlib, sys, time\nfile = pathlib.Path(sys.argv[1])\n{code}"]


def test_a_program_that_fails_is_one_line_and_the_next_one_follows(gpu, sections, capsys):
    def rows(result):
        return [["kept", str(result["value"])]]

    parts = [
        sections.Part("fails", program("raise SystemExit('no memory')"), rows),
        sections.Part("silent", program("pass"), rows),
        sections.Part("damaged", program("file.write_text('{}')"), rows),
        sections.Part("good", program("file.write_text(json.dumps({'value': 3}))"), rows),
    ]
    section = sections.Section("Title", ("name", "value"), 60, parts)
    text, results = gpu.run_section(section, time.monotonic() + 60)
    assert text.splitlines() == [
        "## Title", "", "| name | value |", "| --- | --- |", "| kept | 3 |", "",
        "- fails: ended with 1: no memory", "- silent: it wrote no results",
        "- damaged: its results cannot be read (KeyError('value'))",
    ]  # fmt: skip
    assert results == {"fails": None, "silent": None, "damaged": {}, "good": {"value": 3}}
    assert "kept | 3" in capsys.readouterr().out


def test_a_program_ends_with_all_that_it_started_at_its_time_limit(gpu, sections, tmp_path):
    code = f"""
import subprocess
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path({str(tmp_path / "pid")!r}).write_text(str(child.pid))
file.write_text("{{}}")
time.sleep(600)
"""
    part = sections.Part("slow", program(code), lambda result: [["measured before"]])
    rows, result, reason = gpu.run_part(part, 10)
    assert rows == [["measured before"]]
    assert result == {}
    assert reason == "stopped after 10 s, its time limit"
    child = int((tmp_path / "pid").read_text())
    state = Path(f"/proc/{child}/stat")
    for _ in range(100):
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        time.sleep(0.1)
    raise AssertionError(f"process {child} is still there")


def test_without_time_left_nothing_is_started(gpu, sections, tmp_path):
    part = sections.Part("late", program(f"pathlib.Path({str(tmp_path / 'ran')!r}).touch()"), lambda result: [])
    section = sections.Section("Title", ("name",), 60, [part])
    text, _ = gpu.run_section(section, time.monotonic())
    assert text.splitlines() == ["## Title", "", "- late: not started: no time left"]
    assert not (tmp_path / "ran").exists()


def test_results_of_tests_are_read_from_xml(gpu, sections, tmp_path):
    (tmp_path / "result").write_text(SUITE)
    part, _ = sections.build_sections("cpu", True)["tests"].parts
    rows = part.rows(gpu.read(tmp_path / "result"))
    assert rows == [["without torch.compile", "2", "1", "1", "2"], ["breaks", "", "1", "", ""]]


def test_the_sections_fit_into_the_time_limit_and_are_all_documented(gpu, sections):
    built = sections.build_sections("cuda", False)
    assert tuple(built) == gpu.NAMES
    assert sum(section.seconds for section in built.values()) <= gpu.parse([]).seconds <= 600
    page = (PROGRAMS.parents[1] / "docs" / "howto" / "gpu_benchmark.md").read_text()
    for name, section in built.items():
        assert f"\n| `{name}` | " in page
        assert f" | {section.seconds:g} |\n" in page
        assert f"\n  {name} " in gpu.__doc__


def test_without_cuda_it_ends_with_one_sentence(gpu, monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit) as error:
        gpu.main([])
    assert error.value.code == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "finds no CUDA device" in message
    assert "--device cpu" in message


def test_missing_packages_are_named(gpu, monkeypatch, capsys):
    monkeypatch.setattr(gpu, "PACKAGES", {"numpy": "numpy", "one-package": "one_package", "other": "other_package"})
    with pytest.raises(SystemExit) as error:
        gpu.main(["--device", "cpu"])
    assert error.value.code == 2
    assert f"{sys.executable} lacks one-package, other; docs/howto/gpu_benchmark.md" in capsys.readouterr().err


def test_settings_are_checked(gpu, tmp_path, capsys):
    for arguments, message in (
        (["--seconds", "1"], "--seconds must be at least 5, got 1"),
        (["--output", str(tmp_path / "missing" / "rows.md")], "--output: the folder of"),
    ):
        with pytest.raises(SystemExit) as error:
            gpu.main(arguments)
        assert error.value.code == 2
        assert message in capsys.readouterr().err


def test_programs_find_the_version_of_a_ganlab_that_is_not_installed(gpu, tmp_path, monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(gpu, "version", missing)
    gpu.describe_ganlab(tmp_path)
    command = [sys.executable, "-S", "-c", "import importlib.metadata as m; print(m.version('ganlab'))"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    assert subprocess.check_output(command, env=environment, text=True).strip() == import_module("ganlab").__version__


@pytest.mark.slow
def test_a_tiny_run_on_the_cpu_measures_the_sections(tmp_path):
    # Those whose programs have no test of their own: compiling takes minutes, and mimicry.py has one.
    options = ["--device", "cpu", "--tiny", "--seconds", "2000", "--json", "numbers.json"]
    options += ["--sections", "step", "throughput", "inception"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(PROGRAMS / "gpu.py"), *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "docs-rows.md").read_text()
    assert text.startswith(f"# CPU, 1 threads, torch {torch.__version__.partition('+')[0]}")
    assert text.count("\n## ") == 3
    assert "\n- " not in text, text  # nothing failed
    for row in ("| mlp | bf16-mixed | ", "| float32 | "):
        assert row in text
    assert json.loads((tmp_path / "numbers.json").read_text())["inception"]
