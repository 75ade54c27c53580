"""After a sweep: scores over seeds, the best, what matters, pictures, and words."""

import io
import itertools
import math

import pytest
from PIL import Image

from ganlab.commands.sweep import main
from ganlab.core.errors import UserError
from ganlab.sweeps.jobs.job import Job, Outcome, give_up
from ganlab.sweeps.launchers.progress_display import LineDisplay, TableDisplay
from ganlab.sweeps.results import importance
from ganlab.sweeps.results.configurations import best_of, configurations
from ganlab.sweeps.results.plots import importance_bars, parallel_coordinates
from ganlab.sweeps.results.variables import UNSET, Variable, variable, variables
from ganlab.sweeps.search.learning_curves import Curves

FID = {"fid": False}


def sweep(folder, *points, scores=(), states=None):
    """Return jobs and what they have come to."""
    jobs = [Job(i, tuple(point.split()), folder / str(i)) for i, point in enumerate(points)]
    values = [{"fid": score} if not isinstance(score, dict) else score for score in scores]
    found = zip(states or ["finished"] * len(jobs), values, strict=True)
    return jobs, {
        i: Outcome(state, scores=mine if state == "finished" else {}) for i, (state, mine) in enumerate(found)
    }


def test_seeds_of_a_configuration_are_one_with_an_interval(tmp_path):
    points = ["++a.b=1 seed=0", "++a.b=1 seed=1", "seed=0", "seed=1"]
    (first, second) = configurations(*sweep(tmp_path, *points, scores=[4, 6, 1, 3]), FID)
    assert (first.overrides, second.overrides) == ((), ("++a.b=1",))
    assert (first.scores["fid"].mean, second.scores["fid"].mean) == (2, 5)
    # Student's t with 1 degree of freedom: 12.7062 · √2 / √2
    assert second.scores["fid"].high - 5 == pytest.approx(12.7062, rel=1e-5)
    assert second.command() == "ganlab train -m a.b=1 seed=0,1"
    assert second.cell("fid") == "5 ± 13"


def test_the_best_needs_all_its_seeds_while_any_has_them(tmp_path):
    points = ["a=1 seed=0", "a=1 seed=1", "a=2 seed=0", "a=2 seed=1"]
    found = configurations(*sweep(tmp_path, *points, scores=[5, 5, 1, 1], states=["finished"] * 3 + ["running"]), FID)
    assert [each.overrides for each in best_of(found, FID)] == [("a=1",)]
    partly = configurations(*sweep(tmp_path, *points, scores=[5, 5, 1, 1], states=["finished", "running"] * 2), FID)
    assert [each.overrides for each in best_of(partly, FID)] == [("a=2",)]
    assert best_of(found, {}) == []


def test_higher_is_better_where_the_metric_says_so_and_nan_is_never_best(tmp_path):
    jobs = sweep(tmp_path, "a=1", "a=2", "a=3", scores=[5, 7, math.nan])
    for higher, best in ((True, "a=2"), (False, "a=1")):
        found = configurations(*jobs, {"fid": higher})
        assert [each.overrides for each in best_of(found, {"fid": higher})] == [(best,)]
        assert found[-1].overrides == ("a=3",)


def test_several_objectives_have_several_best(tmp_path):
    scores = [{"fid": fid, "recall": recall} for fid, recall in ((1, 1), (2, 2), (3, 1), (2, 3))]
    both = {"fid": False, "recall": True}
    found = configurations(*sweep(tmp_path, "a=1", "a=2", "a=3", "a=4", scores=scores), both)
    assert {each.overrides[0] for each in best_of(found, both)} == {"a=1", "a=4"}


def test_settings_become_numbers_where_they_are(tmp_path):
    assert variable("lr", ["1e-4", "1e-2"]) == Variable("lr", (1e-4, 1e-2), is_log=True)
    assert variable("lr", ["1e-4", "1e-2"]).scaled == pytest.approx([-4, -2])
    assert variable("width", ["8", "16"]) == Variable("width", (8, 16))
    assert variable("loss", ["hinge", "1", "hinge"]) == Variable("loss", (0, 1, 0), ("hinge", "1"))
    found = configurations(*sweep(tmp_path, "a=1 b=x c=0", "b=y c=0", scores=[1, 2]), FID)
    assert variables(found, ["a", "b", "c"]) == [
        Variable("a", (0, 1), ("1", UNSET)),
        Variable("b", (0, 1), ("x", "y")),
    ]


@pytest.mark.parametrize("optuna", [True, False])
def test_importance_finds_what_matters(monkeypatch, optuna):
    if not optuna:
        monkeypatch.setattr(importance, "find_spec", lambda name: None)
    rates, losses, dull = zip(*itertools.product([1e-5, 1e-4, 1e-3, 1e-2], "ab", [1, 2]), strict=True)
    settings = [variable("lr", map(str, rates)), variable("loss", losses), variable("dull", map(str, dull))]
    scores = [(math.log10(rate) + 3) ** 2 + (loss == "b") for rate, loss in zip(rates, losses, strict=True)]
    method, shares = importance.importances(settings, scores)
    assert method == ("fANOVA" if optuna else "permutation importance")
    assert list(shares) == ["lr", "loss", "dull"]
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["lr"] > 0.6
    assert shares["loss"] > 0.05
    assert shares["dull"] < 0.05


def test_importance_says_nothing_of_too_little():
    settings = [variable("lr", ["1", "2", "3", "4"])]
    assert importance.importances(settings, [1, 2, 3]) == ("", {})
    assert importance.importances(settings, [1, 1, 1, 1]) == ("", {})
    assert importance.importances([], [1, 2, 3, 4]) == ("", {})


def test_pictures_are_drawn(tmp_path):
    settings = [variable("lr", ["1e-4", "1e-2", "1e-3"]), variable("loss", ["hinge", "hinge", "hinge"])]
    parallel_coordinates(tmp_path / "a.png", settings, variable("fid", ["3.5", "2.5", "9.5"]), higher_is_better=False)
    importance_bars(tmp_path / "b.png", {"lr": 0.9, "loss": 0.1}, "fid", "fANOVA")
    for name in "ab":
        with Image.open(tmp_path / f"{name}.png") as picture:
            assert len(picture.convert("RGB").getcolors(1 << 24)) > 20


def test_curves_wait_for_all_replicates_and_for_whole_lines(tmp_path):
    jobs, _ = sweep(tmp_path, "seed=0", "seed=1", scores=[1, 1])
    curves = Curves(jobs, "fid")
    assert curves.news() == []
    for job in jobs:
        job.directory.mkdir()
    (tmp_path / "0" / "metrics.csv").write_text("step,loss,score/fid\n10,1,4\n15,1,\n20,1,6\n30,1,8\n")
    (tmp_path / "1" / "metrics.csv").write_text("step,loss,score/fid\n10,1,2\n20,1,nan\n30,1,1")
    assert curves.news() == [(10, 3)]
    (tmp_path / "1" / "metrics.csv").write_text("step,loss,score/fid\n10,1,2\n20,1,nan\n30,1,10\n")
    assert curves.news() == [(30, 9)]
    assert curves.news() == []


def test_a_screen_draws_over_itself_and_lines_tell_events(tmp_path, capsys):
    jobs, _ = sweep(tmp_path, "loss=hinge seed=0", "loss=hinge seed=1", scores=[1, 1])
    stream = io.StringIO()
    screen = TableDisplay(jobs, ["seed"], FID, stream)
    screen.show()
    screen.show()  # too soon
    give_up(jobs[0], "pruned")
    screen.ended(jobs[0])
    first, second = stream.getvalue().split("\033[4A")
    assert "0    seed=0    waiting" in first
    assert first.endswith("2 jobs: 2 waiting\n")
    assert "0    seed=0    pruned: pruned" in second
    assert second.endswith("2 jobs: 1 pruned, 1 waiting\n")
    lines = LineDisplay(jobs, ["seed"], FID)
    lines.started(jobs[1])
    lines.ended(jobs[0])
    assert capsys.readouterr().err == "job 1 starts: seed=1\njob 0 pruned: pruned\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "ganlab sweep needs one of status, collect, got ''"),
        (["statsu", "x"], "got 'statsu'; did you mean 'status'?"),
        (["status"], "ganlab sweep status needs one directory, got 0"),
        (["collect", "nowhere"], "nowhere holds no sweep: there is no sweep.json with jobs"),
    ],
)
def test_mistakes_of_the_command(words, said):
    with pytest.raises(UserError) as caught:
        main(words)
    assert said in str(caught.value)


def test_the_command_has_help(capsys):
    assert main(["--help"]) == 0
    assert "ganlab sweep status DIR" in capsys.readouterr().out
