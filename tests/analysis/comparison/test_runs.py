"""Runs without scores are listed with a reason, and damaged files are reported in one sentence."""

import os

import pytest
from support.listed_runs import write_sweep
from support.run_files import only, rows_of, score_file, set_status, write_run

from ganlab.analysis.comparison import as_markdown, compare
from ganlab.core.errors import UserError
from ganlab.runs.liveness import now


def test_failed_and_unfinished_runs_are_listed_with_their_reason(tmp_path):
    write_run(tmp_path / "good", {"fid": 1.0})
    for name, status in {
        "failed": {"state": "failed", "step": 3, "iterations": 9, "reason": "loss became\n inf"},
        "running": {"state": "running", "step": 4, "pid": os.getpid(), "host": os.uname().nodename, "heartbeat": now()},
        "killed": {"state": "running", "step": 5},
        "early": {"state": "failed", "reason": "no data"},
    }.items():
        set_status(write_run(tmp_path / name, {"fid": 0.0}, seed=1), **status)
    (write_run(tmp_path / "new", None, seed=1) / "status.json").unlink()
    write_run(tmp_path / "scoreless", None, seed=1)
    write_run(tmp_path / "empty", {"fid": None}, seed=1)
    (write_run(tmp_path / "nameless", {"fid": 1.0}, seed=1) / "config.yaml").unlink()
    comparison = compare(tmp_path)
    assert only(comparison).rows[0].seeds == (0,)
    reasons = {run.path.rpartition("/")[2]: f"{run.state} {run.reason}" for run in comparison.left_out}
    assert reasons == {
        "failed": "failed at step 3 of 9: loss became inf",
        "running": "running at step 4",
        "killed": "lost at step 5",
        "early": "failed before the first step: no data",
        "new": "not started or stopped at once: there is no status.json",
        "scoreless": f"finished without scores; run `ganlab evaluate run={tmp_path / 'scoreless'}`",
        "empty": f"finished without scores; run `ganlab evaluate run={tmp_path / 'empty'}`",
        "nameless": "finished without config.yaml, so its settings are unknown",
    }
    assert f"left out: {tmp_path / 'running'}: running at step 4" in as_markdown(comparison)


def test_a_run_without_the_requested_scores_is_listed(tmp_path):
    write_run(tmp_path / "a", {"fid": 1.0, "kid": 1.0}, "loss=hinge")
    write_run(tmp_path / "b", {"fid": 1.0}, "loss=wasserstein")
    comparison = compare(tmp_path, scores=["kid"])
    assert rows_of(comparison) == ["digits_ring"]
    assert [(run.path, run.reason) for run in comparison.left_out] == [(str(tmp_path / "b"), "without kid")]


def test_runs_without_scores_are_an_error_that_lists_them(tmp_path):
    for number in range(7):
        set_status(write_run(tmp_path / str(number), None, seed=number), state="running", step=number)
    with pytest.raises(UserError) as caught:
        compare(tmp_path)
    start = f"there is nothing to compare: {tmp_path / '0'}: lost at step 0; "
    assert str(caught.value).startswith(start)
    assert str(caught.value).endswith("; and 2 more")


@pytest.mark.parametrize("below", ["", "sweep", "other"])
def test_jobs_that_have_not_started_are_listed_with_their_sweep(below, tmp_path):
    sweep = write_sweep(tmp_path / below, 4)
    line = f"({{}} not yet started); see `ganlab sweep status {sweep}`"
    with pytest.raises(UserError) as caught:
        compare(tmp_path)
    assert str(caught.value).startswith(f"there is nothing to compare: {sweep}: waiting {line.format('4 jobs')}")
    for number in range(3):
        write_run(sweep / str(number), {"fid": 1.0}, seed=number)
    comparison = compare([tmp_path, sweep])
    assert only(comparison).rows[0].seeds == (0, 1, 2)
    assert [(run.path, f"{run.state} {run.reason}") for run in comparison.left_out] == [
        (str(sweep), f"waiting {line.format('1 job')}")
    ]
    write_run(sweep / "3", {"fid": 1.0}, seed=3)
    assert compare(tmp_path).left_out == ()


@pytest.mark.parametrize("name", ["scores.json", "status.json", "evaluations/a.json", "config.yaml", "alone.json"])
def test_a_pipe_in_the_place_of_a_file_is_reported_and_not_waited_for(name, tmp_path):
    run = write_run(tmp_path / "run", {"fid": 1.0}, reports={"a": score_file({"fid": 4.0})})
    (run / name).unlink(missing_ok=True)
    os.mkfifo(run / name)
    with pytest.raises(UserError, match=rf"{name} cannot be read.*it is a pipe and not a plain file"):
        compare([run / name] if name == "alone.json" else [run])


def test_files_inside_a_run_directory_are_not_runs(tmp_path):
    write_run(tmp_path / "a", {"fid": 1.0})
    write_run(tmp_path / "a" / "wandb" / "files", {"fid": 2.0}, seed=1)
    assert only(compare(tmp_path)).rows[0].seeds == (0,)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("scores.json", "{", "scores.json is not valid JSON (Expecting"),
        ("status.json", "{", "status.json is not valid JSON (Expecting"),
        ("status.json", "[]", "status.json must contain a mapping, got a list"),
        ("scores.json", "{}", "scores.json is not a score file"),
        ("scores.json", '{"scores": [1]}', "scores.json is not a score file"),
        ("scores.json", '{"scores": {"fid": "low"}}', "scores.json is not a score file"),
        ("scores.json", '{"scores": {"fid": true}}', "scores.json is not a score file: scores.fid must be a number or"),
        (
            "scores.json",
            '{"scores": {"fid": 1}, "higher_is_better": {"fid": "yes"}}',
            "scores.json is not a score file: higher_is_better.fid must be true, false or null, got 'yes'",
        ),
        (
            "scores.json",
            '{"scores": {"fid": 1}, "floor": {"fid": [1]}}',
            "scores.json is not a score file: floor.fid must be a number, got [1]",
        ),
        ("scores.json", '{"scores": {"fid": 1}, "intervals": {"fid": [1]}}', "scores.json is not a score file"),
        ("scores.json", '{"scores": {"fid": 1}, "protocol": {"metrics": [1]}}', "scores.json is not a score file"),
        ("evaluations/a.json", "\x00", "a.json is not valid JSON (Expecting"),
        ("config.yaml", "a: [", "config.yaml cannot be read ("),
        ("config.yaml", "- 1", "config.yaml contains no settings"),
    ],
)
def test_damaged_files_are_reported_in_one_sentence(name, text, sentence, tmp_path):
    write_run(tmp_path, {"fid": 1.0}, reports={"a": score_file({"fid": 4.0})})
    (tmp_path / name).write_text(text)
    with pytest.raises(UserError) as caught:
        compare(tmp_path)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_invalid_utf8_is_reported(tmp_path):
    (tmp_path / "a.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match=r"a\.json is not valid JSON"):
        compare(tmp_path / "a.json")


def test_missing_paths_scores_and_protocols_are_reported(tmp_path):
    write_run(tmp_path / "run", {"fid": 1.0}, reports={"standard": score_file({"fid": 4.0})})
    (tmp_path / "nothing").mkdir()
    for arguments, sentence in (
        ({"paths": tmp_path / "nowhere"}, "nowhere does not exist; give run directories"),
        (
            {"paths": [tmp_path / "run", tmp_path / "nothing"]},
            "nothing contains no run: no directory in it has a config.yaml",
        ),
        ({"paths": tmp_path, "by": "fdi"}, "there is no score 'fdi' in these runs; choose fid; did you mean 'fid'?"),
        ({"paths": tmp_path, "scores": ["fid", "kid"]}, "there is no score 'kid' in these runs; choose fid"),
        (
            {"paths": tmp_path, "protocol": "standrad"},
            "no run has scores under protocol=standrad: available are standard; did you mean 'standard'?; make them w",
        ),
    ):
        with pytest.raises(UserError) as caught:
            compare(**arguments)
        assert sentence in str(caught.value)


def test_an_edited_configuration_is_seen_and_the_same_runs_give_the_same_table(tmp_path):
    write_run(tmp_path / "a", {"fid": 1.0}, "optimizer.generator.lr=0.001")
    run = write_run(tmp_path / "b", {"fid": 2.0}, "optimizer.generator.lr=0.002", seed=1)
    first = as_markdown(compare(tmp_path))
    assert rows_of(compare(tmp_path)) == ["optimizer.generator.lr=0.001", "optimizer.generator.lr=0.002"]
    assert as_markdown(compare(tmp_path)) == first
    text = (run / "config.yaml").read_text()
    assert text.count("lr: 0.002\n") == 1
    (run / "config.yaml").write_text(text.replace("lr: 0.002\n", "lr: 1e-3\n"))  # of the same size
    assert only(compare(tmp_path)).rows[0].seeds == (0, 1)
    (run / "config.yaml").write_text("# edited\n" + text.replace("lr: 0.002", "lr: 1e-2"))
    assert rows_of(compare(tmp_path)) == ["optimizer.generator.lr=0.001", "optimizer.generator.lr=0.01"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("seed: 1\nseed: 2\n", "found duplicate key seed"),
        ("a: ${b\n", "no viable alternative at input"),
        ("a: !x 1\n", "could not determine a constructor for the tag '!x'"),
        ("a: 1\n b: 2\n", "mapping values are not allowed here"),
    ],
)
def test_the_reason_why_a_configuration_cannot_be_read_is_named(text, reason, tmp_path):
    write_run(tmp_path, {"fid": 1.0})
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(UserError) as caught:
        compare(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / 'config.yaml'} cannot be read (")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
