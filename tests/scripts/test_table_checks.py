"""The independent checks of tables, on tables whose answers are known."""

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts" / "tables"


@pytest.fixture(scope="module")
def checks():
    sys.path.insert(0, str(SCRIPTS))
    import table_checks

    yield table_checks
    sys.path.remove(str(SCRIPTS))


def table(random, rows, shift=0.0):
    """Return two classes whose means differ in the first number, and a category that is the class nearly always."""
    classes = random.integers(0, 2, rows)
    numbers = random.normal(size=(rows, 2)) + 3 * classes[:, None] * [1, 0] + shift
    other = np.where(random.random(rows) < 0.1, 1 - classes, classes)
    return {
        "x": [f"{value:.3f}" for value in numbers[:, 0]],
        "y": [f"{value:.3f}" for value in numbers[:, 1]],
        "colour": [("red", "green")[value] for value in other],
        "kind": [("a", "b")[value] for value in classes],
    }


def test_copies_new_rows_and_shifted_rows_have_known_answers(checks, monkeypatch) -> None:
    monkeypatch.setattr(checks, "TREES", 25)
    random = np.random.default_rng(0)
    train, test = table(random, 150), table(random, 150)
    parts = {
        "": table(random, 300),
        "_bootstrap": train,
        "_gaussian": table(random, 300, 4.0),
        "train": train,
        "test": test,
    }
    result = checks.check_tables(parts, "kind")
    assert result["utility"] == pytest.approx(result["utility_real"], abs=0.05)
    assert result["ratio"] == pytest.approx(result["utility"] / result["utility_real"], abs=1e-3)
    assert result["utility_gaussian"] < 0.8
    assert result["two_sample"] == pytest.approx(0.5, abs=0.12)
    assert result["two_sample_gaussian"] > 0.95
    assert result["closest"] == pytest.approx(0.5, abs=0.1)
    assert result["closest_bootstrap"] == 1
    assert result["membership"] == pytest.approx(0.5, abs=0.1)
    assert result["membership_bootstrap"] == 1
    assert result["column_fit"] > 0.85
    assert result["column_fit_gaussian"] < 0.7


def test_numbers_are_read_as_numbers_and_texts_as_categories(checks) -> None:
    train = {"a": ["1.5", "-2"], "b": ["red", "green"], "t": ["x", "y"]}
    numbers = checks._numbers(train, ["a", "b"], train)
    assert numbers.tolist() == [[1.5, 0, 1], [-2, 1, 0]]


def test_written_rows_are_read_from_csv(checks, tmp_path) -> None:
    from ganlab.core.interfaces import Batch
    from ganlab.data import Wine

    data = Wine(labels=True)
    batch = Batch.cat(data.real_samples(3))
    columns = checks._write(data, tmp_path / "rows", *batch)
    with (tmp_path / "rows" / "table.csv").open(newline="") as file:
        names, *lines = csv.reader(file)
    assert list(columns) == names
    assert [column[0] for column in columns.values()] == lines[0]
    assert columns["cultivar"] == [data.class_names[label] for label in batch.cond.tolist()]
