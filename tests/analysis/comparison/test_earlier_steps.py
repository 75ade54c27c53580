"""Scores that were made before a run was continued are not shown as those of the run."""

from support.run_files import changed, only, score_file, write_run, write_seeds

from ganlab.analysis.comparison import as_table, compare


def report(value, step, **more):
    return {"standard": score_file({"fid": value}, changed(split="test")) | {"step": step} | more}


def test_scores_of_an_earlier_step_have_a_row_of_their_own(tmp_path):
    write_run(tmp_path / "0", {"fid": 0.5}, seed=0, reports=report(1.0, 6))
    write_run(tmp_path / "1", {"fid": 0.5}, seed=1, reports=report(1.2, 6))
    old = write_run(tmp_path / "2", {"fid": 0.5}, seed=2, reports=report(9.0, 3))
    comparison = compare(tmp_path)
    assert [(row.label, row.seeds) for row in only(comparison).rows] == [
        ("digits_ring", (0, 1)),
        ("digits_ring step=3", (2,)),
    ]
    assert comparison.notes == (
        f"the report scores of {old} are of step 3, but the run has been continued to step 6, so they have their own "
        f"row; `ganlab evaluate run={old}` scores it again",
    )


def test_a_run_with_only_such_scores_shows_their_step(tmp_path):
    write_run(tmp_path, {"fid": 0.5}, reports=report(9.0, 3))
    assert "\ndigits_ring step=3  1  9\n" in as_table(compare(tmp_path), 200)


def test_selection_scores_of_an_earlier_step_are_of_that_step_too(tmp_path):
    write_run(tmp_path, {"fid": 0.5}, step=4)
    (row,) = only(compare(tmp_path)).rows
    assert row.settings == {"step": "4"}


def test_a_chosen_checkpoint_may_be_of_any_step(tmp_path):
    write_run(tmp_path, {"fid": 0.5}, reports=report(9.0, 3, checkpoint="best"))
    comparison = compare(tmp_path)
    assert [row.label for row in only(comparison).rows] == ["digits_ring"]
    assert not comparison.notes


def test_an_unknown_step_is_no_earlier_step(tmp_path):
    write_run(tmp_path, {"fid": 0.5}, reports=report(9.0, None))
    assert not compare(tmp_path).notes


def test_many_such_runs_are_named_by_their_number(tmp_path):
    write_seeds(tmp_path, [float(seed) for seed in range(7)], step=3)
    comparison = compare(tmp_path)
    assert len(comparison.notes) == 6
    assert comparison.notes[-1] == "so have 2 more runs scores of an earlier step"
