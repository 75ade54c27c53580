"""What is wrong with a sweep is told in one sentence before it begins, and leaves nothing behind."""

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
    ("words", "said"),
    [
        (["seed=1"], "there is nothing to sweep over: give a setting several values, such as seed=0,1,2, or for a"),
        (["seed=0,1", "run_dir=here"], "run_dir is of one run; a sweep's directory is hydra.sweep.dir=DIR"),
        (["hydra/launcher=slrm", "seed=0,1"], "Could not find 'hydra/launcher/slrm' Available options"),
        (
            ["hydra/sweeper=optuna", "hydra/sweeper/sampler=tep", "seed=0,1"],
            "Could not find 'hydra/sweeper/sampler/tep'",
        ),
        (["latent.size=interval(1,8)"], "latent.size=interval(1,8) is no list of values; list some"),
        (["hydra.launcher.slots=1,2"], "hydra.launcher.slots is of the whole sweep and cannot differ between its jobs"),
        (["seed=0,1", "--wait"], "'--wait' is no flag of a sweep; choose -m, --no-wait, --retry-failed"),
        (["seed=0,1", "hydra.launcher._target_=os.system"], "hydra: 'os.system' is outside the packages"),
    ],
)
def test_mistakes_before_hydra(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as caught:
        main(["-m", *POINTS, *words])
    assert said in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["hydra/launcher=slurm"],
            "hydra/launcher=slurm is of a sweep, and this is a single run here; add -m, or drop it",
        ),
        (["hydra.launcher.slots=2"], "hydra.launcher.slots=2 is of a sweep"),
        (["--no-wait"], "--no-wait and --retry-failed go with -m"),
        (["--seed=1"], "settings have no dashes, as in seed=1"),
    ],
)
def test_what_is_of_a_sweep_is_not_dropped_from_a_single_run(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as caught:
        main([*POINTS, *words])
    assert said in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_search_on_a_cluster_waits_for_scores_too():
    settings = yaml.safe_load((conf_directory() / "hydra" / "launcher" / "slurm.yaml").read_text())
    del settings["_target_"]
    for at_once, width in ((64, 8), (3, 3)):
        assert Slurm(**settings | {"array_parallelism": at_once}).width == width


@pytest.mark.slow
def test_mistakes_within_hydra_leave_nothing_behind_either(tmp_path):
    lines = {
        "got 'norm' (at generator.norm=norm)": ["generator.activation=relu", "generator.norm=batch,norm"],
        "hydra.launcher.slots must be at least 1, or null, got 0": ["seed=0,1", "hydra.launcher.slots=0"],
        "--no-wait: the jobs of Local end with it; choose hydra/launcher=slurm": ["seed=0,1", "--no-wait"],
    }
    for said, words in lines.items():
        done = command("train", "-m", *POINTS, *words, cwd=tmp_path)
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr
        assert said in " ".join(done.stderr.split())
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CONF)))
def test_every_yaml_says_what_it_is_and_builds(path):
    text = path.read_text()
    assert text.startswith("# ")
    assert "_target_:" in text
    settings = yaml.safe_load(text)
    built = locate(settings.pop("_target_"))
    settings.pop("defaults", None)
    bare = [line for line in text.splitlines() if ": " in line and not line.startswith(("#", "_", " "))]
    assert all("  # " in line for line in bare), "every setting has a comment"
    if path.stem != "slurm":
        assert built(**settings)
