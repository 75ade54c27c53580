"""Utility: equality with scikit-learn, and known answers."""

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ganlab.core.interfaces import Batch
from ganlab.data import Diabetes, Ring, Wine
from ganlab.features import Identity, TableColumns
from ganlab.metrics import SampleStatistics, UnsuitableMetricError, Utility
from ganlab.metrics.statistics import AllValues
from ganlab.metrics.table_rows import matched_rows


def statistics_of(data, split):
    batch = Batch.cat(data.real_samples(split=split))
    return SampleStatistics({AllValues("samples"): {"rows": batch.sample}, AllValues("labels"): {"rows": batch.cond}})


def features_and_target(data, split):
    kind = data.table_kind
    batch = Batch.cat(data.real_samples(split=split))
    values = kind.decode(batch.sample, batch.cond)
    return kind.inputs(values), values[:, kind.target_place]


@pytest.mark.parametrize("labels", [True, False])
def test_it_is_what_scikit_learns_models_score_after_training_on_these_rows(labels) -> None:
    data = Wine(labels=labels)
    scores = Utility(TableColumns(data), data).compute(statistics_of(data, "test"), statistics_of(data, "train"))
    train, test = features_and_target(data, "train"), features_and_target(data, "test")
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)).fit(*train).score(*test)
    assert scores["utility_linear"] == pytest.approx(linear, abs=0.02 if labels else 1e-9)  # shares of classes differ
    assert scores["utility"] == pytest.approx(np.mean([scores["utility_linear"], scores["utility_forest"]]))
    if not labels:
        assert scores["utility_forest"] == RandomForestClassifier(100, random_state=0).fit(*train).score(*test)


def test_a_numeric_target_is_scored_by_its_explained_variance() -> None:
    data = Diabetes()
    train, test = features_and_target(data, "train"), features_and_target(data, "test")
    scores = Utility(TableColumns(data), data, trees=20).compute(
        statistics_of(data, "test"), statistics_of(data, "train")
    )
    ridge = make_pipeline(StandardScaler(), Ridge()).fit(*train).score(*test)
    assert scores["utility_linear"] == pytest.approx(ridge, abs=1e-6)
    assert scores["utility_forest"] == pytest.approx(
        RandomForestRegressor(20, random_state=0).fit(*train).score(*test), abs=1e-6
    )


def test_rows_of_one_class_predict_that_class() -> None:
    data = Wine()
    batch = Batch.cat(data.real_samples())
    rows = batch.sample[batch.cond == 1]
    fake = SampleStatistics({AllValues("samples"): {"rows": rows}})
    scores = Utility(TableColumns(data), data).compute(statistics_of(data, "test"), fake)
    truth = data.labels[data.split("test")]
    assert scores["utility"] == pytest.approx(float((truth == 1).double().mean()))


def test_classes_drawn_uniformly_are_reduced_to_the_shares_of_real_ones() -> None:
    real, fake = np.array([10, 20, 30]), np.tile([0, 1, 2], 40)
    chosen = matched_rows(real, fake)
    assert np.bincount(fake[chosen]).tolist() == [13, 26, 40]
    assert chosen.tolist() == sorted(chosen.tolist())
    assert matched_rows(real, fake[fake != 1]).size == 0
    assert matched_rows(real, np.append(fake, 3)).size == 79


def test_other_data_and_settings_are_refused() -> None:
    wine, ring = Wine(labels=True), Ring()
    with pytest.raises(UnsuitableMetricError, match="metric=utility reads rows of tables, but the data has points"):
        Utility(Identity(ring), ring)
    with pytest.raises(ValueError, match="trees must be at least 1, got 0"):
        Utility(TableColumns(wine), wine, trees=0)
    empty = SampleStatistics(
        {AllValues("samples"): {"rows": torch.zeros(0, 13)}, AllValues("labels"): {"rows": torch.zeros(0).long()}}
    )
    with pytest.raises(ValueError, match="at least 1 real row and 2 generated rows"):
        Utility(TableColumns(wine), wine).compute(statistics_of(wine, "test"), empty)


def test_features_of_a_table_are_refused_for_points() -> None:
    with pytest.raises(ValueError, match="features=table reads rows of tables"):
        TableColumns(Ring())
