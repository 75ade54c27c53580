"""What README and docs/ teach of sweeps and of metrics holds."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from ganlab.config import compose, conf_directory, locate
from ganlab.config.arguments import parse
from ganlab.sweeps.multirun import _settle
from ganlab.sweeps.search import space

ROOT = Path(__file__).parent.parent
TEXTS = {path.name: path.read_text() for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
SWEEPS = [
    (name, line.strip())
    for name, text in TEXTS.items()
    for line in text.replace("\\\n", " ").splitlines()
    if line.startswith("    ganlab train -m ")
]
METRICS = {path.stem: yaml.safe_load(path.read_text()) for path in sorted((conf_directory() / "metric").glob("*.yaml"))}


def test_sweeps_are_taught():
    assert {name for name, _ in SWEEPS} == {"README.md", "cluster.md", "sweeps.md"}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "command"), SWEEPS)
def test_every_sweep_may_begin(name, command):
    words = shlex.split(command.split(" && ")[0], comments=True)
    lines, settings = _settle(parse(words[2:]))  # refuses settings of launchers and sweepers that there are not
    assert settings.launcher._target_.startswith("ganlab.")
    for point in space.parse([line for line in lines if not line.lstrip("+").startswith("hydra")]).corners():
        compose(list(point))


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_its_scores_their_direction_definition_and_limits(name):
    table = [line.split("|")[1:-1] for line in TEXTS["evaluation.md"].splitlines() if line.startswith("| `")]
    ((_, scores, *more),) = [row for row in table if row[0].strip() == f"`{name}`"]
    assert len(more) == 2
    assert all(cell.strip() for cell in more)
    told, pending = {}, []
    for score, arrow in re.findall(r"(\w+)\s*([↑↓]?)", scores):  # an arrow is of all names since the one before
        pending.append(score)
        if arrow:
            told |= dict.fromkeys(pending, arrow == "↑")
            pending = []
    told |= dict.fromkeys(pending)
    assert told == locate(METRICS[name]["_target_"]).scores
