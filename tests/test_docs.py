"""The sweeps that README and docs/ show can start, and docs/evaluation.md describes every metric."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from ganlab.config import compose, conf_directory, locate
from ganlab.config.arguments import parse
from ganlab.sweeps.multirun import _prepare
from ganlab.sweeps.search import space

ROOT = Path(__file__).parents[1]
TEXTS = {path.name: path.read_text() for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
SWEEPS = [
    (name, line.strip())
    for name, text in TEXTS.items()
    for line in text.replace("\\\n", " ").splitlines()
    if re.match(r"(?: {4})?ganlab train -m ", line)
]
METRICS = {path.stem: yaml.safe_load(path.read_text()) for path in sorted((conf_directory() / "metric").glob("*.yaml"))}


def test_pages_show_sweeps():
    assert {name for name, _ in SWEEPS} == {"README.md", "cluster.md", "configuration.md", "figures.md", "sweeps.md"}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "command"), SWEEPS)
def test_every_shown_sweep_can_start(name, command):
    words = shlex.split(command, comments=True)
    lines, settings = _prepare(parse(words[2:]))  # raises an error for settings that no launcher or sweeper has
    assert settings.launcher._target_.startswith("ganlab.")
    for point in space.parse([line for line in lines if not line.lstrip("+").startswith("hydra")]).corners():
        compose(list(point))


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_its_scores_their_direction_definition_and_limits(name):
    section = TEXTS["evaluation.md"].split("## Metrics")[1].split("## Feature spaces")[0]
    table = [line.split("|")[1:-1] for line in section.splitlines() if line.startswith("| `")]
    ((_, scores, *more),) = [row for row in table if row[0].strip() == f"`{name}`"]
    assert len(more) == 2
    assert all(cell.strip() for cell in more)
    directions, pending = {}, []
    for score, arrow in re.findall(r"(\w+)\s*([↑↓]?)", scores):  # an arrow belongs to all names since the one before
        pending.append(score)
        if arrow:
            directions |= dict.fromkeys(pending, arrow == "↑")
            pending = []
    directions |= dict.fromkeys(pending)
    assert directions == locate(METRICS[name]["_target_"]).scores
