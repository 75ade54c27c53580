"""scripts/setup.sh: what is installed is not installed again, and so nothing asks the network for it."""

import subprocess
from pathlib import Path
from shutil import copy

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("installed", "wanted", "again"),
    [("", "", False), ("[dev]", "[dev]", False), ("[dev]", "", False), ("", "[dev]", True)],
)
def test_the_tests_environment_is_good_for_training_but_not_the_other_way_round(tmp_path, installed, wanted, again):
    (tmp_path / "scripts").mkdir()
    for name in ("pyproject.toml", "constraints.txt", "scripts/setup.sh"):
        copy(ROOT / name, tmp_path / name)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    lines = f'source scripts/setup.sh; touch "$(stamp "{installed}")"; setup "{wanted}"'
    done = subprocess.run(["bash", "-ec", lines], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ("installing" in done.stderr) is again
