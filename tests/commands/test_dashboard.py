"""The W&B pages and sweep: a run logs every name in them, according to the files that W&B writes."""

import json
import os
import re
import shlex
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest
import yaml
from support.small_runs import DIGITS, go
from support.wandb_offline import forget_account, runs

from ganlab.analysis.dashboards import LoggedNames
from ganlab.commands.dashboard import main
from ganlab.commands.exit_codes import guarded
from ganlab.config import compose
from ganlab.loggers.wandb import STEP

DOCS = Path(__file__).parents[2] / "docs"
RUN = [*DIGITS, "logger=[csv,wandb]", "metric=[fid,inception_score]", "protocol.samples=50", "sample_every=3"]


@pytest.fixture(scope="module")
def without_account(tmp_path_factory):
    """Remove account, network, and W&B's files in the home directory."""
    with pytest.MonkeyPatch.context() as patch:
        forget_account(patch, tmp_path_factory.mktemp("home"))
        yield patch


@pytest.fixture(autouse=True)
def _without_account(without_account):
    """Run every test without an account."""


@pytest.fixture(scope="module")
def run(without_account, tmp_path_factory):
    """Train a run; returns its directory and the files that W&B wrote."""
    directory = tmp_path_factory.mktemp("run")
    go(directory, *RUN, "evaluate_every=3")
    (written,) = runs(directory)
    return directory, written


def pages(capsys, *words):
    assert guarded(main, [*words, "--dry-run"]) == 0
    return json.loads(capsys.readouterr().out)


def inside(value, *kinds):
    """Yield the values of some keys in mappings at any depth."""
    if isinstance(value, dict):
        yield from (inner for key, inner in value.items() if key in kinds)
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from inside(inner, *kinds)


def assert_all_is_logged(page, written):
    panels = list(chain(*inside(page, "panels")))
    panels = [panel for panel in panels if isinstance(panel, dict) and "viewType" in panel]
    assert panels
    for panel in panels:
        config = panel["config"]
        lines = panel["viewType"] == "Run History Line Plot"
        for name in [*config.get("metrics", []), *config.get("mediaKeys", [])]:
            assert name in (written.keys if lines or "mediaKeys" in config else written.summary), name
        assert config.get("xAxis", STEP) == STEP
        assert config.get("targetKey", "best/fid") in written.summary
        for column in config.get("columns", []):
            section, name = column["accessor"].split(":")
            assert value_of(name, written) if section == "config" else name in written.summary, name
        if "groupBy" in config:
            assert value_of(config["groupBy"], written) == written.config["ganlab"]["configuration"]
    assert STEP in written.keys


def value_of(accessor, written):
    """Return a setting as W&B stores it: the first component of its name, `value`, and the rest."""
    first, value, *rest = accessor.split(".")
    assert value == "value"
    found = written.config[first]
    for part in rest:
        found = found[part]
    return found


@pytest.mark.slow
def test_the_default_pages_name_what_the_default_experiment_logs(run, capsys):
    built = pages(capsys, "project=gans", "entity=us", "sweep=tuesday")
    assert built["workspace"]["project"] == "gans"
    assert built["workspace"]["entity"] == "us"
    assert_all_is_logged(built["workspace"], run[1])
    assert_all_is_logged(built["report"], run[1])


def test_pages_of_a_run_show_its_terms_and_scores(run, tmp_path, capsys, without_account):
    more = ["regularizer=[r2,instance_noise]", "metric=[kid]", "metric.kid.subset_size=20", "optimized_metric=kid"]
    directory = tmp_path / "other"
    go(directory, *RUN, *more)
    (written,) = runs(directory)
    names = LoggedNames.from_run(directory)
    assert set(names.losses) == {
        *("discriminator/adversarial", "discriminator/r2", "discriminator/instance_noise", "generator/adversarial")
    }
    assert names.scores == ("kid", "kid_standard_error")
    assert names.optimized == "kid"
    built = pages(capsys, f"run={directory}", "parameters=generator.widths,seed")
    assert set(inside(built, "targetKey")) == {"best/kid"}
    for page in built.values():
        shown = {name for metrics in inside(page, "metrics") for name in metrics}
        assert {*names.losses, "score/kid", "best/kid"} <= shown
        assert shown <= written.keys | written.summary.keys()
    assert value_of("generator.value.widths", written) == [8]


def test_the_report_shows_the_sweep_grouped_by_all_settings_except_the_seed(capsys):
    report = pages(capsys, "sweep=tuesday")["report"]
    grids = [block["metadata"] for block in report["spec"]["blocks"] if block["type"] == "panel-grid"]
    kinds = [panel["viewType"] for grid in grids for panel in grid["panelBankSectionConfig"]["panels"]]
    assert {"Parameter Importance", "Parallel Coordinates Plot", "Media Browser", "Bar Chart"} <= set(kinds)
    for grid in grids:
        (runset,) = grid["runSets"]
        (only,) = runset["filters"]["filters"]
        assert (only["key"]["name"], only["op"], only["value"]) == ("group", "=", "tuesday")
    grouped = {"section": "config", "name": "ganlab.value.configuration"}
    assert grids[0]["runSets"][0]["grouping"] == [grouped]
    for panel in grids[0]["panelBankSectionConfig"]["panels"]:
        assert (panel["config"]["groupAgg"], panel["config"]["groupArea"]) == ("mean", "stderr")
    plain = pages(capsys, "entity=null", "sweep=null")["report"]
    assert not next(inside(plain, "filters"))["filters"]


def test_a_run_without_scores_has_a_page_without_them(tmp_path, capsys):
    go(tmp_path, *DIGITS)
    built = pages(capsys, f"run={tmp_path}")
    assert not list(inside(built, "targetKey"))
    shown = {name for metrics in inside(built, "metrics") for name in metrics}
    assert "generator/adversarial" in shown
    assert not [name for name in shown if name.startswith(("score", "best"))]


def test_an_account_is_needed_to_save(capsys):
    assert guarded(main, ["project=gans"]) == 2
    printed = capsys.readouterr().err
    assert printed == "no W&B account is configured here; run: wandb login, or print the pages with --dry-run\n"


@pytest.mark.slow
def test_a_network_is_needed_to_save(tmp_path):
    environment = {**os.environ, "WANDB_API_KEY": "0" * 40, "WANDB_BASE_URL": "http://127.0.0.1:9"}
    line = [sys.executable, "-m", "ganlab.dashboard", "entity=us"]
    done = subprocess.run(line, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last.startswith("W&B rejected the dashboard (")
    assert last.endswith("; --dry-run prints it")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["swep=x"], "'swep=x' is not a setting of ganlab dashboard; did you mean 'sweep'?"),
        (["--dryrun"], "'--dryrun' is not a setting of ganlab dashboard"),
        (["project="], "project needs a value"),
        (["run=nowhere", "--dry-run"], "run=nowhere has no metrics.csv and config.yaml; give the directory of a run"),
    ],
)
def test_invalid_arguments_are_reported(words, printed, capsys):
    assert guarded(main, words) == 2
    assert capsys.readouterr().err == f"{printed}\n"


def test_help_and_pages_import_nothing_heavy():
    script = """import sys
from ganlab.commands.exit_codes import guarded
from ganlab.commands.dashboard import main
code = guarded(main, sys.argv[1:])
print("HEAVY", [name for name in ("torch", "pytorch_lightning") if name in sys.modules])
sys.exit(code)"""
    for word in ("--help", "--dry-run"):
        done = subprocess.run([sys.executable, "-c", script, word], capture_output=True, text=True)
        assert done.returncode == 0
        assert done.stdout.splitlines()[-1] == "HEAVY []"


def words_of(sweep, values):
    """Return the command line of a job as W&B's agent builds it (wandb/wandb_agent.py, _command_run)."""
    from wandb.sdk.launch.sweeps import utils

    arguments = utils.create_sweep_command_args({"args": {name: {"value": value} for name, value in values.items()}})
    macros = {**arguments, "env": ["/usr/bin/env"], "program": [sweep["program"]]}
    words = []
    for word in utils.create_sweep_command([*sweep["command"]]):
        words += macros[word[2:-1]] if word.startswith("${") and word.endswith("}") else [word]
    return words


def test_the_example_sweep_composes_as_the_agent_runs_it(run):
    sweep = yaml.safe_load((DOCS / "wandb_sweep.yaml").read_text())
    assert sweep["metric"]["name"] in run[1].keys  # W&B looks for it there
    assert sweep["project"] == compose(["logger=[wandb]"]).logger.wandb.project
    choices = {
        name: axis["values"] if "values" in axis else [axis["min"], axis["max"]]
        for name, axis in sweep["parameters"].items()
    }
    for number in range(max(map(len, choices.values()))):
        values = {name: options[number % len(options)] for name, options in choices.items()}
        env, ganlab, train, *overrides = words_of(sweep, values)
        assert (env, ganlab, train) == ("/usr/bin/env", "ganlab", "train")
        config = compose(overrides)
        assert config.optimizer.generator.lr == values["optimizer.generator.lr"]
        assert config.discriminator.spectral_norm is values["discriminator.spectral_norm"]
        assert f"[{','.join(config.regularizer)}]" == values["regularizer"]
        assert config.seed == values["seed"]
        assert "wandb" in config.logger


def test_the_commands_of_the_page_compose():
    text = (DOCS / "wandb.md").read_text()
    blocks = re.findall(r"^```.*?\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("ganlab ")]
    assert lines
    for line in lines:
        _, command, *words = shlex.split(line)
        if command == "train":
            compose([word for word in words if word != "-m"])
