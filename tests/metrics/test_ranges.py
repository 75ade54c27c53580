"""The ranges that metrics state: of their own scores, and kept by the intervals in score files."""

import inspect
from importlib import import_module
from pkgutil import iter_modules
from types import SimpleNamespace

import pytest

import ganlab.metrics
from ganlab.metrics.frechet import FID
from ganlab.metrics.metric import BaseMetric
from ganlab.metrics.scoring.scoring import build_report

MODULES = [import_module(f"ganlab.metrics.{module.name}") for module in iter_modules(ganlab.metrics.__path__)]
METRICS = {
    kind
    for module in MODULES
    for kind in vars(module).values()
    if inspect.isclass(kind) and issubclass(kind, BaseMetric) and "scores" in vars(kind)
}


@pytest.mark.parametrize("kind", sorted(METRICS, key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__)
def test_a_metric_has_ranges_of_its_own_scores_only(kind):
    assert kind.ranges.keys() <= kind.scores.keys()
    assert all(low is None or high is None or low < high for low, high in kind.ranges.values())


def test_intervals_in_a_score_file_keep_to_the_ranges():
    metrics = {"fid": SimpleNamespace(scores=FID.scores, ranges=FID.ranges)}
    content = build_report({"fid": 1.0, "own": 1.0}, {"fid": [-1.0, 3.0], "own": [-1.0, 3.0]}, metrics, {}, {})
    assert content["intervals"] == {"fid": [0.0, 3.0], "own": [-1.0, 3.0]}
    assert content["ranges"] == {"fid": [0.0, None]}
