"""Baselines of sounds are drawn like generated samples, and scored under the same protocol."""

import pytest
import torch
from support.metric_sounds import RATE, Sounds

from ganlab.data.audio import AudioDataSet
from ganlab.data.readers.sound_storage import InMemorySounds
from ganlab.data.readers.sound_windows import SoundWindows
from ganlab.features import LogMelStatistics
from ganlab.metrics import FID, PRDC, Copies, Evaluator
from ganlab.metrics.scoring.conditioned import baseline_samples, score_baselines
from ganlab.metrics.scoring.floors import score_floor, stand_ins
from ganlab.metrics.scoring.scoring import real_samples
from ganlab.protocols import Protocol


class ShortSounds(AudioDataSet):
    """The tones and noises of `Sounds`, two thirds for training."""

    def __init__(self, labels=True, conditional=True):
        source = Sounds(count=300)
        table = [(sound * 32768).round().to(torch.int16) for sound in source.sounds]
        order = torch.arange(300)
        splits = {"train": order[:200], "validation": order[:0], "test": order[200:]}
        windows = SoundWindows(InMemorySounds(table, RATE), 2000, "cut")
        known = (
            {"labels": source.labels, "class_names": ["tone", "noise"], "conditional": conditional} if labels else {}
        )
        super().__init__(windows, [str(number) for number in range(300)], splits, **known)


def protocol(**settings):
    return Protocol(
        **{"name": "small", "samples": 90, "real_samples": 1000, "split": "test", "batch_size": 32} | settings
    )


def draw(data, **settings):
    return baseline_samples(data, protocol(**settings))["shaped_noise"]


def test_as_many_samples_are_drawn_as_generated_with_uniform_classes():
    made = draw(ShortSounds())
    batches = list(made.batches(0, 1))
    assert made.count == sum(len(batch.sample) for batch in batches) == 90
    assert batches[0].sample.shape == (32, 2000, 1)
    labels = torch.cat([batch.labels for batch in batches])
    assert labels.float().mean() == pytest.approx(0.5, abs=0.15)
    tones, noises = (torch.cat([batch.sample[batch.labels == k] for batch in batches]) for k in (0, 1))
    # Tones are between 200 and 800 Hz, and so is their noise.
    powers = [torch.fft.rfft(sounds[:, :, 0]).abs().square().mean(0) for sounds in (tones, noises)]
    assert powers[0][250:].sum() < 0.05 * powers[0].sum()
    assert powers[1][250:].sum() > 0.5 * powers[1].sum()


def test_two_processes_share_the_batches_and_seeds_matter():
    data = ShortSounds()
    everything = list(draw(data).batches(0, 1))
    shared = [None] * len(everything)
    shared[0::2], shared[1::2] = (list(draw(data).batches(rank, 2)) for rank in (0, 1))
    assert all(torch.equal(a.sample, b.sample) for a, b in zip(everything, shared, strict=True))
    other = next(iter(draw(data, seed=5).batches(0, 1)))
    assert not torch.equal(other.sample, everything[0].sample)


@pytest.mark.parametrize("labels", [True, False])
def test_networks_without_classes_have_a_baseline_without_labels(labels):
    batch = next(iter(draw(ShortSounds(labels=labels, conditional=False)).batches(0, 1)))
    assert batch.labels is None
    assert batch.sample.abs().max() > 0.1


def test_real_sounds_are_nearer_than_shaped_noise():
    data = ShortSounds()
    features = LogMelStatistics(data)
    metrics = {"fid": FID(features, data), "prdc": PRDC(features, data), "copies": Copies(features, data)}
    references = {"held_out": real_samples(data, "test", protocol()), "train": real_samples(data, "train", protocol())}
    evaluator = Evaluator(features, metrics, references, 32)
    floor = score_floor(evaluator, stand_ins(data, protocol(), metrics.values()))
    (baseline,) = score_baselines(evaluator, baseline_samples(data, protocol())).values()
    assert floor["fid"] * 3 < baseline["fid"]
    assert baseline["coverage"] < 0.8 < floor["coverage"]
    assert baseline.keys() >= {"fid", "precision", "recall", "density", "coverage", "copies"}


def test_other_data_have_none():
    assert not super(AudioDataSet, ShortSounds()).drawn_baselines()
