"""Searches with an instant launcher: their points, results, resuming, pruning and errors."""

import math
import shlex

import pytest
from support.instant_launcher import FIXED, RATE, Instant, content, set_up, setting

from ganlab.config import compose
from ganlab.core.errors import UserError
from ganlab.sweeps.launchers.launcher import command_line
from ganlab.sweeps.results.collect import collect
from ganlab.sweeps.search.optuna_search import Optuna
from ganlab.sweeps.search.pruners import ASHA, Hyperband, Median
from ganlab.sweeps.search.random_search import RandomSearch
from ganlab.sweeps.search.samplers import CMAES, NSGAII, TPE, Grid, Uniform
from ganlab.sweeps.search.search import Search

SPACE = [f"{RATE}=tag(log, interval(1e-5,1e-1))", "loss=hinge,non_saturating"]


def test_the_record_has_the_line_that_runs_the_sweep_again_from_its_start(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "my_gan")
    monkeypatch.chdir(tmp_path)
    command_line.set("GANLAB_ALLOW=my_gan ganlab train -m seed=0,1")
    set_up(Instant(lambda job, step: {}), tmp_path / "sweep", "seed=0,1")
    command_line.set("")
    saved = content(tmp_path / "sweep")
    assert saved["command"] == "GANLAB_ALLOW=my_gan ganlab train -m seed=0,1"
    assert saved["resume"] == f"cd {tmp_path} && {saved['command']}"
    assert (saved["packages"], saved["config_dirs"]) == ("my_gan", [])


def bowl(job, step):
    """A score that is lowest at a rate of 1e-3 and for hinge, falls with the step, and rises with the seed."""
    rate = float(setting(job, "optimizer.generator.lr", "1e-3"))
    shift = 0.01 * int(setting(job, "seed")) + (0.3 if setting(job, "loss") == "non_saturating" else 0)
    return {"wasserstein": (math.log10(rate) + 3) ** 2 + shift + 1 / step, "modes": 10 * rate}


def search(sweeper: Search, launcher: Instant, directory, *lines: str) -> Search:
    """Run a search over some axes and return it."""
    sweeper.job_launcher = set_up(launcher, directory, *lines, seeds=sweeper.seeds)
    try:
        sweeper.sweep([*FIXED, *lines])
    finally:
        launcher.record.unlock()
    return sweeper


def trials(sweeper: Optuna):
    return sweeper.study.get_trials(deepcopy=False)


def test_random_search_runs_the_requested_points_and_draws_them_again(tmp_path):
    first = Instant(bowl)
    search(RandomSearch(trials=5), first, tmp_path, *SPACE)
    assert first.ran == [[0, 1], [2, 3], [4]]
    longer = Instant(bowl)
    search(RandomSearch(trials=7, batch=4), longer, tmp_path, *SPACE)
    assert longer.ran == [[5, 6]]
    jobs = longer.record.jobs()
    assert len({job.overrides for job in jobs}) == 7


@pytest.mark.parametrize(
    "sampler", [TPE(startup_trials=4), CMAES(), Uniform()], ids=lambda sampler: type(sampler).__name__
)
@pytest.mark.slow
def test_every_sampler_searches_and_the_best_is_reported(tmp_path, sampler):
    lines = [SPACE[0], "batch_size=int(interval(8,16))"]
    sweeper = search(Optuna(sampler, trials=12, batch=3), Instant(bowl), tmp_path, *lines)
    assert [trial.state.name for trial in trials(sweeper)] == ["COMPLETE"] * 12
    summary = collect(sweeper.job_launcher.record)
    record = content(tmp_path)
    (best,) = (record["configurations"][i] for i in record["best"])
    assert best["scores"]["wasserstein"]["mean"] == pytest.approx(sweeper.study.best_value)
    assert record["rerun"][0].endswith(best["overrides"][-1])
    assert summary.all_finished
    assert record["rerun"][0] in summary.text
    method, shares = record["importance"]["wasserstein"]
    assert method == "fANOVA"
    assert sum(shares.values()) == pytest.approx(1)
    assert "importance for wasserstein (fANOVA): optimizer.generator.lr " in summary.text
    for kind in ("importance", "parallel"):
        assert (tmp_path / f"{kind}_wasserstein.png").read_bytes().startswith(b"\x89PNG")


def test_the_command_that_reproduces_the_best_has_all_its_settings(tmp_path):
    sweeper = search(RandomSearch(trials=2), Instant(bowl), tmp_path, *SPACE)
    collect(sweeper.job_launcher.record)
    record = content(tmp_path)
    (best,) = (record["configurations"][i] for i in record["best"])
    name, word, *words = shlex.split(record["rerun"][0])
    assert (name, word) == ("ganlab", "train")
    assert compose(words) == compose(record["jobs"][best["jobs"][0]]["overrides"])


def test_tpe_improves_on_its_first_points(tmp_path):
    sweeper = search(Optuna(TPE(startup_trials=8), trials=30), Instant(bowl, capacity=5), tmp_path, *SPACE)
    values = [trial.value for trial in trials(sweeper)]
    assert min(values[8:]) < 0.02 + 1 / 6
    assert sum(values[20:]) / 10 < sum(values[:8]) / 8


def test_a_grid_tries_every_point_once(tmp_path):
    sweeper = search(Optuna(Grid(), trials=99), Instant(bowl), tmp_path, "loss=hinge,wasserstein", "seed=range(0,3)")
    points = [tuple(trial.params.values()) for trial in trials(sweeper)]
    assert sorted(points) == [(loss, seed) for loss in ("hinge", "wasserstein") for seed in range(3)]


def test_a_resumed_grid_tries_the_remaining_points(tmp_path):
    space = ["loss=hinge,wasserstein", "seed=range(0,6)"]
    search(Optuna(Grid(), trials=5), Instant(bowl), tmp_path, *space)
    sweeper = search(Optuna(Grid(), trials=99), Instant(bowl), tmp_path, *space)
    points = [tuple(trial.params.values()) for trial in trials(sweeper)]
    assert sorted(points) == [(loss, seed) for loss in ("hinge", "wasserstein") for seed in range(6)]


def test_replicates_are_scored_by_their_mean_with_an_interval(tmp_path):
    sweeper = search(Optuna(trials=2, seeds=[0, 1, 4]), Instant(bowl), tmp_path, *SPACE)
    collect(sweeper.job_launcher.record)
    (first, second) = content(tmp_path)["configurations"]
    assert [len(first["jobs"]), len(second["jobs"])] == [3, 3]
    score = first["scores"]["wasserstein"]
    assert score["n"] == 3
    assert score["mean"] == pytest.approx(min(trial.value for trial in trials(sweeper)))
    # t(0.975, 2) = 4.302653, standard deviation of 0, 0.01 and 0.04
    assert score["high"] - score["mean"] == pytest.approx(4.302653 * 0.0208167 / math.sqrt(3), rel=1e-4)


def test_several_objectives_have_a_pareto_front(tmp_path):
    sweeper = Optuna(NSGAII(population=4), trials=8, objectives=["wasserstein", "modes"])
    search(sweeper, Instant(bowl), tmp_path, SPACE[0])
    assert [direction.name for direction in sweeper.study.directions] == ["MINIMIZE", "MAXIMIZE"]
    collect(sweeper.job_launcher.record)
    record = content(tmp_path)
    values = [
        tuple(score["mean"] for score in configuration["scores"].values()) for configuration in record["configurations"]
    ]
    front = {
        i
        for i, (low, high) in enumerate(values)
        if not any(a <= low and b >= high and (a, b) != (low, high) for a, b in values)
    }
    assert set(record["best"]) == front


@pytest.mark.parametrize("broken", [None, {"wasserstein": math.nan, "modes": 1.0}, {"modes": 1.0}], ids=str)
def test_a_failed_trial_does_not_end_the_search(tmp_path, broken):
    sweeper = Optuna(trials=6)
    search(sweeper, Instant(lambda job, step: broken if job.number == 1 else bowl(job, step)), tmp_path, *SPACE)
    assert [trial.state.name for trial in trials(sweeper)] == ["COMPLETE", "FAIL", *["COMPLETE"] * 4]
    summary = collect(sweeper.job_launcher.record)
    assert summary.all_finished == (broken is not None)


def test_failed_trials_are_retried_only_on_request(tmp_path):
    def crash(job, step):
        return None if job.number == 1 else bowl(job, step)

    search(Optuna(trials=3), Instant(crash), tmp_path, *SPACE)
    left = Instant(bowl)
    search(Optuna(trials=3), left, tmp_path, *SPACE)
    assert left.ran == []
    retried = RetryInstant(bowl, retry_failed=True)
    sweeper = search(Optuna(trials=3), retried, tmp_path, *SPACE)
    assert retried.ran == [[1]]
    assert [trial.state.name for trial in trials(sweeper)] == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]


class RetryInstant(Instant):
    """Runs failed jobs from their first step."""

    def run(self, jobs) -> None:
        for job in jobs:
            (job.directory / "status.json").unlink()
        super().run(jobs)


def test_an_interrupted_search_first_resumes_its_unfinished_trials(tmp_path):
    def interrupt(job, step):
        if job.number == 3 and step == 2:
            raise KeyboardInterrupt
        return bowl(job, step)

    with pytest.raises(KeyboardInterrupt):
        search(Optuna(trials=6), Instant(interrupt), tmp_path, *SPACE)
    resumed = Instant(bowl)
    sweeper = search(Optuna(trials=6), resumed, tmp_path, *SPACE)
    assert resumed.ran[0] == [2, 3]
    assert [trial.state.name for trial in trials(sweeper)] == ["COMPLETE"] * 6
    assert len(resumed.record.jobs()) == 6


def test_a_study_with_an_incomplete_last_line_is_read(tmp_path):
    search(Optuna(trials=2), Instant(bowl), tmp_path, *SPACE)
    journal = tmp_path / "study.journal"
    journal.write_bytes(journal.read_bytes() + b'{"op_code": 4, "wor')
    (tmp_path / "study.journal.lock").symlink_to(journal)
    sweeper = search(Optuna(trials=4), Instant(bowl), tmp_path, *SPACE)
    assert [trial.state.name for trial in trials(sweeper)] == ["COMPLETE"] * 4


def test_another_space_in_the_same_directory_is_rejected(tmp_path):
    search(Optuna(trials=1), Instant(bowl), tmp_path, *SPACE)
    with pytest.raises(UserError, match=r"contains a search with other settings \(axes\)"):
        search(Optuna(trials=2), Instant(bowl), tmp_path, SPACE[0])


@pytest.mark.parametrize(
    "pruner",
    [Median(startup_trials=2), ASHA(reduction=2), Hyperband(reduction=2)],
    ids=lambda pruner: type(pruner).__name__,
)
def test_bad_trials_are_pruned_and_not_run_again(tmp_path, pruner):
    lines = [f"{RATE}=1e-3,1e-2,1e-1,1e-5,2e-5,2e-1"]
    sweeper = search(Optuna(Grid(), pruner), Instant(bowl), tmp_path, *lines)
    states = [trial.state.name for trial in trials(sweeper)]
    assert states[0] == "COMPLETE"
    assert "PRUNED" in states
    assert set(states) == {"COMPLETE", "PRUNED"}
    number = states.index("PRUNED")
    summary = collect(sweeper.job_launcher.record)
    job = content(tmp_path)["jobs"][number]
    assert job["state"] == "pruned"
    assert "wasserstein was worse than that of other trials at step" in job["reason"]
    assert job["step"] < 6
    assert summary.all_finished
    again = Instant(bowl)
    search(Optuna(Grid(), pruner), again, tmp_path, *lines)
    assert again.ran == []


def test_replicates_are_pruned_together(tmp_path):
    lines = [f"{RATE}=1e-3,1e-2,1e-1"]
    sweeper = search(Optuna(Grid(), Median(startup_trials=1), seeds=[0, 1], batch=1), Instant(bowl), tmp_path, *lines)
    assert [trial.state.name for trial in trials(sweeper)] == ["COMPLETE", "PRUNED", "PRUNED"]
    collect(sweeper.job_launcher.record)
    assert [job["state"] for job in content(tmp_path)["jobs"]] == ["finished"] * 2 + ["pruned"] * 4


@pytest.mark.parametrize(
    ("make", "lines", "message"),
    [
        (lambda: Optuna(CMAES()), ["loss=hinge,wasserstein"], "needs at least two axes of numbers"),
        (lambda: Optuna(CMAES(), objectives=["wasserstein", "modes"]), SPACE, "by one objective, not 2"),
        (lambda: Optuna(Grid()), SPACE, "infinitely many points, and at most 10,000 are allowed"),
        (lambda: Optuna(Grid()), ["seed=range(0,20000)"], "20,000 points, and at most 10,000 are allowed"),
        (lambda: Optuna(objectives=["fdi"]), SPACE, "no metric computes 'fdi'; choose wasserstein, modes"),
        (lambda: Optuna(), [*SPACE, "optimized_metric=fid"], "optimized_metric: no metric computes 'fid'"),
        (lambda: Optuna(), [*SPACE, "metric=[]"], "metric is empty"),
        (lambda: Optuna(pruner=Median()), [*SPACE, "evaluate_every=0"], "write evaluate_every=STEPS"),
        (
            lambda: Optuna(pruner=Median(), objectives=["wasserstein", "modes"]),
            SPACE,
            "pruning needs a single objective",
        ),
        (lambda: Optuna(seeds=[0, 1]), [*SPACE, "seed=0,1"], "use only one of them"),
        (lambda: RandomSearch(), ["loss=hinge,hnge"], r"there is no 'hnge'.*\(at loss=hnge\)"),
        (lambda: RandomSearch(trials=0), SPACE, "hydra.sweeper.trials must be at least 1, got 0"),
        (lambda: RandomSearch(seeds=3), SPACE, r"hydra.sweeper.seeds must be a list, such as \[0,1,2\], got 3"),
        (lambda: RandomSearch(objectives="fid"), SPACE, r"hydra.sweeper.objectives must be a list, such as \[fid\]"),
        (lambda: ASHA(reduction=1), SPACE, "hydra.sweeper.pruner.reduction must be at least 2, got 1"),
        (lambda: Hyperband(first_step=-1), SPACE, "hydra.sweeper.pruner.first_step must be at least 0, got -1"),
        (lambda: Median(startup_trials=-5), SPACE, "hydra.sweeper.pruner.startup_trials must be at least 0, got -5"),
        (lambda: RandomSearch(batch=0), SPACE, "hydra.sweeper.batch must be at least 1, got 0"),
    ],
)
@pytest.mark.slow
def test_invalid_searches_are_rejected_before_the_first_job(tmp_path, make, lines, message):
    launcher = Instant(bowl)
    with pytest.raises(UserError, match=message):
        search(make(), launcher, tmp_path, *lines)
    assert launcher.ran == []


def test_a_launcher_that_cannot_stop_jobs_cannot_prune(tmp_path, monkeypatch):
    monkeypatch.setattr(Instant, "can_stop", False)
    with pytest.raises(UserError, match="Instant cannot end a single job"):
        search(Optuna(pruner=Median()), Instant(bowl), tmp_path, *SPACE)


@pytest.mark.slow
def test_a_point_with_an_invalid_combination_fails_and_the_search_continues(tmp_path, capsys):
    # Each axis is valid while the other is at its first option; together they are rejected.
    lines = ["trainer.precision=32-true,16-mixed", "regularizer=[],[r1]"]
    sweeper = search(Optuna(Grid()), Instant(bowl), tmp_path, *lines)
    assert sorted(trial.state.name for trial in trials(sweeper)) == ["COMPLETE", "COMPLETE", "COMPLETE", "FAIL"]
    assert "gradient norms overflow in 16-bit floats" in capsys.readouterr().err


def test_axes_may_come_from_a_yaml(tmp_path):
    sweeper = search(Optuna(trials=2, params={RATE: "interval(1e-4,1e-3)"}), Instant(bowl), tmp_path, "loss=hinge")
    assert [list(trial.params) for trial in trials(sweeper)] == [["optimizer.generator.lr"]] * 2
