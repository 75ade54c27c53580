"""Rows are named by directory where settings do not distinguish them."""

from support.run_files import changed, only, rows_of, write_run, write_seeds

from ganlab.analysis.comparison import as_table, compare


def test_equal_runs_of_two_paths_are_rows_with_the_names_of_the_paths(tmp_path):
    for name, value in (("old", 2.0), ("new", 1.0)):
        write_run(tmp_path / name, {"fid": value})
    comparison = compare([tmp_path / "old", tmp_path / "new"])
    assert rows_of(comparison) == [str(tmp_path / "new"), str(tmp_path / "old")]
    assert [row.cells["fid"].numbers for row in only(comparison).rows] == [[1.0], [2.0]]
    assert not comparison.notes


def test_folders_of_equal_seeds_are_rows(tmp_path):
    write_seeds(tmp_path / "x", [1.0, 2.0], "loss=hinge")
    write_seeds(tmp_path / "y", [3.0, 4.0], "loss=hinge")
    write_seeds(tmp_path / "y" / "more", [7.0], "loss=wasserstein")
    comparison = compare([tmp_path / "x", tmp_path / "y"])
    assert rows_of(comparison) == [
        f"loss=Hinge directory={tmp_path / 'x'}",
        f"loss=Hinge directory={tmp_path / 'y'}",
        "loss=Wasserstein",
    ]
    assert [row.n for row in only(comparison).rows] == [2, 2, 1]


def test_different_seeds_of_several_paths_stay_one_row(tmp_path):
    write_seeds(tmp_path, [1.0, 2.0, 3.0])
    (row,) = only(compare([tmp_path / str(seed) for seed in range(3)])).rows
    assert (row.label, row.seeds) == ("digits_ring", (0, 1, 2))


def test_a_path_that_is_given_twice_is_one_row(tmp_path):
    write_seeds(tmp_path, [1.0, 2.0])
    (row,) = only(compare([tmp_path, tmp_path / "0"])).rows
    assert row.seeds == (0, 1)


def test_rows_of_two_tables_with_one_label_are_named_by_directory(tmp_path):
    write_seeds(tmp_path / "many", [1.0, 2.0])
    write_seeds(tmp_path / "few", [8.0, 9.0], protocol=changed(samples=2000))
    tables = compare(tmp_path).tables
    assert [row.label for table in tables for row in table.rows] == [str(tmp_path / "few"), str(tmp_path / "many")]


def test_rows_whose_runs_share_a_folder_keep_their_label(tmp_path):
    write_seeds(tmp_path, [1.0, 2.0])
    write_run(tmp_path / "2", {"fid": 9.0}, seed=2, protocol=changed(samples=2000))
    assert [row.label for table in compare(tmp_path).tables for row in table.rows] == ["digits_ring", "digits_ring"]


def test_the_name_is_in_the_printed_table(tmp_path):
    for name, value in (("old", 2.0), ("new", 1.0)):
        write_run(tmp_path / name, {"fid": value})
    lines = as_table(compare([tmp_path / "old", tmp_path / "new"]), 300).splitlines()
    assert [line.split()[0] for line in lines[3:5]] == [str(tmp_path / "new"), str(tmp_path / "old")]
