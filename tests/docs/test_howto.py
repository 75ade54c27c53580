"""The how-to pages: their files are written as they stand there, and every command on them trains."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from ganlab.commands.exit_codes import guarded
from ganlab.commands.train import main

PAGES = sorted((Path(__file__).parents[2] / "docs" / "howto").glob("*.md"))
FILE = re.compile(r"```(?:python|yaml)\n# ((?:my_gan|conf|tests)/\S+)\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"```bash\n(GANLAB_ALLOW=my_gan )?ganlab train (.*?)```", re.DOTALL)
COMMANDS = [
    (page.stem, words.replace("\\\n", " ").strip())
    for page in PAGES
    for allow, words in COMMAND.findall(page.read_text())
    if allow
]
SHORT = ["trainer=smoke", "iterations=3", "callback.samples.count=8"]


@pytest.fixture
def package(tmp_path, monkeypatch, fresh_my_gan):
    """Write every file of every page into one folder, and work there as a user does."""
    for page in PAGES:
        for name, text in FILE.findall(page.read_text()):
            path = tmp_path / name
            assert not path.exists(), f"two pages write {name}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("GANLAB_ALLOW", "my_gan")
    return tmp_path


def test_there_is_a_page_for_every_kind_of_component():
    components = {"loss", "regularizer", "network", "data", "metric", "callback"}
    assert {page.stem for page in PAGES} >= components
    assert {page for page, _ in COMMANDS} >= components


@pytest.mark.parametrize(("page", "words"), COMMANDS)
def test_every_command_trains_with_the_files_of_its_page(package, page, words):
    line = [*shlex.split(words), *SHORT, "run_dir=run"]
    assert "--config-dir" in line
    assert guarded(main, line) == 0
    assert (package / "run" / "samples" / "00000003.png").exists()


def test_the_written_columns_are_those_that_the_pages_name(package):
    for name, words in (("drift", "'+regularizer=[drift]'"), ("spread", "'+callback=[spread]'")):
        line = ["--config-dir", "conf", "experiment=ring", *shlex.split(words), *SHORT, f"run_dir={name}"]
        assert guarded(main, line) == 0
    assert "discriminator/drift" in (package / "drift" / "metrics.csv").read_text()
    assert "samples/spread" in (package / "spread" / "metrics.csv").read_text()


def test_a_setting_out_of_range_is_reported_as_the_page_shows(package, capsys):
    page = (Path(__file__).parents[2] / "docs" / "howto" / "loss.md").read_text()
    ((words, expected),) = re.findall(r"\$ GANLAB_ALLOW=my_gan ganlab train ([^\n]*)\n(.*?)```", page, re.DOTALL)
    assert guarded(main, shlex.split(words)) == 2
    assert capsys.readouterr().err == expected


@pytest.mark.slow
def test_a_command_works_in_a_shell_and_so_does_the_test_of_the_loss(package):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    (words,) = [words for page, words in COMMANDS if page == "loss"]
    for line in (
        [sys.executable, "-m", "ganlab", "train", *shlex.split(words), *SHORT, "run_dir=run"],
        [sys.executable, "-m", "pytest", "-q", "tests/test_loss.py"],
    ):
        done = subprocess.run(line, cwd=package, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_metric_of_torchmetrics_needs_only_the_yaml_file_of_its_page(package, capsys):
    (words,) = re.findall(r"\$ ganlab train (.*total_variation.*)", (PAGES[0].parent / "metric.md").read_text())
    assert guarded(main, [*shlex.split(words), *SHORT, "run_dir=run"]) == 0
    assert "total_variation" in capsys.readouterr().err.splitlines()[-1]
    assert "score/total_variation" in (package / "run" / "metrics.csv").read_text()
