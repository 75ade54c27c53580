"""Scores of clips with known answers, and the feature spaces that they are measured in."""

from types import SimpleNamespace

import pytest
import torch

from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.data import MovingDigits
from ganlab.features import FeatureBatch, Identity, VideoClassifier, VideoRandom
from ganlab.metrics import FID, ContentConsistency, TemporalRatio
from ganlab.metrics.metric import UnsuitableMetricError
from ganlab.metrics.statistics import SampleStatistics, gather

CLIPS = SimpleNamespace(spec=Spec((8, 1, 32, 32), kind="video", facts={"frames_per_second": 8.0}))


def noise(count=40, seed=0):
    return (Random(seed).uniform("clips", (count, 8, 1, 32, 32)) * 256).to(torch.uint8)


def still(clips):
    return clips[:, :1].expand_as(clips)


def score(metric, features, fake, real):
    def gathered(clips, statistics):
        batches = [(features(part)._replace(samples=part), row * 16) for row, part in enumerate(clips.split(16))]
        return SampleStatistics(gather(iter(batches), statistics))

    return metric.compute(gathered(real, metric.reference_statistics), gathered(fake, metric.statistics))


@pytest.fixture(scope="module")
def space():
    return VideoRandom(CLIPS)


def test_movement_of_still_clips_is_0_and_of_real_ones_1(space) -> None:
    metric, clips = TemporalRatio(space, CLIPS), noise()
    assert score(metric, space, still(clips), clips) == {"temporal_ratio": 0.0}
    assert score(metric, space, clips, clips) == {"temporal_ratio": 1.0}
    assert score(metric, space, clips, clips.flip(1)) == {"temporal_ratio": pytest.approx(1)}  # backwards is as fast
    faint = (clips.float() / 2).to(torch.uint8)
    assert score(metric, space, faint, clips)["temporal_ratio"] == pytest.approx(0.5, abs=0.01)
    with pytest.raises(ValueError, match="the real clips do not move"):
        score(metric, space, clips, still(clips))


def test_consistency_of_still_clips_is_1_and_of_unrelated_frames_about_0(space) -> None:
    metric, clips = ContentConsistency(space, CLIPS), noise(200)
    assert score(metric, space, still(clips), clips)["content_consistency"] == pytest.approx(1, abs=1e-6)
    assert score(metric, space, clips, clips)["content_consistency"] == pytest.approx(0, abs=0.02)
    shuffled = clips.flatten(0, 1)[torch.randperm(1600, generator=torch.Generator().manual_seed(0))].unflatten(
        0, (200, 8)
    )
    mixed = torch.where(
        torch.rand(200, 8, 1, 1, 1, generator=torch.Generator().manual_seed(1)) < 0.5, still(clips), shuffled
    )
    assert 0.1 < score(metric, space, mixed, clips)["content_consistency"] < 0.5


def test_consistency_equals_a_direct_analysis_of_variance() -> None:
    space = SimpleNamespace(name="x", frames=3, spatial_width=3, classes=0)
    values = torch.tensor([[1.0, 2.0, 3.0], [4.0, 4.0, 7.0], [0.0, 1.0, 2.0]])
    metric = ContentConsistency(space, SimpleNamespace(spec=Spec((3, 1, 8, 8))))
    statistics = SampleStatistics(gather(iter([(FeatureBatch(values, spatial=values), 0)]), metric.statistics))
    means = values.mean(1)
    between, within = 3 * means.var(), values.var(1).mean()
    expected = ((between - within) / (between + 2 * within)).item()
    assert metric.compute(statistics, statistics)["content_consistency"] == pytest.approx(expected, abs=1e-6)


def test_the_distance_of_a_set_to_itself_is_0_and_order_matters(space) -> None:
    data = MovingDigits(frames=8, clips=1)
    space = VideoRandom(data)
    metric, clips = FID(space, data), torch.cat([batch.sample for batch in data.real_samples(300)])
    assert score(metric, space, clips, clips)["fid"] == pytest.approx(0, abs=1e-6)
    order = torch.stack([torch.randperm(8, generator=torch.Generator().manual_seed(row)) for row in range(300)])
    shuffled = clips[torch.arange(300)[:, None], order]
    other = torch.cat([batch.sample for batch in data.real_samples(300, split="test")])
    distances = [score(metric, space, fake, clips)["fid"] for fake in (other, shuffled, still(clips))]
    assert distances[0] < distances[1] < distances[2]


def test_data_and_spaces_without_frames_are_refused(space) -> None:
    images = SimpleNamespace(spec=Spec((1, 8, 8)))
    with pytest.raises(UnsuitableMetricError, match="metric=temporal_ratio is for clips"):
        TemporalRatio(Identity(images), images)
    with pytest.raises(UnsuitableMetricError, match="features of at least 2 frames, which features=identity"):
        ContentConsistency(Identity(CLIPS), CLIPS)
    with pytest.raises(ValueError, match="features=video_random reads clips of 1 or 3 channels"):
        VideoRandom(images)
    with pytest.raises(ValueError, match="need uint8 clips"):
        space(noise().float())


def test_long_large_coloured_clips_have_features_of_16_frames() -> None:
    data = SimpleNamespace(spec=Spec((40, 3, 24, 20)))
    found = VideoRandom(data)(torch.zeros(2, 40, 3, 24, 20, dtype=torch.uint8))
    assert (found.features.shape, found.spatial.shape) == ((2, 64), (2, 16 * 64))


def test_the_classifier_learns_once_what_moves_and_where(monkeypatch, tmp_path, capfd) -> None:
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path))
    data = MovingDigits(resolution=16, frames=2, clips=1, limit=1000)
    space = VideoClassifier(data, steps=150)
    assert "training a classifier of 40 classes" in capfd.readouterr().err
    facts = space.describe()
    assert facts["accuracy"] > 0.1  # chance is 0.025
    assert (facts["frames"], facts["resolution"], facts["trained_on"]) == (2, 32, data.fingerprint())
    again = VideoClassifier(data, steps=150)
    assert "training" not in capfd.readouterr().err
    clips = data.take(torch.arange(8))
    assert again(clips).logits.equal(space(clips).logits)
    assert again.describe() == facts
    unlabelled = SimpleNamespace(spec=data.spec, labels=None, classes_available=0)
    with pytest.raises(ValueError, match="features=video_classifier learns from labels"):
        VideoClassifier(unlabelled)
