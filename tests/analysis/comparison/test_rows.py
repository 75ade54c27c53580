"""Runs are grouped into rows by configuration, labelled by the settings that differ."""

import pytest
from support.run_files import only, rows_of, write_run, write_seeds

from ganlab.analysis.comparison import compare
from ganlab.analysis.comparison.statistics import summarise
from ganlab.runs.config_differences import label_differences, training_configs


def test_seeds_are_one_row_with_mean_and_interval(tmp_path):
    write_seeds(tmp_path / "hinge", [3.0, 5.0, 4.0], "loss=hinge")
    write_seeds(tmp_path / "wasserstein", [7.0], "loss=wasserstein")
    table = only(compare([tmp_path]))
    assert [row.label for row in table.rows] == ["loss=Hinge", "loss=Wasserstein"]
    first, second = (row.cells["fid"] for row in table.rows)
    assert (first.mean, first.std, first.over) == (4.0, 1.0, "seeds")
    assert (first.low, first.high) == pytest.approx(summarise([3.0, 5.0, 4.0])[2:])
    assert table.rows[0].seeds == (0, 1, 2)
    assert table.rows[0].paths == tuple(str(tmp_path / "hinge" / str(seed)) for seed in range(3))
    assert (second.mean, second.std, second.low, second.over) == (7.0, None, None, "nothing")


def test_the_seed_and_settings_that_do_not_affect_training_do_not_separate_runs(tmp_path):
    write_run(tmp_path / "a", {"fid": 1.0})
    write_run(tmp_path / "b", {"fid": 2.0}, "log_every=3", "data_root=elsewhere", "name=other", "metric=[fid]", seed=1)
    write_run(tmp_path / "c", {"fid": 3.0}, "trainer=smoke", "iterations=6", "protocol.samples=100", seed=2)
    (row,) = only(compare(tmp_path)).rows
    assert row.seeds == (0, 1, 2)


def test_iterations_and_precision_separate_runs(tmp_path):
    write_run(tmp_path / "a", {"fid": 1.0})
    write_run(tmp_path / "b", {"fid": 2.0}, "iterations=9")
    write_run(tmp_path / "c", {"fid": 3.0}, "trainer.precision=bf16-mixed")
    assert rows_of(compare(tmp_path)) == [
        "iterations=6 trainer.precision=32-true",
        "iterations=9 trainer.precision=32-true",
        "iterations=6 trainer.precision=bf16-mixed",
    ]


def test_training_hooks_separate_runs(tmp_path):
    write_run(tmp_path / "a", {"fid": 1.0})
    write_run(tmp_path / "b", {"fid": 2.0}, "training_hook=[standing_statistics]")
    write_run(
        tmp_path / "c", {"fid": 3.0}, "training_hook=[standing_statistics]", "training_hook.standing_statistics.size=32"
    )
    assert rows_of(compare(tmp_path)) == [
        "training_hook=[]",
        "training_hook=[standing_statistics] training_hook.standing_statistics.size=64",
        "training_hook=[standing_statistics] training_hook.standing_statistics.size=32",
    ]


def test_labels_name_components_and_their_differing_settings(tmp_path):
    for number, overrides in enumerate(
        [
            ["loss=hinge"],
            ["loss=non_saturating"],
            ["loss=non_saturating", "loss.smoothing=0.1"],
        ]
    ):
        write_run(tmp_path / str(number), {"fid": number}, *overrides)
    assert rows_of(compare(tmp_path)) == [
        "loss=Hinge",
        "loss=NonSaturating loss.smoothing=0",
        "loss=NonSaturating loss.smoothing=0.1",
    ]


def test_labels_of_lists_of_components(tmp_path):
    lists = [
        ["regularizer=[]"],
        ["regularizer=[r1]"],
        ["regularizer=[r1,r2]"],
        ["regularizer=[r1]", "regularizer.r1.weight=5"],
    ]
    for number, overrides in enumerate(lists):
        write_run(tmp_path / str(number), {"fid": number}, *overrides)
    one, five = (f"regularizer.r1.weight={weight}" for weight in (10, 5))
    assert rows_of(compare(tmp_path)) == [
        "regularizer=[]",
        f"regularizer=[r1] {one}",
        f"regularizer=[r1,r2] {one}",
        f"regularizer=[r1] {five}",
    ]


def test_a_setting_that_both_players_share_is_in_the_label_once(tmp_path):
    both = [f"optimizer.{player}.lr=0.01" for player in ("generator", "discriminator")]
    write_run(tmp_path / "a", {"fid": 1.0}, *both)
    write_run(tmp_path / "b", {"fid": 2.0})
    write_run(tmp_path / "c", {"fid": 3.0}, "optimizer=sgd")
    assert rows_of(compare(tmp_path)) == [
        "optimizer=Adam optimizer.lr=0.01",
        "optimizer=Adam optimizer.lr=0.0005",
        "optimizer=SGD",
    ]
    write_run(tmp_path / "d", {"fid": 4.0}, both[0])
    assert rows_of(compare([tmp_path / "b", tmp_path / "d"])) == [
        "optimizer.generator.lr=0.0005",
        "optimizer.generator.lr=0.01",
    ]


def test_a_network_setting_is_not_repeated_for_the_game(tmp_path):
    write_run(tmp_path / "a", {"fid": 1.0}, "generator.widths=[8,16]")
    write_run(tmp_path / "b", {"fid": 2.0}, "generator.widths=[8]")
    assert rows_of(compare(tmp_path)) == ["generator.widths=[8,16]", "generator.widths=[8]"]


@pytest.mark.parametrize(
    ("configs", "expected"),
    [
        ([{"loss": {"_target_": "a.B"}}, {"loss": {"_target_": "c.B"}}], [{"loss": "a.B"}, {"loss": "c.B"}]),
        ([{"x": {"k": None}}, {"x": {}}], [{"x.k": "null"}, {"x.k": "absent"}]),
        (
            [{}, {"aug": {"_target_": "a.B", "p": 0}}, {"aug": {"_target_": "a.B", "p": 1}}],
            [{"aug": "absent"}, {"aug": "B", "aug.p": "0"}, {"aug": "B", "aug.p": "1"}],
        ),
        ([{"x": {"a": {"_target_": "A"}}}, {"x": 3}], [{"x": "[a]"}, {"x": "3"}]),
        (
            [{"s": {"_target_": "a.S", "d": 1, "g": 1}}, {"s": {"_target_": "a.S", "d": 5, "g": 5}}],
            [{"s.d": "1", "s.g": "1"}, {"s.d": "5", "s.g": "5"}],
        ),
        ([{"a": 1}], [{}]),
    ],
)
def test_labels_of_unusual_configurations(configs, expected):
    assert label_differences(configs) == expected


def test_a_component_setting_that_repeats_the_seed_does_not_separate_runs():
    tied = training_configs([{"seed": seed, "data": {"seed": seed, "n": 1}} for seed in (0, 1)])
    assert tied == [{"data": {"n": 1}}] * 2
    assert training_configs([{"seed": seed, "data": {"seed": 0}} for seed in (0, 1)]) == [{"data": {"seed": 0}}] * 2


def test_a_single_configuration_is_labelled_by_its_experiment(tmp_path):
    write_seeds(tmp_path, [1.0, 2.0])
    assert rows_of(compare(tmp_path)) == ["digits_ring"]


def test_a_repeated_seed_counts_once_and_is_noted(tmp_path):
    write_seeds(tmp_path, [1.0, 2.0])
    write_run(tmp_path / "again", {"fid": 9.0}, seed=1, time="2026-01-02")
    comparison = compare(tmp_path)
    (row,) = only(comparison).rows
    assert row.cells["fid"].numbers == [1.0, 9.0]
    assert comparison.notes == (
        f"seed 1 of digits_ring occurs 2 times, in {tmp_path / '1'}, {tmp_path / 'again'}; "
        f"the latest is used, {tmp_path / 'again'}",
    )


def test_a_run_given_twice_is_one_run(tmp_path):
    write_seeds(tmp_path, [1.0, 2.0])
    comparison = compare([tmp_path, tmp_path / "1", tmp_path / "1" / ".." / "0", str(tmp_path / "0")])
    assert only(comparison).rows[0].seeds == (0, 1)
    assert not comparison.notes


def test_runs_from_before_a_setting_are_those_with_its_default():
    before, default, changed = {"loss": 1}, {"loss": 1, "init_from": None}, {"loss": 1, "init_from": "runs/1"}
    assert training_configs([before, default]) == [{"loss": 1}] * 2
    first, second, third = training_configs([before, default, changed])
    assert first == second != third
    assert label_differences([first, third]) == [{"init_from": "null"}, {"init_from": "runs/1"}]
