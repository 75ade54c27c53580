"""The configuration of an existing run is that of its directory, with the overrides of the command line."""

import pytest
from omegaconf import OmegaConf
from support.small_runs import POINTS

from ganlab.config import compose
from ganlab.config.resumption import compose_resumed, compose_run
from ganlab.core.errors import ConfigurationError, UserError
from ganlab.runs.directory import RunDirectory

RECIPE = ["experiment=ring", "trainer=cpu", "log_every=7", "callback.samples.count=50", "metric=[modes]"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    directory = tmp_path_factory.mktemp("runs") / "a run's [1]"
    RunDirectory(directory).write_config(compose(RECIPE))
    return directory


def plain(config, **more):
    return {**OmegaConf.to_container(config, resolve=True), **more}


def test_without_overrides_it_is_what_was_saved(run):
    expected = plain(compose(RECIPE), run_dir=str(run))
    assert plain(compose_resumed(run)) == expected
    assert plain(compose_run([f'run_dir="{run}"'])) == expected


@pytest.mark.parametrize(
    "overrides",
    [
        ["iterations=99", "log_every=3", "data_root=/else where", "+metric=[kid]", "metric.kid.subsets=3"],
        ["metric=[fid]", "optimized_metric=fid", "logger=[csv,tensorboard]", "recovery=roll_back", "sample_every=11"],
        ["~callback.progress", "protocol=fast", "protocol.samples=64", "loss=hinge", "regularizer=[r1,r2]"],
        ["metric=[]", "~loss.smoothing", "callback.samples.count=9", "callback.evaluate.every=5", "trainer=gpu"],
    ],
)
def test_overrides_mean_what_they_mean_for_the_whole_recipe(overrides, run):
    replaced = [line for line in RECIPE if not any(line.startswith(f"{o.split('=')[0]}=") for o in overrides)]
    whole = compose([*replaced, *overrides])
    assert plain(compose_resumed(run, overrides)) == plain(whole, run_dir=str(run))


def test_a_recipe_is_composed_as_for_a_new_run(run):
    lines = ["experiment=dirac", "trainer=cpu"]
    expected = plain(compose(lines), run_dir=str(run))
    assert plain(compose_run([*lines, f'run_dir="{run}"'])) == expected
    assert plain(compose_resumed(run, lines)) == expected


def test_a_directory_without_a_run_is_a_new_one(tmp_path):
    lines = [*POINTS, f"run_dir={tmp_path}"]
    assert plain(compose_run(lines)) == plain(compose(lines))


@pytest.mark.parametrize(
    ("overrides", "sentences"),
    [
        (["itterations=5", "seed=0,1"], ["did you mean 'iterations'?", "seed=0,1: several values are a sweep"]),
        (["+metric=[kidd]"], ["metric: there is no 'kidd'"]),
        (["callback.progress.evry=5"], ["callback.progress.evry: Progress has no such setting; did you mean 'every'?"]),
        (["iterations=0"], ["iterations must be at least 1, got 0"]),
        (["iterations.x=1"], ["iterations must be an integer, got {'x': 1}"]),
    ],
)
def test_errors_are_those_of_any_configuration(overrides, sentences, run):
    with pytest.raises(ConfigurationError) as caught:
        compose_resumed(run, overrides)
    assert len(caught.value.issues) == len(sentences)
    for issue, sentence in zip(caught.value.issues, sentences, strict=True):
        assert sentence in issue


def test_what_the_first_command_has_removed_may_be_removed_again(run):
    config = compose_resumed(run, ["~callback.absent", "~loss.absent.key"])
    assert plain(config) == plain(compose_resumed(run))


def test_a_configuration_that_is_not_whole_is_not_one_of_a_run(tmp_path):
    (tmp_path / "config.yaml").write_text("seed: 5\n")
    with pytest.raises(UserError, match=r"config\.yaml has no data, game, .*; restore it, or choose another run_dir"):
        compose_resumed(tmp_path)
    lines = [*POINTS, f"run_dir={tmp_path}"]
    assert plain(compose_run(lines)) == plain(compose(lines))


def test_a_damaged_configuration_is_reported(tmp_path):
    (tmp_path / "config.yaml").write_text("a: [")
    with pytest.raises(UserError, match=r"config\.yaml cannot be read .*; restore it, or choose another run_dir"):
        compose_resumed(tmp_path)
