"""metrics.csv has one row per step, also with new columns and after resuming."""

import pytest
from support.small_runs import rows

from ganlab.loggers import CSV


@pytest.fixture
def log(tmp_path):
    return CSV(str(tmp_path / "run"))


def test_a_row_is_written_when_it_is_logged(log, tmp_path):
    log.log_metrics({"a": 1.5}, step=1)
    assert rows(tmp_path / "run") == [{"step": "1", "a": "1.5"}]
    log.log_metrics({"a": 2.5}, step=2)
    assert rows(tmp_path / "run")[1] == {"step": "2", "a": "2.5"}


def test_new_columns_and_several_calls_for_one_step_extend_one_row(log, tmp_path):
    log.log_metrics({"a": 1}, step=1)
    log.log_metrics({"a": 2}, step=2)
    log.log_metrics({"score": 9, "a": 3}, step=2)
    log.save()
    log.log_metrics({"later": 4}, step=2)
    log.log_metrics({"score": 8}, step=3)
    log.finalize("success")
    assert rows(tmp_path / "run") == [
        {"step": "1", "a": "1", "score": "", "later": ""},
        {"step": "2", "a": "3", "score": "9", "later": "4"},
        {"step": "3", "a": "", "score": "8", "later": ""},
    ]


def test_a_resumed_run_replaces_rows_from_its_first_step_on(log, tmp_path):
    for step in (2, 4, 6):
        log.log_metrics({"a": step}, step=step)
    resumed = CSV(str(tmp_path / "run"))
    assert len(rows(tmp_path / "run")) == 3
    resumed.log_metrics({"a": 40, "b": 1}, step=4)
    assert [(row["step"], row["a"], row["b"]) for row in rows(tmp_path / "run")] == [("2", "2", ""), ("4", "40", "1")]
    resumed.log_metrics({"b": 2}, step=5)
    assert [row["step"] for row in rows(tmp_path / "run")] == ["2", "4", "5"]


def test_an_incomplete_line_of_a_killed_process_is_removed(log, tmp_path):
    log.log_metrics({"a": 1, "b": 2}, step=1)
    with log.path.open("a") as file:
        file.write("2,")
    CSV(str(tmp_path / "run")).log_metrics({"a": 5}, step=3)
    assert [row["step"] for row in rows(tmp_path / "run")] == ["1", "3"]


@pytest.mark.parametrize(
    "content",
    [b"step,a\n1,\xff\n", b"step,a\nmany,2\n", b"a,b\n1,2\n", b"PK\x03\x04\x00\xe9"],
    ids=["bytes", "text", "no step", "archive"],
)
def test_a_damaged_file_is_set_aside(log, tmp_path, caplog, content):
    for number in ("", "-2"):
        log.path.parent.mkdir(exist_ok=True)
        log.path.write_bytes(content)
        CSV(str(tmp_path / "run")).log_metrics({"a": 1}, step=3)
        assert log.path.with_name(f"metrics.csv.damaged{number}").read_bytes() == content
        assert rows(tmp_path / "run") == [{"step": "3", "a": "1"}]
    assert caplog.text.count("and the run continues with a new one") == 2


def test_a_resumed_run_adds_to_the_row_of_the_step_that_it_was_stopped_at(log, tmp_path):
    for step in (2, 4):
        log.log_metrics({"a": step}, step=step)
    CSV(str(tmp_path / "run")).log_metrics({"score": 7}, step=4)
    assert rows(tmp_path / "run")[1] == {"step": "4", "a": "4", "score": "7"}
