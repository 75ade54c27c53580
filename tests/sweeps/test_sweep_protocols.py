"""A sweep has a best configuration only if all scores were measured under one protocol."""

import pytest
from support.instant_launcher import FIXED, Instant, content, set_up
from support.run_files import changed, score_file

from ganlab.commands.sweep import main
from ganlab.core.errors import UserError
from ganlab.runs.directory import write_json
from ganlab.sweeps.jobs.record import Record
from ganlab.sweeps.results.collect import collect
from ganlab.sweeps.results.protocols import describe_variants
from ganlab.sweeps.search.random_search import RandomSearch

IDENTITY = changed()
RANDOM = changed(features={"name": "random", "width": 64, "weights": "seed 0"})


def scored(folder, points, swept=("a",), objectives=None):
    """Collect a sweep of points with their scores and protocols, and return its text; without scores, a job waits."""
    record = Record(folder)
    record.write(objectives=objectives or {"fid": False}, swept=list(swept))
    jobs = record.plan([point.split() for point, *_ in points])
    for job, (_, scores, protocol) in zip(jobs, points, strict=True):
        if scores is not None:
            scores = scores if isinstance(scores, dict) else {"fid": scores}
            write_json(job.directory / "scores.json", score_file(scores, protocol))
            write_json(job.directory / "status.json", {"state": "finished", "step": 6, "iterations": 6})
    return collect(record).text


@pytest.mark.parametrize(
    ("other", "variants"),
    [
        (RANDOM, "[1] features.name=identity; [2] features.name=random"),
        (changed(samples=2000), "[1] samples=10000; [2] samples=2000"),
        (
            changed(data="00ff" * 8, real_samples=4),
            "[1] data=f03d51df3659… real_samples=absent; [2] data=00ff00ff00ff… real_samples=4",
        ),
        (changed(metrics__fid__ddof=0), "[1] metrics.fid.ddof=1; [2] metrics.fid.ddof=0"),
    ],
    ids=["features", "samples", "data", "metric"],
)
def test_scores_under_different_protocols_have_no_best(tmp_path, other, variants):
    text = scored(tmp_path, [("a=1", 5.0, IDENTITY), ("a=2", 3.0, other), ("a=3", 4.0, IDENTITY)])
    lines = [line.split() for line in text.splitlines()[1:5]]
    assert lines == [
        ["settings", "n", "fid", "[1]", "fid", "[2]", "state", "jobs"],
        ["a=3", "1", "4", "-", "finished", "2"],
        ["a=1", "1", "5", "-", "finished", "0"],
        ["a=2", "1", "-", "3", "finished", "1"],
    ]
    assert f"no best: fid was measured under different protocols ({variants}); scores are comparable within" in text
    assert "best by" not in text
    assert "reproduce the best" not in text
    record = content(tmp_path)
    assert (record["best"], record["rerun"], record["importance"]) == ([], [], {"fid": ["", {}]})
    assert not list(tmp_path.glob("*.png"))


def test_only_the_protocol_of_the_objective_counts(tmp_path):
    more = changed(metrics__kid__subsets=9)
    text = scored(tmp_path, [("a=1", {"fid": 5.0, "kid": 1.0}, IDENTITY), ("a=2", {"fid": 3.0, "kid": 1.0}, more)])
    assert "best  a=2" in text
    assert "best by fid (lower is better): a=2" in text
    text = scored(
        tmp_path / "both",
        [("a=1", {"fid": 5.0, "kid": 1.0}, IDENTITY), ("a=2", {"fid": 3.0, "kid": 1.0}, more)],
        objectives={"fid": False, "kid": False},
    )
    assert "no best: fid and kid were measured under different protocols ([1] metrics.kid.subsets=50; [2] met" in text


def test_ema_and_live_weights_can_be_compared(tmp_path):
    text = scored(
        tmp_path, [("ema=none", 5.0, changed(weights="live")), ("ema=half_life", 3.0, changed(weights="ema"))]
    )
    assert "best by fid (lower is better): ema=half_life" in text
    assert "no best" not in text


def test_scores_without_a_protocol_can_be_compared_with_all_others(tmp_path):
    text = scored(tmp_path, [("a=1", 5.0, IDENTITY), ("a=2", 3.0, {}), ("a=3", None, None)])
    assert "best by fid (lower is better): a=2" in text
    assert "no best" not in text


def test_seeds_under_different_protocols_have_no_common_mean(tmp_path):
    points = [("a=1 seed=0", 5.0, IDENTITY), ("a=1 seed=1", 7.0, IDENTITY), ("a=1 seed=2", 100.0, RANDOM)]
    text = scored(tmp_path, [*points, ("a=1 seed=3", None, None)], ("seed",))
    assert [entry["jobs"] for entry in content(tmp_path)["configurations"]] == [[0, 1, 3], [2]]
    assert [entry["scores"]["fid"]["mean"] for entry in content(tmp_path)["configurations"]] == [6.0, 100.0]
    assert "no best" in text


def test_old_plots_and_the_old_best_are_removed_when_a_second_protocol_appears(tmp_path, capsys):
    points = [("a=1", 5.0, IDENTITY), ("a=2", 3.0, IDENTITY)]
    scored(tmp_path, points)
    assert content(tmp_path)["best"] == [0]
    assert (tmp_path / "parallel_fid.png").exists()
    scored(tmp_path, [*points, ("a=3", 1.0, RANDOM)])
    assert main(["collect", str(tmp_path)]) == 0
    assert "no best: fid was measured under different protocols" in capsys.readouterr().out
    assert content(tmp_path)["best"] == []
    assert not (tmp_path / "parallel_fid.png").exists()


def test_many_protocols_are_counted_and_hashes_with_equal_beginnings_are_shown_in_full():
    text = describe_variants([{"samples": str(i), "data": "f" * 30 + str(i)} for i in range(6)])
    assert text.startswith(f"[1] samples=0 data={'f' * 30}0; [2] ")
    assert text.endswith("; and 2 more")
    assert (
        describe_variants([dict.fromkeys("abcde", str(i)) for i in range(2)])
        == "[1] a=0 b=0 c=0 d=0 …; [2] a=1 b=1 c=1 d=1 …"
    )


def test_settings_that_a_later_command_changed_are_shown(tmp_path):
    text = scored(tmp_path, [("a=1 ++steps=6", 5.0, IDENTITY), ("a=1 ++steps=9", 3.0, IDENTITY)], swept=["seed"])
    assert "best  steps=9" in text
    assert "   steps=6" in text
    assert "as configured" not in text


def search(folder, *lines):
    sweeper = RandomSearch(trials=2)
    sweeper.job_launcher = set_up(Instant(lambda job, step: {"wasserstein": 1.0, "modes": 2.0}), folder, *lines)
    try:
        sweeper.sweep([*FIXED, *lines])
    finally:
        sweeper.job_launcher.record.unlock()
    return sweeper.job_launcher.ran


@pytest.mark.parametrize(
    ("axis", "variants"),
    [
        ("protocol.samples=50,2000", "[1] protocol.samples=50; [2] protocol.samples=2000"),
        ("features=random,identity", "[1] features=RandomConvolution; [2] features=Identity"),
        ("data=ring,moons", "[1] data=Ring; [2] data=Moons"),
        ("protocol.selection_seed=int(interval(0,9))", "[1] protocol.seed=0; [2] protocol.seed=9"),
    ],
)
def test_a_search_over_the_protocol_is_rejected_before_the_first_job(tmp_path, axis, variants):
    with pytest.raises(UserError) as error:
        search(tmp_path, axis)
    assert str(error.value).startswith(
        f"the points of this search would be scored under different protocols ({variants}), so their scores"
    )
    assert not (tmp_path / "0").exists()


@pytest.mark.parametrize(
    "axis",
    [
        "batch_size=int(interval(8,16))",
        "protocol.repeats=1,3",
        "metric=[wasserstein],[wasserstein,modes]",
        "data.labels=false,true",
        "seed=0,1",
    ],
)
def test_settings_without_effect_on_the_measurement_may_be_searched(tmp_path, axis):
    assert search(tmp_path, axis) in ([[0, 1]], [[0]])
