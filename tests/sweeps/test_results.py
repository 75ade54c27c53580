"""The results of a sweep: scores over seeds, the best configuration, importance, plots and tables."""

import io
import itertools
import json
import math
import os
import random
import shlex

import pytest
from PIL import Image
from support.figures import collisions

from ganlab.analysis.figures.style import figure_style
from ganlab.commands.sweep import main
from ganlab.core.errors import UserError
from ganlab.runs.directory import write_json
from ganlab.sweeps.jobs.job import Job, Outcome, mark_pruned, write_state
from ganlab.sweeps.jobs.record import Record
from ganlab.sweeps.launchers.progress_display import LineDisplay, TableDisplay
from ganlab.sweeps.results import importance
from ganlab.sweeps.results.collect import collect
from ganlab.sweeps.results.configurations import group_configurations, select_best
from ganlab.sweeps.results.plots import (
    UNSET,
    Variable,
    draw_parallel_coordinates,
    importance_bars,
    parallel_coordinates,
    parse_variable,
    read_variables,
)
from ganlab.sweeps.search.learning_curves import LearningCurve

FID = {"fid": False}


def sweep(folder, *points, scores=(), states=None):
    """Return jobs and their outcomes by job number."""
    jobs = [Job(i, tuple(point.split()), folder / str(i)) for i, point in enumerate(points)]
    values = [{"fid": score} if not isinstance(score, dict) else score for score in scores]
    pairs = zip(states or ["finished"] * len(jobs), values, strict=True)
    return jobs, {
        i: Outcome(state, scores=scores if state == "finished" else {}) for i, (state, scores) in enumerate(pairs)
    }


def test_seeds_of_a_configuration_share_one_score_with_an_interval(tmp_path):
    points = ["++a.b=1 seed=0", "++a.b=1 seed=1", "seed=0", "seed=1"]
    (first, second) = group_configurations(*sweep(tmp_path, *points, scores=[4, 6, 1, 3]), FID)
    assert (first.overrides, second.overrides) == ((), ("++a.b=1",))
    assert (first.scores["fid"].mean, second.scores["fid"].mean) == (2, 5)
    # Student's t with 1 degree of freedom: 12.7062 · √2 / √2
    assert second.scores["fid"].high - 5 == pytest.approx(12.7062, rel=1e-5)
    assert second.train_command() == "ganlab train -m a.b=1 seed=0,1"
    assert second.format_score("fid") == "5 ± 13"


def test_the_command_of_a_configuration_works_in_another_shell(tmp_path):
    points = ["++a.b=1 +metric=[kid] name='it's' seed=0"]
    (only,) = group_configurations(*sweep(tmp_path, *points, scores=[4]), FID)
    line = only.train_command(["/my conf"], "my_gan,other")
    assert shlex.split(line) == [
        *("GANLAB_ALLOW=my_gan,other", "ganlab", "train", "--config-dir=/my conf"),
        *("a.b=1", "+metric=[kid]", "name='it's'", "seed=0"),
    ]


def test_the_status_of_an_unfinished_sweep_has_the_line_that_resumes_it(tmp_path, capsys):
    record = Record(tmp_path)
    record.write(resume="cd /elsewhere && ganlab train -m seed=0,1")
    first, second = record.plan([["seed=0"], ["seed=1"]])
    write_state(first, "failed", "broken")
    write_state(second, "preempted", "stopped")
    assert main(["status", str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "resume with: cd /elsewhere && ganlab train -m seed=0,1"
    assert main(["collect", str(tmp_path)]) == 0
    retry = "retry the failed jobs with --retry-failed: cd /elsewhere && ganlab train -m seed=0,1 --retry-failed\n"
    assert retry in capsys.readouterr().out
    write_state(second, "finished", "")
    assert main(["status", str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "2 jobs: 1 failed, 1 finished"


def test_collecting_later_keeps_config_dirs_and_packages(tmp_path, capsys):
    place = tmp_path / "my sweep"
    record = Record(place)
    record.write(config_dirs=["/my conf"], packages="my_gan", objectives=FID, swept=["seed"])
    (job,) = record.plan([["loss=mine", "seed=0"]])
    assert job.config_dirs == ("/my conf",)
    job.directory.mkdir()
    write_json(job.directory / "status.json", {"state": "finished", "step": 6, "iterations": 6, "objective": 2.0})
    write_json(job.directory / "scores.json", {"scores": {"fid": 2.0}})
    assert main(["collect", str(place)]) == 0
    out = capsys.readouterr().out
    assert "with: GANLAB_ALLOW=my_gan ganlab train '--config-dir=/my conf' loss=mine seed=0\n" in out
    assert out.endswith(f"compare all scores with: ganlab compare '{place}'\n")


def test_complete_configurations_are_preferred_as_the_best(tmp_path):
    points = ["a=1 seed=0", "a=1 seed=1", "a=2 seed=0", "a=2 seed=1"]
    configurations = group_configurations(
        *sweep(tmp_path, *points, scores=[5, 5, 1, 1], states=["finished"] * 3 + ["running"]), FID
    )
    assert [configuration.overrides for configuration in select_best(configurations, FID)] == [("a=1",)]
    partial = group_configurations(
        *sweep(tmp_path, *points, scores=[5, 5, 1, 1], states=["finished", "running"] * 2), FID
    )
    assert [configuration.overrides for configuration in select_best(partial, FID)] == [("a=2",)]
    assert select_best(configurations, {}) == []


def test_the_best_follows_the_direction_of_the_metric_and_is_never_nan(tmp_path):
    jobs = sweep(tmp_path, "a=1", "a=2", "a=3", scores=[5, 7, math.nan])
    for higher, best in ((True, "a=2"), (False, "a=1")):
        configurations = group_configurations(*jobs, {"fid": higher})
        assert [configuration.overrides for configuration in select_best(configurations, {"fid": higher})] == [(best,)]
        assert configurations[-1].overrides == ("a=3",)


def test_several_objectives_have_a_pareto_front(tmp_path):
    scores = [{"fid": fid, "recall": recall} for fid, recall in ((1, 1), (2, 2), (3, 1), (2, 3))]
    both = {"fid": False, "recall": True}
    configurations = group_configurations(*sweep(tmp_path, "a=1", "a=2", "a=3", "a=4", scores=scores), both)
    assert {configuration.overrides[0] for configuration in select_best(configurations, both)} == {"a=1", "a=4"}


@pytest.mark.parametrize("higher", list(itertools.product([False, True], repeat=3)))
def test_the_pareto_front_is_what_no_other_dominates(tmp_path, higher):
    draw = random.Random(0)
    scores = [{name: draw.randrange(6) for name in "abc"} for _ in range(80)]  # with ties and equal points
    names = dict(zip("abc", higher, strict=True))
    configurations = group_configurations(*sweep(tmp_path, *(f"x={i}" for i in range(80)), scores=scores), names)

    def dominates(one, other):
        pairs = [(other, one)[up][name] - (one, other)[up][name] for name, up in names.items()]
        return min(pairs) >= 0 < max(pairs)

    front = {f"x={i}" for i, one in enumerate(scores) if not any(dominates(other, one) for other in scores)}
    assert {configuration.overrides[0] for configuration in select_best(configurations, names)} == front


def test_settings_become_numbers_if_all_values_are_numbers(tmp_path):
    assert parse_variable("lr", ["1e-4", "1e-2"]) == Variable("lr", (1e-4, 1e-2), is_log=True)
    assert parse_variable("lr", ["1e-4", "1e-2"]).scaled == pytest.approx([-4, -2])
    assert parse_variable("width", ["8", "16"]) == Variable("width", (8, 16))
    assert parse_variable("loss", ["hinge", "1", "hinge"]) == Variable("loss", (0, 1, 0), ("hinge", "1"))
    configurations = group_configurations(*sweep(tmp_path, "a=1 b=x c=0", "b=y c=0", scores=[1, 2]), FID)
    assert read_variables(configurations, ["a", "b", "c"]) == [
        Variable("a", (0, 1), ("1", UNSET)),
        Variable("b", (0, 1), ("x", "y")),
    ]


@pytest.mark.parametrize("optuna", [True, False])
def test_importance_ranks_the_settings_by_their_effect(monkeypatch, optuna):
    if not optuna:
        monkeypatch.setattr(importance, "find_spec", lambda name: None)
    rates, losses, ignored = zip(*itertools.product([1e-5, 1e-4, 1e-3, 1e-2], "ab", [1, 2]), strict=True)
    settings = [
        parse_variable("lr", map(str, rates)),
        parse_variable("loss", losses),
        parse_variable("ignored", map(str, ignored)),
    ]
    scores = [(math.log10(rate) + 3) ** 2 + (loss == "b") for rate, loss in zip(rates, losses, strict=True)]
    method, shares = importance.importances(settings, scores)
    assert method == ("fANOVA" if optuna else "permutation importance")
    assert list(shares) == ["lr", "loss", "ignored"]
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["lr"] > 0.6
    assert shares["loss"] > 0.05
    assert shares["ignored"] < 0.05


def test_importance_is_empty_for_too_few_or_equal_scores():
    settings = [parse_variable("lr", ["1", "2", "3", "4"])]
    assert importance.importances(settings, [1, 2, 3]) == ("", {})
    assert importance.importances(settings, [1, 1, 1, 1]) == ("", {})
    assert importance.importances([], [1, 2, 3, 4]) == ("", {})


def test_no_text_of_the_parallel_coordinates_touches_a_line():
    settings = [
        parse_variable("optimizer.generator.lr", ["1e-4", "1e-2", "1e-3", "1e-3"]),
        parse_variable("loss", ["hinge", "wasserstein", "non_saturating", "hinge"]),
        parse_variable("regularizer", ["[r1]", "[r1,gradient_penalty]", "[]", "[]"]),
        parse_variable("fid", ["3.5", "2.5", "9.5", "3.5"]),
    ]
    with figure_style():
        assert not collisions(draw_parallel_coordinates(settings, higher_is_better=False))


def test_plots_are_drawn(tmp_path):
    settings = [parse_variable("lr", ["1e-4", "1e-2", "1e-3"]), parse_variable("loss", ["hinge", "hinge", "hinge"])]
    parallel_coordinates(
        tmp_path / "a.png", settings, parse_variable("fid", ["3.5", "2.5", "9.5"]), higher_is_better=False
    )
    importance_bars(tmp_path / "b.png", {"lr": 0.9, "loss": 0.1}, "fid", "fANOVA")
    for name in "ab":
        with Image.open(tmp_path / f"{name}.png") as picture:
            assert len(picture.convert("RGB").getcolors(1 << 24)) > 20


def test_curves_include_only_steps_of_all_replicates_and_complete_lines(tmp_path):
    jobs, _ = sweep(tmp_path, "seed=0", "seed=1", scores=[1, 1])
    curve = LearningCurve(jobs, "fid")
    assert curve.new_points() == []
    for job in jobs:
        job.directory.mkdir()
    (tmp_path / "0" / "metrics.csv").write_text("step,loss,score/fid\n10,1,4\n15,1,\n20,1,6\n30,1,8\n")
    (tmp_path / "1" / "metrics.csv").write_text("step,loss,score/fid\n10,1,2\n20,1,nan\n30,1,1")
    assert curve.new_points() == [(10, 3)]
    (tmp_path / "1" / "metrics.csv").write_text("step,loss,score/fid\n10,1,2\n20,1,nan\n30,1,10\n")
    assert curve.new_points() == [(30, 9)]
    assert curve.new_points() == []


def test_a_table_is_redrawn_in_place_and_lines_are_printed_per_event(tmp_path, capsys):
    jobs, _ = sweep(tmp_path, "loss=hinge seed=0", "loss=hinge seed=1", scores=[1, 1])
    stream = io.StringIO()
    table = TableDisplay(jobs, ["seed"], FID, stream)
    table.refresh()
    table.refresh()  # too soon to draw again
    mark_pruned(jobs[0], "pruned")
    table.job_ended(jobs[0])
    first, second = stream.getvalue().split("\033[4A")
    assert "0    seed=0    waiting" in first
    assert first.endswith("2 jobs: 2 waiting\n")
    assert "0    seed=0    pruned: pruned" in second
    assert second.endswith("2 jobs: 1 pruned, 1 waiting\n")
    lines = LineDisplay(jobs, ["seed"], FID)
    lines.job_started(jobs[1])
    lines.job_ended(jobs[0])
    assert capsys.readouterr().err == "job 1 starts: seed=1\njob 0 pruned: pruned\n"


def test_the_table_reads_each_file_once_until_it_changes(tmp_path, monkeypatch):
    jobs = write_sweep(tmp_path, [4.0, 3.0, 2.0]).jobs()
    stream, read, loads = io.StringIO(), [], json.loads
    table = TableDisplay(jobs, ["a"], FID, stream)
    monkeypatch.setattr(json, "loads", lambda text: read.append(text) or loads(text))
    table.job_started(jobs[0])
    assert len(read) == 6  # the status and the scores of each job
    table.job_ended(jobs[0])
    assert len(read) == 6
    write_json(jobs[1].directory / "status.json", {"state": "failed", "reason": "disk on fire"})
    table.job_ended(jobs[1])
    assert len(read) == 7
    assert stream.getvalue().endswith(
        "1    a=1       failed: disk on fire\n2    a=2       finished  fid 2\n3 jobs: 2 finished, 1 failed\n"
    )


def test_a_running_job_of_an_unchanged_file_is_lost_when_its_process_has_ended(tmp_path, monkeypatch):
    (job,) = Record(tmp_path).plan([["a=0"]])
    write_state(job, "running", "")
    stream = io.StringIO()
    table = TableDisplay([job], ["a"], FID, stream)
    table.job_started(job)
    monkeypatch.setattr("ganlab.runs.liveness._exists", lambda pid: False)
    table.job_started(job)
    first, second = stream.getvalue().split("\033[3A")
    assert first.endswith("1 jobs: 1 running\n")
    assert second.endswith("1 jobs: 1 lost\n")


def write_sweep(folder, fids):
    """Write a sweep over `a` with finished jobs and return its record."""
    record = Record(folder)
    record.write(swept=["a"], objectives=FID)
    for job, fid in zip(record.plan([[f"a={i}"] for i in range(len(fids))]), fids, strict=True):
        write_json(job.directory / "scores.json", {"scores": {"fid": fid}, "protocol": {"name": "standard"}})
        write_json(job.directory / "status.json", {"state": "finished", "step": 6, "iterations": 6, "objective": fid})
    return record


PLOTS = ("importance_fid.png", "parallel_fid.png")


def drawn(folder):
    """Return which files the plots are: a plot that is drawn again is another."""
    return [(folder / name).stat().st_ino for name in PLOTS]


def test_plots_of_unchanged_scores_are_not_drawn_again(tmp_path):
    record = write_sweep(tmp_path, [4.0, 3.0, 2.0, 1.0, 5.0])
    first, plots = collect(record), drawn(tmp_path)
    assert "importance for fid (fANOVA): a 1.00" in first.text
    content = (tmp_path / "sweep.json").read_text()
    assert collect(Record(tmp_path)) == first
    assert drawn(tmp_path) == plots
    assert (tmp_path / "sweep.json").read_text() == content


def test_plots_are_drawn_again_if_a_score_the_method_or_a_plot_is_another(tmp_path, monkeypatch):
    record = write_sweep(tmp_path, [4.0, 3.0, 2.0, 1.0, 5.0])
    collect(record)
    for change in ("score", "plot", "method"):
        for name in PLOTS:
            os.truncate(tmp_path / name, 1)
        if change == "score":
            write_json(tmp_path / "2" / "scores.json", {"scores": {"fid": 2.5}, "protocol": {"name": "standard"}})
        elif change == "plot":
            (tmp_path / PLOTS[0]).unlink()
        else:
            monkeypatch.setattr(importance, "find_spec", lambda name: None)
        text = collect(record).text
        assert ("permutation importance" if change == "method" else "fANOVA") in text
        assert all((tmp_path / name).stat().st_size > 1000 for name in PLOTS)


def test_plots_disappear_when_scores_become_incomparable(tmp_path):
    record = write_sweep(tmp_path, [4.0, 3.0, 2.0, 1.0])
    collect(record)
    write_json(tmp_path / "0" / "scores.json", {"scores": {"fid": 4.0}, "protocol": {"name": "other"}})
    assert "no best: fid was measured under different protocols" in collect(record).text
    assert not any((tmp_path / name).exists() for name in PLOTS)
    write_json(tmp_path / "0" / "scores.json", {"scores": {"fid": 4.0}, "protocol": {"name": "standard"}})
    collect(record)
    assert all((tmp_path / name).exists() for name in PLOTS)


def test_the_status_of_a_sweep_with_jobs_of_all_kinds(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    jobs = write_sweep(tmp_path, [4.0, 3.0, 2.0, 1.0, 5.0]).jobs()
    write_json(
        jobs[1].directory / "status.json", {"state": "failed", "step": 2, "iterations": 6, "reason": "disk\nfull"}
    )
    (jobs[2].directory / "status.json").unlink()
    (jobs[3].directory / "scores.json").write_text("{")
    (jobs[4].directory / "status.json").write_text("damaged")
    assert main(["status", str(tmp_path)]) == 1
    assert (
        capsys.readouterr().out
        == """\
job  settings  state
0    a=0       finished  fid 4
1    a=1       failed 2/6: disk full
2    a=2       waiting
3    a=3       finished
4    a=4       waiting
5 jobs: 2 finished, 1 failed, 2 waiting
"""
    )
    for job in jobs:
        write_json(job.directory / "status.json", {"state": "finished"})
    assert main(["status", str(tmp_path)]) == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "ganlab sweep needs one of status, collect, got ''"),
        (["statsu", "x"], "got 'statsu'; did you mean 'status'?"),
        (["status"], "ganlab sweep status needs one directory, got 0"),
        (["collect", "nowhere"], "nowhere is not a sweep: there is no sweep.json with jobs"),
    ],
)
def test_errors_of_the_command(words, message):
    with pytest.raises(UserError) as error:
        main(words)
    assert message in str(error.value)


def test_the_command_has_help(capsys):
    assert main(["--help"]) == 0
    assert "ganlab sweep status DIR" in capsys.readouterr().out
