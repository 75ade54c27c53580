"""Scores of tables: equality with scipy and scikit-learn, and known answers."""

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from ganlab.core.interfaces import Batch
from ganlab.core.random import Random
from ganlab.data import Diabetes, Ring, TableFile, Wine
from ganlab.features import Identity, TableColumns
from ganlab.kinds.table_categories import CategoryColumn
from ganlab.kinds.table_numbers import NumberColumn
from ganlab.metrics import (
    ClosestRecord,
    ColumnFit,
    CorrelationError,
    Membership,
    SampleStatistics,
    TwoSample,
    UnsuitableMetricError,
)
from ganlab.metrics.column_fit import column_distance, kolmogorov_smirnov
from ganlab.metrics.correlation_error import correlations
from ganlab.metrics.statistics import AllValues
from ganlab.metrics.table_rows import area_under_curve

ALL = (ClosestRecord, ColumnFit, CorrelationError, Membership, TwoSample)
PRIVATE = (ClosestRecord, Membership)


def statistics_of(samples, labels=None):
    return SampleStatistics({AllValues("samples"): {"rows": samples}, AllValues("labels"): {"rows": labels}})


def split_of(data, split):
    return statistics_of(*Batch.cat(data.real_samples(split=split)))


def score(metric, data, real, fake, **settings):
    return metric(TableColumns(data), data, **settings).compute(real, fake)


def halves(data, random):
    """Return statistics of two disjoint halves of all rows."""
    order = torch.from_numpy(random.permutation(len(data.values)))
    middle = len(order) // 2
    return [statistics_of(data._rows[part], data.labels[part]) for part in (order[:middle], order[middle:])]


def test_two_halves_of_real_rows_are_not_distinguished() -> None:
    data = Wine()
    areas = [
        score(TwoSample, data, *halves(data, np.random.default_rng(seed)), trees=25)["two_sample"] for seed in range(2)
    ]
    assert np.mean(areas) == pytest.approx(0.5, abs=0.1)


def test_rows_elsewhere_are_distinguished_and_copies_fall_below_a_half() -> None:
    data = Diabetes()
    real = split_of(data, "train")
    samples, _ = Batch.cat(data.real_samples())
    far = score(TwoSample, data, real, statistics_of(samples + torch.tensor([3.0] + [0.0] * 11)), trees=20)
    assert far["two_sample"] > 0.95
    assert far["two_sample_gap"] == pytest.approx(far["two_sample"] - 0.5)
    assert far["two_sample_accuracy"] > 0.85
    copies = score(TwoSample, data, real, statistics_of(samples), trees=20)  # each row's twin is of the other side
    assert copies["two_sample"] < 0.3
    assert copies["two_sample_gap"] == pytest.approx(0.5 - copies["two_sample"])


def test_areas_are_those_of_scikit_learn() -> None:
    numbers = np.random.default_rng(0)
    first, second = numbers.integers(0, 9, 50) / 4, numbers.integers(0, 7, 70) / 4  # many are equal
    truth = np.repeat([1, 0], [50, 70])
    assert area_under_curve(first, second) == pytest.approx(roc_auc_score(truth, np.concatenate([first, second])))


def test_distances_of_columns_are_those_of_scipy() -> None:
    data = Wine()
    kind = data.table_kind
    real, fake = (kind.decode(Batch.cat(data.real_samples(split=split)).sample) for split in ("test", "train"))
    scores = score(ColumnFit, data, split_of(data, "test"), split_of(data, "train"))
    expected = [1 - ks_2samp(real[:, place], fake[:, place]).statistic for place in range(13)]
    shares = [np.bincount(values[:, 13].astype(int)) / len(values) for values in (real, fake)]
    expected.append(1 - np.abs(shares[0] - shares[1]).sum() / 2)
    assert scores["column_fit"] == pytest.approx(np.mean(expected), abs=1e-6)
    assert scores["column_fit_worst"] == pytest.approx(min(expected), abs=1e-6)


def test_missing_values_count_as_values() -> None:
    nan = np.nan
    number = NumberColumn("x", True, [0.0], [1.0], [1.0], 0, 9, 0, 0)
    category = CategoryColumn("c", True, ["a", "b"])
    assert column_distance(number, np.array([1, 2, nan, nan]), np.array([1.0, 2])) == 0.5
    assert column_distance(number, np.array([nan, nan]), np.array([nan, nan])) == 0
    assert column_distance(number, np.array([nan, nan]), np.array([1.0])) == 1
    assert column_distance(category, np.array([0, 1, nan, nan]), np.array([0.0, 0])) == 0.75
    assert kolmogorov_smirnov(np.array([0.0]), np.array([1.0])) == 1


def test_correlations_are_those_of_numpy_and_a_constant_column_has_none() -> None:
    numbers = np.random.default_rng(0).normal(size=(40, 5))
    np.testing.assert_allclose(correlations(numbers), np.corrcoef(numbers.T), atol=1e-6)
    numbers[:, 2] = 1e6
    assert (correlations(numbers)[2] == 0).all()


def test_columns_drawn_independently_fit_alone_but_are_not_correlated() -> None:
    data = Wine(labels=True)
    labels = data.labels[data.split("train")].repeat(20)
    made = {name: draw(len(labels), labels, Random()) for name, draw in data.drawn_baselines().items()}
    real = split_of(data, "train")
    fits = {name: score(ColumnFit, data, real, statistics_of(rows, labels)) for name, rows in made.items()}
    errors = {name: score(CorrelationError, data, real, statistics_of(rows, labels)) for name, rows in made.items()}
    assert fits["independent_columns"]["column_fit"] > fits["gaussian"]["column_fit"]
    assert errors["independent_columns"]["correlation_error"] > 0.25
    assert errors["gaussian"]["correlation_error"] < 0.05
    same = score(CorrelationError, data, real, split_of(data, "train"))
    assert same["correlation_error"] == pytest.approx(0, abs=1e-9)


def test_copies_of_training_rows_are_found_and_new_rows_are_not() -> None:
    data = Diabetes(test=0.4, validation=0.2)
    held_out, copies = split_of(data, "test"), split_of(data, "train")
    new = split_of(data, "validation")
    assert score(Membership, data, held_out, copies)["membership"] == pytest.approx(1, abs=0.01)
    assert score(Membership, data, held_out, new)["membership_gap"] < 0.1
    copied, fresh = (score(ClosestRecord, data, held_out, fake) for fake in (copies, new))
    assert copied["closest_record_share"] > 0.95
    assert copied["closest_record_distance"] == 0
    assert fresh["closest_record_gap"] < 0.12
    assert fresh["closest_record_distance"] == pytest.approx(1, abs=0.1)


def test_the_closest_records_are_those_of_scikit_learn() -> None:
    data = Wine()
    scores = score(ClosestRecord, data, split_of(data, "test"), split_of(data, "validation"))
    rows = {split: Batch.cat(data.real_samples(53, split=split)).sample for split in ("train", "test", "validation")}
    features = {split: data.table_kind.features(data.table_kind.decode(samples)) for split, samples in rows.items()}
    distances = [
        NearestNeighbors(n_neighbors=1).fit(features[split]).kneighbors(features["validation"])[0][:, 0]
        for split in ("train", "test")
    ]
    assert scores["closest_record_share"] == pytest.approx((distances[0] < distances[1]).mean(), abs=1e-6)


@pytest.mark.parametrize("metric", ALL)
def test_other_data_are_refused(metric) -> None:
    ring, wine = Ring(), Wine()
    with pytest.raises(UnsuitableMetricError, match="reads rows of tables, but the data has points"):
        metric(Identity(ring), ring)
    empty = statistics_of(torch.zeros(0, 16), torch.zeros(0).long())
    with pytest.raises(ValueError, match=f"{metric.name} needs at least"):
        score(metric, wine, split_of(wine, "test"), empty)


@pytest.mark.parametrize("metric", PRIVATE)
def test_privacy_needs_training_rows(metric) -> None:
    class Files:
        spec = Wine().spec

    with pytest.raises(UnsuitableMetricError, match="which only a run has"):
        metric(TableColumns(Files()), Files())


def test_settings_out_of_range_are_refused(tmp_path) -> None:
    wine = Wine()
    with pytest.raises(ValueError, match="trees must be at least 1, got 0"):
        TwoSample(TableColumns(wine), wine, trees=0)
    path = tmp_path / "t.csv"
    path.write_text("x\n" + "\n".join(map(str, range(40))) + "\n")
    single = TableFile(str(path))
    rows = statistics_of(single._rows)
    with pytest.raises(ValueError, match="at least 2 columns, got 1"):
        score(CorrelationError, single, rows, rows)


def test_rows_of_categories_drawn_uniformly_are_reduced_to_the_shares_of_real_rows(tmp_path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["x,y", *(f"{place},{'a' if place % 10 else 'b'}" for place in range(400))]) + "\n")
    data = TableFile(str(path), labels=True, condition="categories", test=0.5)
    labels = torch.arange(2).repeat(1000)
    rows = data.drawn_baselines()["bootstrap"](2000, labels, Random())
    scores = score(ColumnFit, data, split_of(data, "test"), statistics_of(rows, labels))
    assert scores["column_fit"] > 0.9
