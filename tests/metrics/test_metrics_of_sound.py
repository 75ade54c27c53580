"""Every metric scores sounds, or says in one sentence why it cannot."""

import math

import pytest
from omegaconf import OmegaConf
from support.short_sounds import ShortSounds

from ganlab.config import conf_directory, instantiate
from ganlab.features import SoundClassifier
from ganlab.metrics import Evaluator, ModelMetric, UnsuitableMetricError
from ganlab.metrics.scoring.conditioned import baseline_samples, score_baselines
from ganlab.metrics.scoring.scoring import real_samples
from ganlab.protocols import Protocol

METRICS = sorted(path.stem for path in (conf_directory() / "metric").glob("*.yaml"))
# What needs no more than labelled sounds and a classifier of them.
SCORED = {
    *("accuracy_score", "authenticity", "birthday", "class_accuracy", "copies", "duplicates", "fid", "fid_infinity"),
    *("inception_score", "intra_fid", "kid", "mifid", "prdc", "sliced_wasserstein", "spatial_fid"),
}
OF_MODELS = {"discriminator_gap", "duality_gap", "path_length"}
PROTOCOL = Protocol(name="small", samples=90, real_samples=1000, split="test", batch_size=32)


@pytest.fixture(scope="module")
def data():
    return ShortSounds()


@pytest.fixture(scope="module")
def features(data, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        return SoundClassifier(data, steps=10)


def build(name, features, data):
    settings = {"steps": 3} if name == "accuracy_score" else {}
    return instantiate(OmegaConf.load(conf_directory() / "metric" / f"{name}.yaml"))(features, data, **settings)


@pytest.mark.parametrize("name", sorted(SCORED))
def test_a_metric_scores_sounds(name, data, features):
    references = {"held_out": real_samples(data, "test", PROTOCOL), "train": real_samples(data, "train", PROTOCOL)}
    evaluator = Evaluator(features, {name: build(name, features, data)}, references, PROTOCOL.batch_size)
    (scores,) = score_baselines(evaluator, baseline_samples(data, PROTOCOL)).values()
    assert scores
    assert all(map(math.isfinite, scores.values()))


@pytest.mark.parametrize("name", sorted({*METRICS} - SCORED - OF_MODELS))
def test_the_others_say_in_one_sentence_why_not(name, data, features):
    with pytest.raises(UnsuitableMetricError, match=f"remove {name} from metric"):
        build(name, features, data)


def test_metrics_of_models_are_built(data, features):
    assert all(isinstance(build(name, features, data), ModelMetric) for name in OF_MODELS)
