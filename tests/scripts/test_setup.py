"""scripts/setup.sh: installed packages are not installed again, so no network is needed."""

import subprocess
from pathlib import Path
from shutil import copy

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("installed", "requested", "installs"),
    [("", "", False), ("[dev]", "[dev]", False), ("[dev]", "", False), ("", "[dev]", True)],
)
def test_the_environment_for_tests_also_serves_training_but_not_vice_versa(tmp_path, installed, requested, installs):
    (tmp_path / "scripts").mkdir()
    for name in ("pyproject.toml", "constraints.txt", "scripts/setup.sh"):
        copy(ROOT / name, tmp_path / name)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    lines = f'source scripts/setup.sh; touch "$(stamp "{installed}")"; setup "{requested}"'
    done = subprocess.run(["bash", "-ec", lines], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ("installing" in done.stderr) is installs
