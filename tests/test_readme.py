"""What README teaches works as it stands there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import ganlab
from ganlab.config import conf_directory
from ganlab.config.overrides import choices

DOCS = Path(__file__).parent.parent / "docs"
README = (DOCS.parent / "README.md").read_text()
COMMANDS = [
    line.strip()
    for line in README.replace("\\\n", " ").splitlines()
    if line.startswith("    ganlab train ") and "…" not in line and "-m" not in line
]
FILES = dict(re.findall(r"```(?:python|yaml)\n# (mine/\S+|conf_mine/\S+)\n(.*?)```", README, re.DOTALL))


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_compose(command):
    ganlab.compose(shlex.split(command)[2:])


def test_the_table_of_parts_names_every_choice():
    named = set(re.findall(r"[a-z0-9_]+", README.split("## Swap parts")[1].split("Mistakes are told")[0]))
    groups = choices([conf_directory()])
    named |= set(re.findall(r"[a-z0-9_]+", (DOCS / "experiments.md").read_text()))
    presets = {"dcgan_28", "dcgan_small", "mlp_128", "mlp_deep", "sngan", "minimax_probability", "none", "standard"}
    callbacks = set(groups["callback"]) | {"adversarial", "non_saturating_probability"}
    missing = {name for names in groups.values() for name in names} - named - presets - callbacks
    assert not missing


@pytest.mark.slow
def test_own_parts_train_from_their_own_package(tmp_path):
    assert len(FILES) == 8
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (command,) = re.findall(r"    GANLAB_ALLOW=mine (ganlab train .*?iterations=500)", README, re.DOTALL)
    words = shlex.split(command.replace("\\\n", " "))[2:]
    environment = {**os.environ, "GANLAB_ALLOW": "mine"}
    line = [sys.executable, "-m", "ganlab.train", *words, "iterations=4", "protocol.samples=100", "run_dir=run"]
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "samples" / "00000004.png").exists()


def test_the_python_example_runs(tmp_path, monkeypatch):
    (example,) = re.findall(r"```python\nimport ganlab\n(.*?)```", README, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names = {"ganlab": ganlab}
    exec(
        example.replace("iterations=500", "iterations=3").replace(
            '"experiment=ring"', '"experiment=ring", "trainer=smoke"'
        ),
        names,
    )
    assert names["points"].shape == (1000, 2)
