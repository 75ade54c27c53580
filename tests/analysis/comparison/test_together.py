"""Runs under unlike protocols in one table, which a user requests: the differing fields are columns."""

import csv
import io

from support.run_files import changed, only, score_file, write_run, write_seeds

from ganlab.analysis.comparison import as_csv, as_latex, as_markdown, as_table, compare


def test_the_differing_field_is_a_column(tmp_path):
    write_seeds(tmp_path / "a", [1.0, 1.1], "loss=hinge")
    write_seeds(tmp_path / "b", [2.0, 2.2], "loss=wasserstein", protocol=changed(samples=2000))
    comparison = compare(tmp_path, protocols="together")
    table = only(comparison)
    assert table.fields == ("samples",)
    assert [(row.label, row.protocol) for row in table.rows] == [
        ("loss=Hinge", {"samples": "10000"}),
        ("loss=Wasserstein", {"samples": "2000"}),
    ]
    assert "samples" not in table.protocol
    assert table.protocol["split"] == "validation"
    assert not comparison.notes
    assert "| loss=Wasserstein | 2 | 2000 | 2.1 ± 1.3 |" in as_markdown(comparison)
    text = as_table(comparison, 200)
    assert "protocols differ in samples" in text
    assert "                  n  samples  fid\n" in text
    second = list(csv.DictReader(io.StringIO(as_csv(comparison))))[1]
    assert (second["score"], second["samples"]) == ("fid", "2000")
    assert r"loss=Wasserstein & 2 & 2000 & $2.1 \pm 1.3$ \\" in as_latex(comparison)


def test_rows_are_tested_only_under_the_protocol_of_the_first(tmp_path):
    write_seeds(tmp_path / "a", [1.0, 1.1], "loss=hinge")
    write_seeds(tmp_path / "b", [1.05, 1.12], "loss=wasserstein", protocol=changed(samples=2000))
    write_seeds(tmp_path / "c", [1.07, 1.13], "loss=least_squares")
    comparison = compare(tmp_path, protocols="together")
    rows = {row.label: (row.p is None, row.as_good_as_best) for row in only(comparison).rows}
    assert rows == {
        "loss=Hinge": (True, False),
        "loss=Wasserstein": (True, False),
        "loss=LeastSquares": (False, True),
    }
    assert "at least two seeds, and the same protocol" in as_table(comparison, 200)


def test_one_configuration_under_two_protocols_has_two_rows(tmp_path):
    write_seeds(tmp_path, [1.0, 2.0])
    write_run(tmp_path / "2", {"fid": 9.0}, seed=2, protocol=changed(samples=2000))
    rows = only(compare(tmp_path, protocols="together")).rows
    assert [(row.seeds, row.protocol["samples"]) for row in rows] == [((0, 1), "10000"), ((2,), "2000")]


def test_settings_of_a_metric_are_columns_and_a_missing_metric_is_no_difference(tmp_path):
    write_run(tmp_path / "a", {"fid": 1.0, "kid": 2.0}, "loss=hinge")
    write_run(tmp_path / "b", {"fid": 3.0, "kid": 4.0}, "loss=wasserstein", protocol=changed(metrics__kid__subsets=9))
    without = changed(metrics={"fid": {"ddof": 1}}, origin={"fid": "fid"})
    write_run(tmp_path / "c", {"fid": 5.0}, "loss=least_squares", protocol=without)
    table = only(compare(tmp_path, protocols="together"))
    assert table.fields == ("metrics.kid.subsets",)
    assert [row.protocol["metrics.kid.subsets"] for row in table.rows] == ["50", "9", "-"]
    assert [sorted(row.cells) for row in table.rows] == [["fid", "kid"], ["fid", "kid"], ["fid"]]


def test_a_component_that_differs_by_name_is_one_column(tmp_path):
    write_run(tmp_path / "a", {"fid": 1.0}, "loss=hinge")
    other = changed(features__name="inception", features__width=2048)
    write_run(tmp_path / "b", {"fid": 2.0}, "loss=wasserstein", protocol=other)
    assert only(compare(tmp_path, protocols="together")).fields == ("features.name",)


def test_equal_protocols_give_the_usual_table(tmp_path):
    write_seeds(tmp_path / "a", [1.0, 1.1], "loss=hinge")
    write_seeds(tmp_path / "b", [2.0, 2.2], "loss=wasserstein")
    assert as_table(compare(tmp_path, protocols="together"), 100) == as_table(compare(tmp_path), 100)


def test_several_protocols_of_the_same_runs(tmp_path):
    for seed, fid in enumerate((1.0, 1.2)):
        reports = {
            "standard": score_file({"fid": fid}, changed(split="test", truncation=None)),
            "standard_truncation0.5": score_file({"fid": fid + 1}, changed(split="test", truncation=0.5)),
        }
        write_run(tmp_path / str(seed), {"fid": 9.0}, seed=seed, reports=reports)
    names = "standard,standard_truncation0.5"
    rows = only(compare(tmp_path, protocol=names, protocols="together")).rows
    assert [(row.seeds, row.protocol, row.cells["fid"].numbers) for row in rows] == [
        ((0, 1), {"truncation": "null"}, [1.0, 1.2]),
        ((0, 1), {"truncation": "0.5"}, [2.0, 2.2]),
    ]
    assert len(compare(tmp_path, protocol=names).tables) == 2


def test_a_run_without_one_of_several_protocols_is_listed_for_it(tmp_path):
    report = score_file({"fid": 1.0}, changed(split="test"))
    write_run(tmp_path / "a", {"fid": 9.0}, "loss=hinge", reports={"standard": report, "fast": report})
    write_run(tmp_path / "b", {"fid": 9.0}, "loss=wasserstein", reports={"standard": report})
    comparison = compare(tmp_path, protocol="standard,fast", protocols="together")
    assert [(run.path, run.reason) for run in comparison.left_out] == [
        (str(tmp_path / "b"), "without evaluations/fast.json (it has standard)")
    ]
