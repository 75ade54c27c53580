"""Text of a comparison for a terminal, Markdown, CSV and JSON."""

import json
import math

import pytest
from support.run_files import changed, score_file, set_status, write_run, write_seeds

from ganlab.analysis.comparison import as_csv, as_json, as_markdown, as_table, compare
from ganlab.analysis.comparison.statistics import summarise
from ganlab.runs.directory import write_json


def test_a_table_is_aligned_and_fits_the_width(tmp_path):
    scores = {name: 1.0 for name in ("fid", "kid", "recall", "precision_of_neighbours", "density_of_neighbours")}
    write_run(tmp_path / "a", scores, "loss=hinge")
    write_run(tmp_path / "b", scores, "loss=wasserstein")
    comparison = compare(tmp_path)
    wide, narrow = as_table(comparison, 120).splitlines(), as_table(comparison, 60).splitlines()
    assert [line.index("n") for line in wide[2:3]] == [18]
    assert wide[3].startswith("loss=Hinge        1  1    1    1       1 ")
    assert max(map(len, narrow)) <= 60
    heads = [line.split() for line in narrow if line.split()[:1] == ["n"]]
    assert heads == [["n", "fid", "kid", "recall"], ["n", "precision_of_neighbours"], ["n", "density_of_neighbours"]]


def test_long_labels_are_listed_below_the_table(tmp_path):
    write_run(
        tmp_path / "a", {"fid": 1.0}, "loss=hinge", "regularizer=[r1,r2]", "generator.widths=[8,16,32]", "batch_size=4"
    )
    write_run(tmp_path / "b", {"fid": 2.0})
    lines = as_table(compare(tmp_path), 50).splitlines()
    assert max(map(len, lines)) <= 50
    head = next(i for i, line in enumerate(lines) if line.split() == ["n", "fid"])
    assert [line.split() for line in lines[head + 1 : head + 3]] == [["1", "1", "1"], ["2", "1", "2"]]
    assert any(line.startswith("1  batch_size=4") for line in lines)


def test_settings_that_all_rows_share_are_in_the_caption(tmp_path):
    write_run(tmp_path / "a", {"fid": 1.0}, "loss=hinge", "batch_size=4")
    write_run(tmp_path / "b", {"fid": 2.0}, "loss=wasserstein", "batch_size=4")
    write_run(tmp_path / "c", {"fid": 2.0}, protocol=changed(samples=1))
    text = as_table(compare(tmp_path), 200)
    assert "rows by fid, lower is better; all have batch_size=4\n" in text
    assert "\nloss=Hinge " in text
    assert "batch_size=8 loss=NonSaturating" in text
    assert "fid of batch_size=4 loss=Hinge (and 1 more) and batch_size=8 loss=NonSaturating cannot share" in text


def test_csv_has_a_line_for_each_row_and_score(tmp_path):
    write_seeds(tmp_path / "a", [3.0, 5.0], "loss=hinge")
    write_seeds(tmp_path / "b", [7.0], "loss=wasserstein", intervals={"fid": [6.0, 8.0]})
    head, first, second = (line.split(",") for line in as_csv(compare(tmp_path)).splitlines())
    first, second = dict(zip(head, first, strict=True)), dict(zip(head, second, strict=True))
    assert (first["label"], first["score"], first["n"], first["mean"]) == ("loss=Hinge", "fid", "2", "4.0")
    assert float(first["std"]) == pytest.approx(math.sqrt(2))
    assert (float(first["low"]), float(first["high"])) == pytest.approx(summarise([3.0, 5.0])[2:])
    assert [second[key] for key in ("n", "std", "low", "high", "interval")] == ["1", "", "6.0", "8.0", "run"]


def test_json_has_all_data(tmp_path):
    write_seeds(tmp_path / "a", [3.0, 5.0], "loss=hinge")
    set_status(write_run(tmp_path / "b", None, "loss=wasserstein"), state="running", step=1)
    content = json.loads(as_json(compare(tmp_path)))
    (table,) = content["tables"]
    (row,) = table["rows"]
    assert row["cells"]["fid"]["values"] == [
        {"value": value, "seed": seed, "path": str(tmp_path / "a" / str(seed)), "interval": None}
        for seed, value in enumerate([3.0, 5.0])
    ]
    assert table["protocol"]["features.resize.how"] == "none"
    assert table["source"] == "selection scores"
    assert content["left_out"] == [{"path": str(tmp_path / "b"), "state": "lost", "reason": "at step 1"}]


def test_markdown_is_a_pipe_table(tmp_path):
    write_json(tmp_path / "a|b.json", score_file({"fid": 2.0}))
    write_json(tmp_path / "c.json", score_file({"fid": 1.0}))
    lines = as_markdown(compare([tmp_path / "a|b.json", tmp_path / "c.json"])).splitlines()
    assert lines[2:6] == [
        "|  | n | fid |",
        "| --- | --- | --- |",
        f"| {tmp_path}/c.json | 1 | 1 |",
        f"| {tmp_path}/a\\|b.json | 1 | 2 |",
    ]
