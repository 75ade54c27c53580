"""The checks of generated sounds, on tones and on noise in place of samples."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from support.sounds import RATE, Tones

from ganlab.core.interfaces import Batch
from ganlab.core.random import Random
from ganlab.data.shaped_noise import ShapedNoise

pytest.importorskip("torchaudio", reason="torchaudio, of the extra dev, computes the spectrograms of the checks")
sys.path.append(str(Path(__file__).parents[2] / "scripts" / "tables"))
import sound_checks


def tones(count, seed, **settings):
    sounds, labels = Tones(labels=True, **settings).draw(count, Random(seed))
    return sounds, labels.numpy()


@pytest.fixture(scope="module")
def results():
    train, test, fake = (tones(150, seed) for seed in (0, 1, 2))
    labels = torch.arange(150) % 3
    noise = ShapedNoise.of([Batch(train[0], torch.from_numpy(train[1]))], 3, RATE)(150, labels, Random(3))
    return sound_checks.check_sounds(fake, (noise, labels.numpy()), train, test, RATE)


def test_real_sounds_are_as_good_as_real_sounds(results):
    assert results["heard"] > 0.97
    assert results["heard_real"] > 0.97
    assert results["frechet"] < 2 * results["frechet_train"]
    assert results["coverage"] > 0.7
    assert results["distance"] == pytest.approx(1, abs=0.2)
    assert results["centroid_hz"] < 100


def test_noise_is_heard_as_something_else(results):
    assert results["frechet_noise"] > 3 * results["frechet"]
    assert results["coverage_noise"] < 0.1


def test_wrong_classes_copies_and_other_envelopes_are_noticed():
    train, test = tones(150, 0), tones(150, 1)
    rolled = train[0], (train[1] + 1) % 3
    faded = test[0] * torch.linspace(1, 0.01, test[0].shape[1])[:, None], test[1]
    copied = sound_checks.check_sounds(rolled, train, train, test, RATE)
    assert copied["heard"] == 0
    assert copied["distance"] == 0
    assert copied["coverage"] == copied["coverage_train"]
    assert sound_checks.check_sounds(faded, train, train, test, RATE)["envelope_db"] > 5


def test_the_frechet_distance_of_shifted_rows_is_the_squared_shift():
    rows = np.random.default_rng(0).normal(size=(500, 3))
    assert sound_checks.frechet_distance(rows, rows + np.array([1, 2, 0])) == pytest.approx(5, abs=1e-3)
    assert sound_checks.frechet_distance(rows, 2 * rows) == pytest.approx(3, rel=0.2)
