"""Tables: codes of columns, the csv that is written, and where values are in the picture."""

import csv

import numpy as np
import pytest
import torch
from PIL import ImageColor
from scipy.stats import norm

from ganlab.core.figures import SAMPLE
from ganlab.core.interfaces import Spec
from ganlab.kinds import Sheet, kind_of
from ganlab.kinds.table import TableKind
from ganlab.kinds.table_categories import CategoryColumn
from ganlab.kinds.table_columns import build_column
from ganlab.kinds.table_numbers import DateColumn, NumberColumn
from ganlab.kinds.table_sheet import REAL, TableBackdrop

NAN = float("nan")
HEIGHT = NumberColumn("height", False, [10.0], [2.0], [1.0], 4.0, 16.0, 1, 1)
COUNT = NumberColumn("count", True, [3.0], [1.0], [1.0], 0.0, 9.0, 0, 0)
DAY = DateColumn("day", False, [18_000.0], [10.0], [1.0], 17_000.0, 19_000.0, "%d.%m.%Y")
COLOUR = CategoryColumn("colour", True, ["red", "green, dark"])
KIND = {"name": "leaf", "optional": False, "values": ["oval", "round"], "type": "category"}
COLUMNS = [each.describe() for each in (HEIGHT, COUNT, DAY, COLOUR)]
VALUES = np.array([[9.5, 3, 18_000, 0], [16.0, NAN, 17_500, NAN], [4.0, 0, 18_999, 1]])


def table(target=False) -> TableKind:
    facts = {"columns": [*COLUMNS[:1], KIND, *COLUMNS[1:]], "target": "leaf", "conditional": True}
    return kind_of(Spec((8,), kind="table", facts=facts if target else {"columns": COLUMNS}))


def test_values_survive_their_codes() -> None:
    kind = table()
    codes = kind.encode(VALUES)
    assert codes.shape == (3, kind.width) == (3, 1 + 3 + 1 + 3 - 0)
    np.testing.assert_array_equal(kind.decode(codes), VALUES)


def test_a_code_is_the_distance_from_the_most_probable_mode_in_its_deviations() -> None:
    means, deviations, shares = np.array([0.0, 5.0]), np.array([1.0, 3.0]), np.array([0.9, 0.1])
    column = NumberColumn("x", False, means.tolist(), deviations.tolist(), shares.tolist(), -9, 9, 3, 3)
    values = np.linspace(-3, 8, 23)
    densities = shares * norm.pdf(values[:, None], means, deviations)
    modes = densities.argmax(1)
    codes = column.encode(values)
    np.testing.assert_allclose(codes[:, 0], (values - means[modes]) / deviations[modes])
    np.testing.assert_array_equal(codes[:, 1:], np.eye(2)[modes])
    assert column.mean == 0.5
    assert column.deviation == pytest.approx((0.9 * 1 + 0.1 * (9 + 25) - 0.25) ** 0.5)
    np.testing.assert_array_equal(column.decode(codes), values.round(3))


def test_any_numbers_are_values_that_the_column_may_have() -> None:
    values = table().decode(torch.tensor([[99.0, 0.7, 1, 0, 1e6, 0, 0, 1], [NAN] * 8]))
    np.testing.assert_array_equal(values, [[16.0, 4.0, 19_000, NAN], [10.0, 3.0, 18_000, 0]])


def test_features_are_at_distance_1_for_one_category_or_deviation_and_return_to_values() -> None:
    kind = table()
    first, second, third = np.array([[10.0, 3, 18_000, 0]]), np.array([[12.0, 3, 18_000, 0]]), [[10.0, 3, 18_000, 1]]
    features = kind.features(np.concatenate([first, second, third]))
    assert np.linalg.norm(features[0] - features[1:], axis=1) == pytest.approx(1)
    columns, start = kind.all_columns, 0
    features = kind.features(VALUES)
    for place, column in enumerate(columns):
        width = column.to_features(VALUES[:, place]).shape[1]
        np.testing.assert_array_equal(column.from_features(features[:, start : start + width]), VALUES[:, place])
        start += width


def test_the_file_has_the_columns_own_names_types_and_order(tmp_path) -> None:
    kind = table(target=True)
    values = np.insert(VALUES, 1, [1, 0, 1], axis=1)
    kind.write(kind.encode(values), tmp_path, ["round", "oval", "round"])
    with (tmp_path / "table.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["height", "leaf", "count", "day", "colour"],
        ["9.5", "round", "3", "14.04.2019", "red"],
        ["16.0", "oval", "", "30.11.2017", ""],
        ["4.0", "round", "0", "07.01.2022", "green, dark"],
    ]
    assert kind.decode(kind.encode(values), torch.tensor([1, 0, 1]))[:, 1].tolist() == [1, 0, 1]


def test_the_target_is_no_input_of_models() -> None:
    kind = table(target=True)
    values = np.insert(VALUES, 1, [1, 0, 1], axis=1)
    np.testing.assert_array_equal(kind.inputs(values), table().features(VALUES))
    np.testing.assert_array_equal(kind.features(values), table().features(VALUES))


def test_constant_columns_and_times_are_kept() -> None:
    constant = NumberColumn("c", False, [7.0], [0.0], [1.0], 7.0, 7.0, 0, 0)
    np.testing.assert_array_equal(constant.decode(constant.encode(np.full(3, 7.0)) + 5), 7.0)
    times = DateColumn("t", False, [0.0], [1.0], [1.0], 0, 2e9, "%Y-%m-%d %H:%M:%S")
    assert times.format(times.parse(["2020-02-29 23:59:59"])) == ["2020-02-29 23:59:59"]


def test_facts_that_describe_no_column_are_refused() -> None:
    with pytest.raises(ValueError, match="one of the types category, date, number"):
        build_column({"type": "nubmer", "name": "x"})
    with pytest.raises(ValueError, match="'blue' is not one of the values red"):
        COLOUR.parse(["blue"])
    with pytest.raises(ValueError, match="no decimal number"):
        HEIGHT.parse(["inf"])


def columns_of(picture, colour, left, right):
    pixels = np.asarray(picture)[:, left:right]
    return np.flatnonzero((pixels == ImageColor.getrgb(colour)).all(2).any(0)) + left


def test_generated_values_are_where_real_ones_are_in_the_picture() -> None:
    kind = TableKind(COLUMNS[:1])
    real = np.repeat([4.0, 16.0], 50)[:, None]
    picture = kind.draw(Sheet(kind.encode(np.full((20, 1), 15.9))), TableBackdrop(real))
    assert columns_of(picture, REAL, 0, 40).size  # the lowest bin
    marks = columns_of(picture, SAMPLE, 6, 168)
    high = np.asarray(picture)[:, 160:168]
    top = np.flatnonzero((high == ImageColor.getrgb(SAMPLE)).all(2).any(1)).min()
    low = np.flatnonzero((np.asarray(picture)[:, 60:160] == ImageColor.getrgb(SAMPLE)).all(2).any(1)).max()
    assert marks.size
    assert low - top > 50  # only the highest bin has generated rows


@pytest.mark.parametrize("count", [1, 100])
def test_missing_values_many_columns_and_few_rows_are_drawn(count) -> None:
    many = TableKind([{**COLUMNS[1], "name": f"column {place}"} for place in range(60)])
    values = np.full((count, 60), NAN)
    picture = many.draw(Sheet(many.encode(values)))
    assert picture.width == 900
    assert picture.tobytes() == many.draw(Sheet(many.encode(values))).tobytes()
    with pytest.raises(ValueError, match="at least one row"):
        many.draw(Sheet(torch.zeros(0, many.width)))
