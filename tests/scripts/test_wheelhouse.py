"""scripts/wheelhouse and the Apptainer definition that installs from it, without a network."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEFINITION = ROOT / "scripts" / "ganlab.def"
NO_NETWORK = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PYTHONPATH": ""}


def section(name):
    """Return the lines of a section of the definition."""
    (text,) = re.findall(rf"^%{name}\n((?:    .*\n)+)", DEFINITION.read_text(), re.MULTILINE)
    return [line.strip() for line in text.splitlines()]


def test_the_definition_is_complete():
    header = dict(line.split(": ") for line in DEFINITION.read_text().splitlines() if re.match(r"\w+: ", line))
    assert header == {"Bootstrap": "docker", "From": "python:3.11-slim-bookworm"}
    assert section("files") == ["wheelhouse /opt/wheelhouse"]  # where scripts/wheelhouse writes by default
    assert '"${1:-wheelhouse}"' in (ROOT / "scripts" / "wheelhouse").read_text()
    assert section("runscript") == ['exec ganlab "$@"']


@pytest.mark.slow
def test_ganlab_is_installed_from_the_wheelhouse_by_the_commands_of_the_definition(tmp_path):
    # Without the dependencies, which need a network, and with the build tools of this environment.
    pip = {"PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", **NO_NETWORK}
    folder = tmp_path / "wheel house"
    line = [str(ROOT / "scripts" / "wheelhouse"), str(folder)]
    done = subprocess.run(
        line, env={**os.environ, **pip, "PYTHON": sys.executable}, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(rf"1 wheels for Python [\d.]+, \S+, in {folder}\n", done.stderr)
    assert (folder / "constraints.txt").read_text() == (ROOT / "constraints.txt").read_text()
    (wheel,) = folder.glob("ganlab-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert "ganlab/demos/digits/generator.safetensors" in archive.namelist()

    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    environment = {**os.environ, "PIP_NO_DEPS": "1", **NO_NETWORK, "PATH": f"{tmp_path}/env/bin:{os.environ['PATH']}"}
    commands = [command.replace("/opt/wheelhouse", f"'{folder}'") for command in [*section("post"), *section("test")]]
    done = subprocess.run(
        ["bash", "-ec", "\n".join(commands)], env=environment, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("ganlab ")
    assert not folder.exists()
