"""A flag that does not exist is answered with the setting that it means."""

import pytest

from ganlab.commands import evaluate, sweep, train
from ganlab.config.dashed_settings import join_values, sweep_settings
from ganlab.core.errors import UserError

TRAIN = {
    "--iterations 5": "'--iterations' is not a flag of ganlab train; did you mean 'iterations=5'?; see ",
    "--batch-size=5": "'--batch-size=5' is not a flag of ganlab train; did you mean 'batch_size=5'?; see ",
    "--epochs 3": "'--epochs' is not a flag of ganlab train; training is counted in steps: iterations=N; see ",
    "--trials 6": "'--trials' is not a flag of ganlab train; did you mean hydra.sweeper.trials?; see ",
    "-m --trials 6 seed=0,1": "'--trials' is not a flag of a sweep; did you mean hydra.sweeper.trials?",
    "-m --frobnicate": "'--frobnicate' is not a flag of a sweep; choose -m, --no-wait, --retry-failed",
    "--frobnicate": "'--frobnicate' is not a flag of ganlab train: settings have no dashes, as in seed=1",
    "-x": "'-x' is not a flag of ganlab train: settings have no dashes, as in seed=1",
    "-m seed=0,1 hydra.sweep.dir=": "hydra.sweep.dir is empty; write hydra.sweep.dir=DIR, or leave it out",
}


@pytest.mark.parametrize("line", TRAIN)
def test_train_suggests_the_setting(line):
    with pytest.raises(UserError) as caught:
        train.main(line.split())
    assert str(caught.value).startswith(TRAIN[line])


def test_evaluate_suggests_the_setting():
    with pytest.raises(UserError, match="not a flag of ganlab evaluate; did you mean 'run=R'"):
        evaluate.main(["--run", "R"])


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_directory_is_not_the_present_one(name):
    with pytest.raises(UserError, match="ganlab sweep status needs a directory, got an empty name"):
        sweep.main(["status", name])


def test_a_flag_takes_the_value_after_it():
    assert join_values(["-m", "--n", "5", "--dry", "seed=1", "--last"]) == ["-m", "--n=5", "--dry", "seed=1", "--last"]


def test_settings_of_sweeps_are_found_in_their_files():
    assert {"hydra.sweeper.trials", "hydra.launcher.partition"} <= set(sweep_settings())
