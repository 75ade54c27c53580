"""A run on a table: resumed bit for bit, and sampled as csv."""

import csv
from pathlib import Path

import numpy as np
import pytest
from support.small_runs import QUIET, assert_same, go, state

import ganlab
from ganlab.kinds import kind_of

TABLE = ["generator=table", "discriminator=mlp", "generator.width=8", "discriminator.widths=[8]", "latent.size=4"]
SETTINGS = [*TABLE, *QUIET, "batch_size=8", "regularizer=[r1]"]


@pytest.mark.parametrize("lines", [["data=wine", "data.labels=true"], ["data=diabetes", "game.packing=2"]])
def test_a_resumed_run_is_an_uninterrupted_one_bit_for_bit(tmp_path: Path, lines: list[str]) -> None:
    go(tmp_path / "whole", *lines, *SETTINGS, "iterations=4")
    go(tmp_path / "halves", *lines, *SETTINGS, "iterations=2")
    go(tmp_path / "halves", *lines, *SETTINGS, "iterations=4")
    assert_same(state(tmp_path / "whole"), state(tmp_path / "halves"))
    sampler = ganlab.load(tmp_path / "halves")
    batch = sampler.sample_batch(5, seed=1)
    names = () if batch.cond is None else [sampler.class_names[label] for label in batch.cond]
    kind = kind_of(sampler.spec)  # from the exported description
    kind.write(batch.sample, tmp_path, names)
    with (tmp_path / "table.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == [column.name for column in kind.all_columns]
    values = np.stack(
        [each.parse(texts) for each, texts in zip(kind.all_columns, zip(*rows, strict=True), strict=True)]
    )
    np.testing.assert_array_equal(values.T, kind.decode(batch.sample, batch.cond))


@pytest.mark.parametrize("name", ["table_wine", "table_breast_cancer", "table_diabetes"])
def test_experiments_train_and_decode(name, tmp_path: Path) -> None:
    result = go(tmp_path / "run", f"experiment={name}", *QUIET, "iterations=2", "batch_size=8")
    sampler = ganlab.load(result.run_dir)
    values = kind_of(sampler.spec).decode(*sampler.sample_batch(4))
    assert np.isfinite(values).all()


def test_a_conditional_vector_is_trained_and_sampled_by_name(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["x,y,z", *(f"{row},{'ab'[row % 2]},{'cde'[row % 3]}" for row in range(60))]) + "\n")
    data = ["data=table", f"data.path={path}", "data.labels=true", "data.condition=categories"]
    result = go(tmp_path / "run", *data, *SETTINGS, "iterations=2")
    batch = ganlab.load(result.run_dir).sample_batch(6, cond="z=d")
    assert batch.cond.tolist() == [3] * 6
    assert batch.sample.shape[0] == 6
