"""Configuration errors of a sweep are reported in one sentence before it starts, and leave no files."""

import pytest
import yaml
from support.small_runs import POINTS, command

from ganlab.commands.train import main
from ganlab.config import conf_directory, locate
from ganlab.core.errors import UserError
from ganlab.sweeps.launchers.slurm import Slurm

CONF = conf_directory() / "hydra"
FILES = sorted(CONF.rglob("*.yaml"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["seed=1"], "there is nothing to sweep over: give a setting several values, such as seed=0,1,2, or for a"),
        (["seed=0,1", "run_dir=here"], "run_dir applies to a single run; for a sweep set hydra.sweep.dir=DIR"),
        (["hydra/launcher=slrm", "seed=0,1"], "Could not find 'hydra/launcher/slrm' Available options"),
        (
            ["hydra/sweeper=optuna", "hydra/sweeper/sampler=tep", "seed=0,1"],
            "Could not find 'hydra/sweeper/sampler/tep'",
        ),
        (["latent.size=interval(1,8)"], "latent.size=interval(1,8) is an interval, and a grid needs a list of values"),
        (
            ["hydra.launcher.slots=1,2"],
            "hydra.launcher.slots applies to the whole sweep and cannot differ between jobs",
        ),
        (["seed=0,1", "--wait"], "'--wait' is not a flag of a sweep; did you mean hydra.launcher.wait?"),
        (["seed=0,1", "hydra.launcher._target_=os.system"], "hydra: 'os.system' is outside the packages"),
    ],
)
def test_errors_before_hydra_starts(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as error:
        main(["-m", *POINTS, *words])
    assert message in str(error.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["hydra/launcher=slurm"],
            "hydra/launcher=slurm is a setting of a sweep, and this is a single run; add -m, or remove it",
        ),
        (["hydra.launcher.slots=2"], "hydra.launcher.slots=2 is a setting of a sweep"),
        (["--no-wait"], "--no-wait and --retry-failed require -m"),
        (["--seed=1"], "'--seed=1' is not a flag of ganlab train; did you mean 'seed=1'?"),
    ],
)
def test_settings_of_a_sweep_are_rejected_in_a_single_run(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as error:
        main([*POINTS, *words])
    assert message in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_search_on_a_cluster_runs_few_jobs_at_once():
    settings = yaml.safe_load((conf_directory() / "hydra" / "launcher" / "slurm.yaml").read_text())
    del settings["_target_"]
    for at_once, capacity in ((64, 8), (3, 3)):
        assert Slurm(**settings | {"array_parallelism": at_once}).capacity == capacity


@pytest.mark.slow
def test_errors_within_hydra_leave_no_files_either(tmp_path):
    cases = {
        "got 'norm' (at generator.norm=norm)": ["generator.activation=relu", "generator.norm=batch,norm"],
        "hydra.launcher.slots must be at least 1, or null, got 0": ["seed=0,1", "hydra.launcher.slots=0"],
        "--no-wait: the jobs of Local end with it; choose hydra/launcher=slurm": ["seed=0,1", "--no-wait"],
    }
    for message, words in cases.items():
        done = command("train", "-m", *POINTS, *words, cwd=tmp_path)
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr
        assert message in " ".join(done.stderr.split())
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CONF)))
def test_every_yaml_has_comments_and_builds(path):
    text = path.read_text()
    assert text.startswith("# ")
    assert "_target_:" in text
    settings = yaml.safe_load(text)
    built = locate(settings.pop("_target_"))
    settings.pop("defaults", None)
    setting_lines = [line for line in text.splitlines() if ": " in line and not line.startswith(("#", "_", " "))]
    assert all("  # " in line for line in setting_lines), "every setting has a comment"
    if path.stem != "slurm":
        assert built(**settings)
