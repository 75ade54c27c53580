"""Shaped noise has the spectrum, the envelope and the classes of the sounds that it is made from, and no more."""

import math
from weakref import ref

import pytest
import torch

from ganlab.core.interfaces import Batch
from ganlab.core.random import Random
from ganlab.data.shaped_noise import ShapedNoise

RATE, SAMPLES = 8000, 2048


def noise(count=200, seed=0, channels=1):
    return 0.1 * torch.randn(count, SAMPLES, channels, generator=torch.Generator().manual_seed(seed))


def level(sounds):
    return float(sounds.square().mean().sqrt())


def test_the_envelope_and_the_level_are_those_of_the_sounds():
    decay = torch.exp(-torch.arange(SAMPLES) / 400)[:, None]
    made = ShapedNoise.of([Batch(noise() * decay)], 0, RATE)(500, None, Random(0))
    assert made.shape == (500, SAMPLES, 1)
    parts = made.reshape(500, 16, -1).square().mean((0, 2)).sqrt()
    expected = (0.1 * decay).reshape(16, -1).square().mean(1).sqrt()
    torch.testing.assert_close(parts, expected, rtol=0.1, atol=0)


def test_the_spectrum_is_that_of_the_sounds_without_their_phases():
    turns = 128 / SAMPLES * torch.arange(SAMPLES) + torch.rand(300, 1, generator=torch.Generator().manual_seed(1))
    tones = 0.2 * torch.sin(2 * math.pi * turns)[:, :, None]
    made = ShapedNoise.of([Batch(tones)], 0, RATE)(400, None, Random(0))
    powers = torch.fft.rfft(made[:, :, 0]).abs().square().mean(0)
    assert powers.argmax() == 128
    assert powers[120:137].sum() > 0.99 * powers.sum()
    assert level(made) == pytest.approx(level(tones), rel=0.1)
    assert made.std(0).min() > 0.1  # no two are alike, while tones repeat themselves


def test_batches_are_not_kept(monkeypatch):
    made, alive, original = [], [], torch.einsum

    def einsum(*arguments):
        result = original(*arguments)
        made.append(ref(result))
        return result

    monkeypatch.setattr(torch, "einsum", einsum)

    def batches():
        for seed in range(4):
            yield Batch(noise(2, seed))
            alive.append(sum(each() is not None for each in made))

    whole = ShapedNoise.of([Batch(torch.cat([noise(2, seed) for seed in range(4)]))], 0, RATE)
    parts = ShapedNoise.of(batches(), 0, RATE)
    assert len(made) == 10
    assert alive == [0] * 4
    torch.testing.assert_close((parts.gains, parts.envelopes), (whole.gains, whole.envelopes))


def test_every_class_has_its_own_noise():
    sounds = torch.cat([noise(50), noise(50) * 0.1])
    labels = torch.arange(2).repeat_interleave(50)
    shaped = ShapedNoise.of([Batch(sounds[::2], labels[::2]), Batch(sounds[1::2], labels[1::2])], 3, RATE)
    loud, quiet, absent = (shaped(50, torch.full((50,), k), Random(0)) for k in range(3))
    assert level(loud) == pytest.approx(0.1, rel=0.1)
    assert level(quiet) == pytest.approx(0.01, rel=0.1)
    assert not absent.any()
    # Without labels, two classes are drawn by their shares.
    mixed = shaped(400, None, Random(0))
    assert (mixed.square().mean((1, 2)) > 0.05**2).float().mean() == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("samples", [2048, 2047])
def test_batches_do_not_matter_and_channels_are_independent(samples):
    sounds = noise(60, channels=2)[:, :samples] * torch.tensor([1.0, 3.0])
    whole = ShapedNoise.of([Batch(sounds)], 0, RATE)
    parts = ShapedNoise.of([Batch(part) for part in sounds.split(7)], 0, RATE)
    torch.testing.assert_close(whole.gains, parts.gains)
    made = parts(200, None, Random(0))
    assert torch.equal(made, parts(200, None, Random(0)))
    assert level(made[..., 1]) == pytest.approx(3 * level(made[..., 0]), rel=0.05)
    assert level(made[..., 0]) == pytest.approx(0.1, rel=0.05)
    assert torch.corrcoef(made.mT.reshape(200, 2, -1).transpose(0, 1).flatten(1))[0, 1].abs() < 0.02


def test_silence_stays_silent_and_nothing_is_refused():
    assert not ShapedNoise.of([Batch(torch.zeros(3, 64, 1))], 0, RATE)(5, None, Random(0)).any()
    with pytest.raises(ValueError, match="needs at least 1 sound, got 0"):
        ShapedNoise.of([], 0, RATE)
