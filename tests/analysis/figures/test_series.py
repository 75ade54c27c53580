"""Means and bands over seeds, and positions of the horizontal axis."""

import math

import numpy as np
import pytest
from support.figures import write_curves, write_history
from support.run_files import write_run

from ganlab.analysis.comparison.statistics import summarise
from ganlab.analysis.figures.histories import read_history
from ganlab.analysis.figures.runs import group_seeds, read_started_runs
from ganlab.analysis.figures.series import summarise_seeds
from ganlab.core.errors import UserError
from ganlab.core.score_range import POSITIVE


def histories(folder):
    (group,), _ = group_seeds(read_started_runs([folder]))
    return [read_history(run) for run in group.runs]


def test_mean_and_range_over_seeds(tmp_path):
    write_curves(tmp_path, {"loss=hinge": [[4.0, 2.0], [6.0, 1.0], [5.0, 3.0]]})
    series, notes = summarise_seeds("a", histories(tmp_path), "score/fid", "step", "range")
    assert (series.n, series.x.tolist(), series.mean.tolist()) == (3, [10, 20], [5, 2])
    assert (series.low.tolist(), series.high.tolist()) == ([4, 1], [6, 3])
    assert not notes


def test_the_interval_is_that_of_the_comparison_and_keeps_to_the_range(tmp_path):
    write_curves(tmp_path, {"loss=hinge": [[4.0, 2.0], [6.0, 1.0]]})
    series, _ = summarise_seeds("a", histories(tmp_path), "score/fid", "step", "interval")
    assert (series.low[0], series.high[0]) == pytest.approx(summarise([4.0, 6.0])[2:])
    series, _ = summarise_seeds("a", histories(tmp_path), "score/fid", "step", "interval", POSITIVE)
    assert series.low.tolist() == [0, 0]
    series, _ = summarise_seeds("a", histories(tmp_path), "score/fid", "step", "none")
    assert series.low.tolist() == series.mean.tolist() == series.high.tolist()


def test_a_seed_that_ended_early_shortens_the_mean_with_a_note(tmp_path):
    write_curves(tmp_path, {"loss=hinge": [[4.0, 2.0, 1.0], [6.0, 1.0]]})
    series, notes = summarise_seeds("a", histories(tmp_path), "score/fid", "step", "range")
    assert series.x.tolist() == [10, 20]
    assert notes == [f"a is drawn to step 20, the last one of {tmp_path / '0_1'}; other seeds go to 30"]


def test_seeds_without_a_common_step_have_no_mean(tmp_path):
    for seed, steps in ((0, (10, 20)), (1, (15, 25))):
        write_history(write_run(tmp_path / str(seed), {"fid": 1.0}, seed=seed), {"score/fid": [2.0, 1.0]}, steps)
    series, notes = summarise_seeds("a", histories(tmp_path), "score/fid", "step", "range")
    assert series is None
    assert notes == ["the seeds of a have no step in common, so they have no mean"]


def test_rows_without_a_value_are_skipped_and_infinite_values_stay(tmp_path):
    run = write_run(tmp_path, {"fid": 1.0})
    write_history(run, {"score/fid": [None, 3.0, None, math.inf]})
    steps, values = histories(tmp_path)[0].curve("score/fid", "step")
    assert (steps.tolist(), values.tolist()) == ([20, 40], [3.0, math.inf])


def test_samples_and_seconds(tmp_path):
    write_history(write_run(tmp_path, {"fid": 1.0}), {"score/fid": [1.0] * 4}, batch=8, speed=40.0)
    history = histories(tmp_path)[0]
    assert history.curve("score/fid", "samples")[0].tolist() == [80, 160, 240, 320]
    assert history.curve("score/fid", "seconds")[0].tolist() == pytest.approx([2, 4, 6, 8])


def test_positions_of_rows_without_samples_are_interpolated(tmp_path):
    run = write_run(tmp_path, {"fid": 1.0})
    (run / "metrics.csv").write_text(
        "step,samples,samples_per_second,score/fid\n10,80,40,\n15,,,3\n20,160,80,\n", encoding="utf-8"
    )
    history = histories(tmp_path)[0]
    assert history.curve("score/fid", "samples")[0].tolist() == [120]
    assert history.curve("score/fid", "seconds")[0].tolist() == pytest.approx([2.5])


def test_an_incomplete_last_line_is_ignored(tmp_path):
    run = write_history(write_run(tmp_path, {"fid": 1.0}), {"score/fid": [1.0] * 4})
    with (run / "metrics.csv").open("a") as file:
        file.write("50,2")
    assert histories(tmp_path)[0].columns["step"].tolist() == [10, 20, 30, 40]


@pytest.mark.parametrize(
    ("text", "reason"), [("step,a\n1,x\n", "could not convert string to float"), ("a\n1\n", "has no column step")]
)
def test_a_damaged_history_is_reported(text, reason, tmp_path):
    (write_run(tmp_path, {"fid": 1.0}) / "metrics.csv").write_text(text)
    with pytest.raises(UserError, match=reason):
        histories(tmp_path)


def test_a_history_without_speed_has_no_seconds(tmp_path):
    (write_run(tmp_path, {"fid": 1.0}) / "metrics.csv").write_text("step,a\n1,2\n")
    with pytest.raises(UserError, match="has no samples per second, so x=seconds cannot be drawn; choose x=step"):
        histories(tmp_path)[0].curve("a", "seconds")


def test_values_are_numbers_of_numpy(tmp_path):
    write_curves(tmp_path, {"loss=hinge": [[4.0, 2.0]]})
    series, _ = summarise_seeds("a", histories(tmp_path), "score/fid", "step", "range")
    assert isinstance(series.mean, np.ndarray)
    assert series.n == 1
    assert summarise_seeds("a", histories(tmp_path), "score/kid", "step", "range") == (None, [])
