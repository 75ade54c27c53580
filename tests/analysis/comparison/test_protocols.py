"""Only scores under the same protocol share a column, and notes explain which scores are compared."""

import pytest
from support.run_files import changed, only, score_file, write_run, write_seeds

from ganlab.analysis.comparison import as_table, compare
from ganlab.runs.directory import write_json


def compare_two(tmp_path, protocol, scores=None):
    write_run(tmp_path / "a", scores or {"fid": 1.0}, "loss=hinge")
    write_run(tmp_path / "b", scores or {"fid": 2.0}, "loss=wasserstein", protocol=protocol)
    return compare([tmp_path / "a", tmp_path / "b"])


@pytest.mark.parametrize(
    ("fields", "clause"),
    [
        ({"samples": 2000}, "samples is 10000 in one and 2000 in the other"),
        (
            {"split": "test", "seed": 2},
            "split is validation in one and test in the other; seed is 1 in one and 2 in the other",
        ),
        ({"features__resize__how": "pil"}, "features.resize.how is none in one and pil in the other"),
        ({"data": "00ff" * 8}, "data is f03d51df3659… in one and 00ff00ff00ff… in the other"),
        ({"versions__torch": "2.16.0"}, "versions.torch is 2.15.0 in one and 2.16.0 in the other"),
        ({"extra": "x"}, "extra is absent in one and x in the other"),
        ({"truncation": None}, "truncation is absent in one and null in the other"),
    ],
)
def test_different_protocols_get_different_tables_and_a_note(fields, clause, tmp_path):
    comparison = compare_two(tmp_path, changed(**fields))
    assert [[row.label for row in table.rows] for table in comparison.tables] == [["loss=Hinge"], ["loss=Wasserstein"]]
    assert comparison.notes == (f"fid of loss=Hinge and loss=Wasserstein cannot share a column: {clause}",)


def test_runs_with_different_sets_of_metrics_are_comparable(tmp_path):
    protocol = changed(metrics={"fid": {"ddof": 1}}, origin={"fid": "fid"})
    write_run(tmp_path / "a", {"fid": 1.0}, "loss=hinge", protocol=protocol)
    write_run(tmp_path / "b", {"fid": 2.0, "kid": 3.0}, "loss=wasserstein")
    comparison = compare(tmp_path)
    table = only(comparison)
    assert [column.name for column in table.columns] == ["fid", "kid"]
    assert [sorted(row.cells) for row in table.rows] == [["fid"], ["fid", "kid"]]
    assert not comparison.notes


def test_a_metric_with_other_settings_gets_another_column(tmp_path):
    comparison = compare_two(tmp_path, changed(metrics__kid__subsets=100), {"fid": 1.0, "kid": 2.0, "recall": 0.5})
    table = only(comparison)
    assert [column.name for column in table.columns] == [
        "fid", "kid [subsets=50]", "kid [subsets=100]", "recall [subsets=50]", "recall [subsets=100]",
    ]  # fmt: skip
    assert all(len(row.cells) == 3 for row in table.rows)
    clause = "cannot share a column: metrics.kid.subsets is 50 in one and 100 in the other"
    assert comparison.notes == tuple(
        f"{name} of loss=Hinge and loss=Wasserstein {clause}" for name in ("kid", "recall")
    )


def test_in_files_without_origin_metrics_are_matched_by_name(tmp_path):
    new = changed(origin={"kid_std": "kid"})
    old = {key: value for key, value in changed(metrics={"kid": {"subsets": 50}}).items() if key != "origin"}
    write_run(tmp_path / "a", {"kid_std": 1.0}, "loss=hinge", protocol=new)
    write_run(tmp_path / "b", {"kid_std": 2.0, "odd": 1.0}, "loss=wasserstein", protocol=old)
    write_run(
        tmp_path / "c", {"odd": 2.0}, "loss=least_squares", protocol={k: v for k, v in new.items() if k != "origin"}
    )
    table = only(compare(tmp_path))
    # a score without a known metric is compared only if the settings of all metrics agree
    assert [column.score for column in table.columns] == ["kid_std", "odd", "odd"]


def test_seeds_of_one_configuration_under_two_protocols_are_separate(tmp_path):
    write_seeds(tmp_path, [1.0, 2.0])
    write_run(tmp_path / "2", {"fid": 9.0}, seed=2, protocol=changed(samples=2000))
    comparison = compare(tmp_path)
    assert [table.rows[0].seeds for table in comparison.tables] == [(0, 1), (2,)]
    assert comparison.notes == (
        "fid of digits_ring seed 0 (and 1 more) and digits_ring seed 2 cannot share a column: "
        "samples is 10000 in one and 2000 in the other",
    )


def test_a_run_does_not_replace_one_under_another_protocol(tmp_path):
    write_seeds(tmp_path / "many", [1.0, 2.0])
    write_seeds(tmp_path / "few", [8.0, 9.0], protocol=changed(samples=2000), time="2026-01-02")
    comparison = compare([tmp_path / "many", tmp_path / "few"])
    assert [table.rows[0].cells["fid"].numbers for table in comparison.tables] == [[1.0, 2.0], [8.0, 9.0]]
    assert comparison.notes == (
        f"fid of digits_ring seed 0 in {tmp_path / 'many' / '0'} (and 1 more) and digits_ring seed 0 in "
        f"{tmp_path / 'few' / '0'} (and 1 more) cannot share a column: samples is 10000 in one and 2000 in the other",
    )


def test_the_latest_run_of_a_seed_is_used_under_each_protocol(tmp_path):
    for name, samples, day in (("a", 10000, 1), ("b", 2000, 2), ("c", 10000, 3), ("d", 2000, 4)):
        write_run(tmp_path / name, {"fid": day}, protocol=changed(samples=samples), time=f"2026-01-0{day}")
    comparison = compare(tmp_path)
    assert [table.rows[0].cells["fid"].numbers for table in comparison.tables] == [[3.0], [4.0]]
    assert [note.partition("; ")[2] for note in comparison.notes[1:]] == [
        f"the latest is used, {tmp_path / 'c'}",
        f"the latest is used, {tmp_path / 'd'}",
    ]


def test_other_metric_settings_neither_replace_a_run_nor_count_as_another_seed(tmp_path):
    write_run(tmp_path / "a", {"fid": 1.0, "kid": 2.0})
    other = changed(metrics__kid__subsets=100)
    write_run(tmp_path / "b", {"fid": 1.5, "kid": 3.0}, protocol=other, time="2026-01-02")
    comparison = compare(tmp_path)
    (row,) = only(comparison).rows
    assert {name: cell.numbers for name, cell in row.cells.items()} == {
        "fid": [1.5], "kid [subsets=50]": [2.0], "kid [subsets=100]": [3.0],
    }  # fmt: skip
    assert row.n == 1
    assert "(n=" not in as_table(comparison)


def test_files_without_a_protocol_are_compared_only_with_each_other(tmp_path):
    comparison = compare_two(tmp_path, {})
    assert len(comparison.tables) == 2
    assert "name is standard in one and absent in the other" in comparison.notes[0]


REPORT = {"standard": score_file({"fid": 4.0}, changed(split="test"))}


def test_report_scores_are_read_if_every_run_has_them(tmp_path):
    for name, loss in (("a", "hinge"), ("b", "wasserstein")):
        write_run(tmp_path / name, {"fid": 1.0}, f"loss={loss}", reports=REPORT)
    comparison = compare(tmp_path)
    assert [row.cells["fid"].mean for row in only(comparison).rows] == [4.0, 4.0]
    assert as_table(comparison).startswith(
        "report scores (split=test, protocol=standard, samples=10000, features=identity);"
    )
    assert not comparison.notes


def test_otherwise_selection_scores_are_read_with_a_note(tmp_path):
    write_run(tmp_path / "a", {"fid": 1.0}, "loss=hinge", reports=REPORT)
    write_run(tmp_path / "b", {"fid": 2.0}, "loss=wasserstein")
    comparison = compare(tmp_path)
    assert [row.cells["fid"].mean for row in only(comparison).rows] == [1.0, 2.0]
    assert as_table(comparison).startswith("selection scores (split=validation,")
    assert comparison.notes[0].startswith("1 of 2 runs have report scores under standard, so all are shown with")
    requested = compare(tmp_path, protocol="standard")
    assert [row.label for row in only(requested).rows] == ["digits_ring"]
    assert [(run.path, run.reason) for run in requested.left_out] == [
        (str(tmp_path / "b"), "without evaluations/standard.json")
    ]


def test_among_several_common_protocols_the_one_with_most_samples_is_read(tmp_path):
    reports = {"z": score_file({"fid": 5.0}, changed(samples=50000)), "quick": score_file({"fid": 6.0}), **REPORT}
    write_run(tmp_path, {"fid": 1.0}, reports=reports)
    comparison = compare(tmp_path)
    assert only(comparison).rows[0].cells["fid"].mean == 5.0
    assert comparison.notes == ("every run also has scores under quick, standard; protocol=NAME shows them",)
    assert only(compare(tmp_path, protocol="quick")).rows[0].cells["fid"].mean == 6.0


def test_runs_that_have_only_report_scores(tmp_path):
    write_run(tmp_path / "a", None, "loss=hinge", reports=REPORT)
    write_run(tmp_path / "b", None, "loss=wasserstein", reports={"other": REPORT["standard"]})
    comparison = compare(tmp_path)
    assert only(comparison).source == "report scores"
    assert [run.reason for run in comparison.left_out] == ["without evaluations/standard.json (it has other)"]


def test_score_files_are_compared_without_a_run(tmp_path):
    write_json(tmp_path / "mine.json", score_file({"fid": 0.5}, intervals={"fid": [0.4, 0.6]}))
    write_run(tmp_path / "run", {"fid": 1.0})
    table = only(compare([tmp_path / "mine.json", tmp_path / "run"]))
    assert [row.label for row in table.rows] == [str(tmp_path / "mine.json"), "digits_ring"]
    assert table.source == "scores and selection scores"
    assert table.rows[0].seeds == (None,)
