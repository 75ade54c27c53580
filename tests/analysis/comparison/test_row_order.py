"""Rows are sorted best first, and those without a significant difference from the best are marked."""

import json
import math

import pytest
from support.run_files import only, rows_of, write_run, write_seeds

from ganlab.analysis.comparison import as_json, as_table, compare
from ganlab.analysis.comparison.statistics import welch


def test_rows_are_sorted_best_first_and_tested_against_the_first(tmp_path):
    write_seeds(tmp_path / "a", [5.0, 5.2, 5.1], "loss=hinge")
    write_seeds(tmp_path / "b", [5.1, 5.3, 5.1], "loss=wasserstein")
    write_seeds(tmp_path / "c", [9.0, 9.1, 9.2], "loss=least_squares")
    write_seeds(tmp_path / "d", [5.15])
    comparison = compare(tmp_path)
    rows = only(comparison).rows
    assert [row.label for row in rows] == [
        f"loss={name}" for name in ("Hinge", "NonSaturating", "Wasserstein", "LeastSquares")
    ]
    assert [row.as_good_as_best for row in rows] == [False, False, True, False]
    assert rows[0].p is None
    assert rows[1].p is None
    assert rows[2].p == pytest.approx(welch([5.0, 5.2, 5.1], [5.1, 5.3, 5.1]))
    assert rows[3].p < 0.05
    text = as_table(comparison, 200)
    assert [line.endswith(" *") for line in text.splitlines()[3:7]] == [False, False, True, False]
    assert "* not significantly different from the first row in fid (Welch's t-test over seeds, p >= 0.05)" in text
    assert "a row is tested only if both it and the first row have at least two seeds" in text


def test_higher_is_better_if_the_file_states_it(tmp_path):
    for name, loss, recall in (("a", "hinge", 0.2), ("b", "wasserstein", 0.7)):
        write_run(tmp_path / name, {"fid": 1.0, "recall": recall}, f"loss={loss}")
    table = only(compare(tmp_path, by="recall"))
    assert [row.label for row in table.rows] == ["loss=Wasserstein", "loss=Hinge"]
    assert table.by.higher_is_better is True
    assert [column.name for column in table.columns] == ["recall", "fid"]


def test_lower_is_better_if_old_files_state_no_direction(tmp_path):
    for name, loss, recall in (("a", "hinge", 0.2), ("b", "wasserstein", 0.7)):
        write_run(tmp_path / name, {"recall": recall}, f"loss={loss}", better=None)
    comparison = compare(tmp_path)
    assert rows_of(comparison) == ["loss=Hinge", "loss=Wasserstein"]
    assert comparison.notes == ("no file states whether higher is better for recall; lower is assumed to be better",)


def test_a_score_without_direction_marks_no_row(tmp_path):
    write_seeds(tmp_path / "a", [1.0, 2.0], "loss=hinge", better={"fid": None})
    write_seeds(tmp_path / "b", [1.0, 2.0], "loss=wasserstein", better={"fid": None})
    comparison = compare(tmp_path)
    assert comparison.notes == ("fid has no direction (higher or lower is better); rows are sorted from low to high",)
    assert not any(row.as_good_as_best for row in only(comparison).rows)


def test_rows_are_sorted_by_the_score_that_runs_were_optimised_for(tmp_path):
    scores = [{"recall": 0.2, "kid": 5.0}, {"recall": 0.1, "kid": 7.0}]
    for number, (run_scores, loss) in enumerate(zip(scores, ("hinge", "wasserstein"), strict=True)):
        write_run(tmp_path / str(number), run_scores, f"loss={loss}", "optimized_metric=kid")
    assert only(compare(tmp_path)).by.score == "kid"
    assert only(compare(tmp_path, scores=["recall"])).by.score == "recall"
    assert [column.name for column in only(compare(tmp_path, by="kid", scores=["recall"])).columns] == ["kid", "recall"]
    write_run(tmp_path / "0", scores[0], "loss=hinge", "optimized_metric=none")
    write_run(tmp_path / "1", scores[1], "loss=wasserstein", "optimized_metric=none")
    assert only(compare(tmp_path)).by.score == "recall"  # the first


def test_rows_without_a_number_come_last(tmp_path):
    write_run(tmp_path / "a", {"kid": 1.0}, "loss=hinge")
    write_run(tmp_path / "b", {"fid": math.nan, "kid": 1.0}, "loss=wasserstein")
    write_run(tmp_path / "c", {"fid": 3.0, "kid": None}, "loss=least_squares")
    comparison = compare(tmp_path)
    assert rows_of(comparison) == ["loss=LeastSquares", "loss=Hinge", "loss=Wasserstein"]
    assert json.loads(as_json(comparison))["tables"][0]["rows"][2]["cells"]["fid"]["mean"] is None
    ends = [line.split()[-2:] for line in as_table(comparison, 200).splitlines()[3:6]]
    assert ends == [["3", "-"], ["-", "1"], ["nan", "1"]]


def test_a_single_run_has_the_interval_of_its_score_file(tmp_path):
    write_run(tmp_path, {"fid": 9.7023}, intervals={"fid": [9.58, 9.81]})
    comparison = compare(tmp_path)
    cell = only(comparison).rows[0].cells["fid"]
    assert (cell.low, cell.high, cell.std, cell.over) == (9.58, 9.81, None, "run")
    text = as_table(comparison)
    assert "9.70 [9.58, 9.81]" in text
    assert "±" not in text
    assert "[low, high] is the 95 % interval of one run, without the variation between seeds" in text
