"""Tables: what is read, found and split, and what is refused."""

import gzip

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.mixture import GaussianMixture

from ganlab.core.random import Random
from ganlab.data import BreastCancer, Diabetes, TableFile, Wine
from ganlab.data.column_types import find_type
from ganlab.data.gaussian_modes import fit_modes
from ganlab.data.readers.text_table import read_table

HEADER = "id,height,leaf,day,note,flag"
ROWS = [f"{place},{place / 4:.2f},{('oval', 'round')[place % 2]},2020-01-{1 + place % 28:02},," for place in range(40)]


def write(tmp_path, *lines, name="t.csv"):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def plants(tmp_path, **settings):
    lines = [f"{row}{place % 2}" for place, row in enumerate(ROWS)]
    return TableFile(write(tmp_path, HEADER, *lines), exclude=["note"], **settings)


@pytest.mark.parametrize(
    ("data", "load"), [(Wine, load_wine), (BreastCancer, load_breast_cancer), (Diabetes, load_diabetes)]
)
def test_tables_are_those_of_scikit_learn(data, load) -> None:
    table = data()
    bunch = load(**({"scaled": False} if load is load_diabetes else {}))
    inputs, target = bunch.data, bunch.target
    if data is not Diabetes:
        names = [str(name) for name in bunch.target_names]
        assert [table.class_names[int(number)] for number in table.values[:, -1]] == [names[k] for k in target]
    else:
        inputs = inputs - np.eye(10)[1]  # sex is a category, of 1 and 2
        assert (table.values[:, -1] == target).all()
    rounding = np.array([10.0 ** -getattr(column, "decimals", 0) for column in table.table_kind.all_columns[:-1]])
    assert (np.abs(table.values[:, :-1] - inputs) <= 0.5001 * rounding).all()
    np.testing.assert_array_equal(table.table_kind.decode(table._rows), table.values)


def test_splits_have_all_rows_once_and_each_class_alike() -> None:
    rows = {seed: Wine(split_seed=seed) for seed in (0, 1)}
    for data in rows.values():
        parts = [data.split(name) for name in ("train", "validation", "test")]
        assert torch.cat(parts).sort().values.equal(torch.arange(178))
        counts = data.labels[parts[2]].bincount()
        assert (counts - data.labels.bincount() * 0.3).abs().max() <= 1
    assert not rows[0].split("test").sort().values.equal(rows[1].split("test").sort().values)
    assert rows[0].fingerprint() != rows[1].fingerprint()
    assert Wine(split_seed=1).fingerprint() == rows[1].fingerprint()


def test_networks_see_the_class_as_a_condition_or_as_a_column() -> None:
    conditional, plain = Wine(labels=True), Wine()
    assert (conditional.spec.sample, conditional.spec.classes) == ((13,), 3)
    assert (plain.spec.sample, plain.spec.cond) == ((16,), None)
    batch = plain.labelled_batch(torch.tensor([0, 100]), Random())
    assert batch.sample[:, 13:].argmax(1).tolist() == batch.cond.tolist() == conditional.labels[[0, 100]].tolist()
    assert conditional.real_samples(split="test").__next__().cond.shape == (53,)
    train = conditional._rows[conditional.split("train")]
    assert train.mean(0).abs().max() < 1e-5
    assert (train.std(0, correction=0) - 1).abs().max() < 1e-5


def test_types_are_found(tmp_path) -> None:
    data = plants(tmp_path, target="leaf")
    assert [(each.name, each.type) for each in data.table_kind.all_columns] == [
        ("id", "number"),
        ("height", "number"),
        ("leaf", "category"),
        ("day", "date"),
        ("flag", "category"),
    ]
    assert data.table_kind.format(data.values[2:3]) == [["2", "0.50", "oval", "2020-01-03", "0"]]
    assert data.class_names == ("oval", "round")
    other = plants(tmp_path, types={"day": "category", "flag": "number"}, target=None)
    assert [each.type for each in other.table_kind.all_columns][3:] == ["category", "number"]
    with pytest.raises(ValueError, match="'id' cannot be read as category: it has 40 different texts"):
        plants(tmp_path, types={"id": "category"})


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["1", "2", "3"], "number"),
        (["1e3", "-2.5", "+3"], "number"),
        (["0", "1", "1.0"], "category"),
        (["1", "2", "3", "x"], "category"),
        (["31.12.2020", "01.02.2021"], "date"),
        (["02/03/2020", "13/03/2020"], "date"),
        (["2020-01-01T10:00", "2020-01-01T09:59"], "date"),
        (["2020-01-01", "2020-02-30"], "category"),
        (["nan?", "inf"], "category"),
    ],
)
def test_the_type_is_that_of_all_texts(texts, kind) -> None:
    assert find_type(texts) == kind


def test_dates_in_any_order_are_the_same_days(tmp_path) -> None:
    days = ["03.02.2021", "01.02.2020", "02.02.2020", "28.12.2019"] * 5
    data = TableFile(write(tmp_path, "day,x", *(f"{day},{place}" for place, day in enumerate(days))))
    first, second, third, fourth = data.values[:4, 0]
    assert (first - second, third - second, second - fourth) == (368, 1, 35)


@pytest.mark.parametrize(
    ("lines", "settings", "message"),
    [
        (["a,b", "1,2", "1,2,3"], {}, "line 3 of .* has 3 values, but the first line names 2 columns"),
        (["a,b", "1,", "2,", "3,"], {}, "the column 'b' has no value in any row; name it in exclude"),
        (["a,b", "1,2"], {}, "at least 2 training rows, got 1"),
        (["a,b"], {}, "no row below the names"),
        ([""], {}, "is empty"),
        (["a,a", "1,2"], {}, "two columns of the name 'a'"),
        (["a,", "1,2"], {}, "a column without a name"),
        (["1.5,2", "1,2"], {}, "numbers in place of the names"),
        (["a,b", "x1,2", "x2,3", "x3,5"], {}, "the column 'a' cannot be read as category: it has 3 different texts"),
        (["a,b", "x,2", "x,3", "x,5"], {"target": "a"}, "the target 'a' is 'x' in every row"),
        (["a,b", "x,2", ",3", "y,5"], {"target": "a"}, "has no value in 1 of 3 rows"),
        (["a,b", "1,2", "2,3", "3,5"], {"target": "c"}, "target must be one of the columns a, b, got 'c'"),
        (["a,b", "1,2", "2,3", "3,5"], {"labels": True}, "labels is true, but there are no classes"),
        (["a,b", "1,2", "2,3", "3,5"], {"target": "a", "labels": True}, "labels is true, but there are no classes"),
        (["a,b", "1,2", "2,3"], {"exclude": ["c"]}, "exclude names the column 'c'"),
        (["a,b", "1,2", "2,3"], {"types": {"c": "number"}}, "types names the column 'c'"),
        (["a,b", "1,2", "2,3"], {"types": {"a": "text"}}, "types.a must be number, category, date"),
        (["a,b", "x,2", "y,3"], {"types": {"a": "number"}}, "'a' cannot be read as number"),
        (["a,b", "x,2", "y,3"], {"types": {"a": "date"}}, "of no known format; set types to date:FORMAT"),
        (["a,b", "1,2", "2,3"], {"modes": 0}, "modes must be at least 1, or auto, got 0"),
        (["a,b", '"1,2', "2,3"], {}, "is no csv"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, lines, settings, message) -> None:
    shares = {"validation": 0.0, "test": 0.0}
    with pytest.raises(ValueError, match=message):
        TableFile(write(tmp_path, *lines), **shares, **settings)


def test_absent_files_folders_and_other_files_are_refused(tmp_path) -> None:
    with pytest.raises(ValueError, match=r"but .*none\.csv is absent"):
        TableFile(str(tmp_path / "none.csv"))
    with pytest.raises(ValueError, match="is a folder"):
        TableFile(str(tmp_path))
    (tmp_path / "t.csv").write_bytes(b"a,b\n\xff\xfe,1\n")
    with pytest.raises(ValueError, match="no csv in UTF-8"):
        TableFile(str(tmp_path / "t.csv"))


def test_separators_quotes_byte_order_marks_and_gzip_are_read(tmp_path) -> None:
    path = write(tmp_path, '\ufeff"a; or b";c', '"x;y";NA', "z; 1 ", "")
    table = read_table(path)
    assert table == read_table(path)
    assert (list(table.names), table.columns) == (["a; or b", "c"], [["x;y", "z"], ["", "1"]])
    packed = tmp_path / "t.csv.gz"
    packed.write_bytes(gzip.compress(b"a\tb\n1\t2\n"))
    assert read_table(packed).columns == [["1"], ["2"]]


def test_parquet_is_read_as_the_csv_of_the_same_values(tmp_path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="parquet needs the package pyarrow")
    import datetime

    import pyarrow

    values = {
        "count": [1, 2, None],
        "size": [0.5, 1.25, float("nan")],
        "day": [datetime.date(2020, 1, 2), datetime.date(2019, 1, 2), None],
        "good": [True, False, True],
        "name": ["a", "b", None],
    }
    parquet.write_table(pyarrow.table(values), tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet")
    assert list(zip(*table.columns, strict=True)) == [
        ("1", "0.5", "2020-01-02", "true", "a"),
        ("2", "1.25", "2019-01-02", "false", "b"),
        ("", "", "", "true", ""),
    ]
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 is not all that is needed")
    with pytest.raises(ValueError, match="cannot be read as parquet"):
        read_table(tmp_path / "broken.parquet")


def test_modes_have_the_likelihood_that_scikit_learn_finds() -> None:
    numbers = np.random.default_rng(0)
    values = np.concatenate([numbers.normal(0, 1, 300), numbers.normal(8, 2, 200)])
    mixture = fit_modes(values, None, 1e-6)
    assert len(mixture.means) == 2
    reference = GaussianMixture(2, random_state=0, tol=1e-8, max_iter=1000).fit(values[:, None])
    assert mixture.log_likelihood == pytest.approx(reference.score(values[:, None]), abs=1e-4)
    assert mixture.criterion(len(values)) == pytest.approx(reference.bic(values[:, None]), abs=0.1)
    assert mixture.shares @ mixture.means == pytest.approx(values.mean(), abs=1e-3)
    assert fit_modes(np.full(5, 3.0), None, 1).means.tolist() == [3.0]


def test_baselines_draw_what_they_say() -> None:
    data = Wine(labels=True)
    kind, train = data.table_kind, data.values[data.split("train").numpy()]
    labels = torch.arange(3).repeat_interleave(2000)
    drawn = {name: kind.decode(draw(6000, labels, Random(1)), labels) for name, draw in data.drawn_baselines().items()}
    rows = {tuple(row) for row in train.tolist()}
    assert all(tuple(row) in rows for row in drawn["bootstrap"].tolist())
    for label in range(3):
        members, made = (kind.features(values[values[:, -1] == label]) for values in (train, drawn["gaussian"]))
        assert np.abs(made.mean(0) - members.mean(0)).max() < 0.1
        assert np.abs(np.corrcoef(made.T) - np.corrcoef(members.T)).max() < 0.12
    independent = np.corrcoef(kind.features(drawn["independent_columns"]).T) - np.eye(13)
    assert np.abs(independent).max() < 0.06
    again = data.drawn_baselines()["gaussian"](6000, labels, Random(1))
    assert kind.encode(drawn["gaussian"]).equal(again)


def test_missing_values_and_categories_are_drawn_as_often_as_they_are(tmp_path) -> None:
    lines = [f"{'' if place % 4 == 0 else place},{'abc'[place % 3]}" for place in range(240)]
    data = TableFile(write(tmp_path, "x,y", *lines), target="y", modes=1)
    for draw in data.drawn_baselines().values():
        values = data.table_kind.decode(draw(3000, None, Random(0)))
        assert np.isnan(values[:, 0]).mean() == pytest.approx(0.25, abs=0.08)
        assert np.bincount(values[:, 1].astype(int)) / 3000 == pytest.approx(1 / 3, abs=0.05)


def test_the_summary_counts_what_is_missing_and_repeated(tmp_path) -> None:
    lines = [f"{place % 5},{'' if place == 3 else place % 3}" for place in range(30)]
    data = TableFile(write(tmp_path, "x,y", *lines))
    assert data.summary() == (
        "rows: 24 training, 3 validation, 3 test; columns: 2 numbers; missing values: 1 of 60; "
        "rows that repeat another one, perhaps of another split: 14"
    )


def imbalanced(tmp_path, **settings):
    """Return a table of 90 rows of a, 9 of b and one missing, and of two equal halves."""
    letters = ["a"] * 90 + ["b"] * 9 + [""]
    lines = [f"{place},{letter},{'xy'[place % 2]}" for place, letter in enumerate(letters)]
    path = write(tmp_path, "size,letter,half", *lines)
    return TableFile(path, labels=True, condition="categories", validation=0.0, test=0.0, **settings)


def test_training_by_sampling_draws_columns_uniformly_and_categories_by_the_logarithm_of_their_rows(tmp_path) -> None:
    data = imbalanced(tmp_path, modes=1)
    assert data.class_names == ("letter=a", "letter=b", "letter=", "half=x", "half=y")
    assert (data.spec.classes, data.spec.sample) == (5, (1 + 3 + 2,))
    batch = data.batch(torch.arange(20_000) % 100, Random(3))
    logs = np.log1p([90, 9, 1])
    expected = np.append(logs / logs.sum() / 2, [0.25, 0.25])
    assert np.bincount(batch.cond) / 20_000 == pytest.approx(expected, abs=0.012)
    has = data.table_kind.belongs(data.table_kind.decode(batch.sample))
    assert has[np.arange(20_000), batch.cond].all()
    again = data.batch(torch.arange(20_000) % 100, Random(3))
    assert batch.sample.equal(again.sample)
    parts = [data.batch(torch.arange(10_000), Random(3).seek(0, part, 2)).sample for part in (0, 1)]
    assert torch.cat(parts).equal(batch.sample)  # two processes see the batch of one


def test_baselines_draw_rows_with_the_category_of_their_condition(tmp_path) -> None:
    data = imbalanced(tmp_path, target="half")
    labels = torch.arange(5).repeat(200)
    rows = data.table_kind.decode(data.drawn_baselines()["bootstrap"](1000, labels, Random()))
    assert data.table_kind.belongs(rows)[np.arange(1000), labels].all()
    free = data.table_kind.decode(data.drawn_baselines()["bootstrap"](4000, None, Random()))
    assert (free[:, 1] == 0).mean() == pytest.approx(0.9, abs=0.03)


def test_conditions_need_a_column_of_categories(tmp_path) -> None:
    path = write(tmp_path, "a,b", *(f"{place},{place * 2}" for place in range(9)))
    with pytest.raises(ValueError, match="no column is a category; set condition to target"):
        TableFile(path, labels=True, condition="categories")
    with pytest.raises(ValueError, match="condition must be one of target, categories, got 'colums'"):
        TableFile(path, condition="colums")
