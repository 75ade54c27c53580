"""Floors: real samples scored in place of generated ones, and splits that are too small for a metric."""

import pytest

from ganlab.core.score_text import score_text
from ganlab.data.digits import Digits
from ganlab.features import Cache, Identity
from ganlab.features.classifier import Classifier
from ganlab.metrics import FID, KID, MIFID, Evaluator, InceptionScore, IntraFID, ModelMetric, Wasserstein
from ganlab.metrics.frechet import gaussian_distance
from ganlab.metrics.scoring.floors import score_floor, stand_ins, weak_scores
from ganlab.metrics.scoring.scoring import real_samples
from ganlab.metrics.statistics import Moments, gather
from ganlab.protocols import Protocol

SELECTION = Protocol(samples=500, batch_size=250).selection()


def evaluator(data, metrics, protocol=SELECTION, cache=None, features=None):
    splits = {"held_out": protocol.split, "train": "train"}
    references = {name: real_samples(data, split, protocol) for name, split in splits.items()}
    return Evaluator(features or Classifier(data), metrics, references, protocol.batch_size, cache)


@pytest.fixture(scope="module")
def digits():
    return Digits()


@pytest.fixture(scope="module")
def space(digits):
    return Classifier(digits)


def test_the_floor_is_the_score_of_as_many_training_samples_against_the_same_split(digits, space):
    metrics = {"fid": FID(space), "inception_score": InceptionScore(space)}
    scorer = evaluator(digits, metrics, features=space)
    floor = score_floor(scorer, stand_ins(digits, SELECTION, metrics.values()))
    moments = Moments("features", space.width)
    sums = [
        gather(scorer.extract_features(real_samples(digits, split, SELECTION, count)), [moments])[moments]
        for split, count in (("validation", 0), ("train", 500))
    ]
    assert floor["fid"] == pytest.approx(gaussian_distance("fid", *sums), rel=1e-9)
    assert 9 < floor["inception_score"] < 10
    assert floor.keys() == {"fid", "inception_score"}  # a deviation has no floor
    assert scorer.references.keys() == {"held_out", "train"}


def test_a_metric_of_the_training_samples_gets_those_of_the_split(digits, space):
    metrics = {"mifid": MIFID(space)}
    samples = stand_ins(digits, SELECTION, metrics.values())
    assert samples["train"].count == digits.count(0, "validation")
    assert 0 < score_floor(evaluator(digits, metrics, features=space), samples)["mifid"] < 1e4  # no copies


def test_the_floor_is_cached_like_real_statistics(digits, space, tmp_path, monkeypatch):
    metrics = {"fid": FID(space), "kid": KID(space)}
    first = score_floor(
        evaluator(digits, metrics, cache=Cache(tmp_path), features=space),
        stand_ins(digits, SELECTION, metrics.values()),
    )
    again = evaluator(digits, metrics, cache=Cache(tmp_path), features=space)
    monkeypatch.setattr(again, "extract_features", lambda samples: pytest.fail("the samples were read again"))
    assert score_floor(again, stand_ins(digits, SELECTION, metrics.values())) == first


def test_a_split_without_two_samples_of_a_class_is_reported_without_a_generated_sample(space):
    data = Digits(labels=True, validation=0.008)
    metrics = {"intra_fid": IntraFID(space, data)}
    with pytest.raises(ValueError, match="intra_fid needs"):
        score_floor(evaluator(data, metrics, features=space), stand_ins(data, SELECTION, metrics.values()))


def test_few_real_samples_are_named_beside_the_score(space):
    data = Digits(validation=0.03)
    metrics = {"fid": FID(space), "kid": KID(space)}
    weak = weak_scores(metrics.values(), evaluator(data, metrics, features=space).references)
    assert weak == {"fid": "only 54 of 65 real samples"}
    assert score_text("fid", 4.1234, {"fid": 1.2}, weak) == "fid 4.123, real 1.2 (only 54 of 65 real samples)"
    assert score_text("loss", 4.1234, {}, {}) == "loss 4.123"


def test_a_measurement_of_the_model_has_no_floor(digits):
    class Size(ModelMetric):
        name, scores = "size", {"size": None}

        def measure(self, context):
            return {"size": 1.0}

    metrics = {"size": Size(Identity(digits), digits)}
    assert stand_ins(digits, SELECTION, metrics.values()) == {}


def test_points_have_floors_too():
    from ganlab.data import Ring

    data = Ring()
    features = Identity(data)
    metrics = {"wasserstein": Wasserstein(features, data)}
    floor = score_floor(evaluator(data, metrics, features=features), stand_ins(data, SELECTION, metrics.values()))
    assert 0 < floor["wasserstein"] < 0.5
