"""Griffin–Lim is nearer than random phases and a function of its random numbers; mel bands are inverted."""

from itertools import pairwise

import pytest
import torch

from ganlab.core.random import Random
from ganlab.layers.griffin_lim import griffin_lim, log_mel_to_waves, mel_to_magnitudes
from ganlab.layers.mel import LogMel
from ganlab.layers.spectra import STFT


def tones(samples=6144, rate=8000):
    """Return two gliding harmonic tones with an envelope."""
    time = torch.arange(samples) / rate
    pitch = torch.tensor([[110.0], [170.0]]) * (1 + 0.2 * time)
    harmonics = sum(torch.sin(2 * torch.pi * k * pitch * time) / k for k in range(1, 9))
    return 0.2 * harmonics * (1 - torch.exp(-time * 40)) * torch.exp(-time * 2)


def convergence(stft, waves, magnitudes):
    return float((stft.magnitudes(waves) - magnitudes).norm() / magnitudes.norm())


@pytest.mark.parametrize("padding", ["center", "hop"])
def test_griffin_lim_is_far_nearer_than_random_phases(padding):
    stft = STFT(512, 128, padding)
    magnitudes = stft.magnitudes(tones())
    found = griffin_lim(stft, magnitudes, 6144, Random(0))
    assert found.shape == (2, 6144)
    chance = convergence(stft, griffin_lim(stft, magnitudes, 6144, Random(0), iterations=0), magnitudes)
    assert convergence(stft, found, magnitudes) < chance / 5


def test_iterations_without_momentum_never_go_away_from_the_magnitudes():
    stft = STFT(256, 64)
    magnitudes = stft.magnitudes(tones())
    errors = [
        convergence(stft, griffin_lim(stft, magnitudes, 6144, Random(0), n, momentum=0), magnitudes) for n in range(8)
    ]
    assert all(after < before for before, after in pairwise(errors))


def test_momentum_is_nearer_after_as_many_iterations():
    stft = STFT(512, 128)
    magnitudes = stft.magnitudes(tones())
    plain, fast = (
        convergence(stft, griffin_lim(stft, magnitudes, 6144, Random(0), momentum=m), magnitudes) for m in (0, 0.99)
    )
    assert fast < plain


def test_equal_seeds_give_equal_waves_and_others_do_not():
    log_mel = LogMel(8000, 512, 128, 40)
    spectrograms = log_mel(tones())
    first, second, other = (log_mel_to_waves(log_mel, spectrograms, 6144, Random(seed), 3) for seed in (0, 0, 1))
    assert torch.equal(first, second)
    assert not torch.allclose(first, other, atol=1e-2)


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_waves_of_a_log_mel_have_nearly_this_log_mel(power):
    log_mel = LogMel(8000, 512, 128, 40, floor=1e-4, power=power)
    spectrograms = log_mel(tones())
    found = log_mel_to_waves(log_mel, spectrograms, 6144, Random(0))
    silent = log_mel(torch.zeros(2, 6144))
    assert (log_mel(found) - spectrograms).abs().mean() < 0.15 * (silent - spectrograms).abs().mean()


def test_inverted_bands_are_the_bands_and_never_negative():
    log_mel = LogMel(8000, 512, 128, 40)
    mel = log_mel.mel(tones())
    few, many = (mel_to_magnitudes(mel, log_mel.filters, steps) for steps in (100, 1000))
    assert min(few.min(), many.min()) >= 0
    errors = [float((found @ log_mel.filters - mel).norm() / mel.norm()) for found in (few, many)]
    assert errors[0] < 0.02
    assert errors[1] < 0.002  # an exact solution exists: the magnitudes of the waves


def test_silence_stays_silent():
    stft = STFT(512, 128)
    assert torch.equal(griffin_lim(stft, torch.zeros(1, 17, 257), 2048, Random(0), 2), torch.zeros(1, 2048))
    assert torch.equal(mel_to_magnitudes(torch.zeros(1, 3, 4), torch.ones(5, 4), 3), torch.zeros(1, 3, 5))


def test_magnitudes_of_other_waves_are_refused():
    stft = STFT(512, 128)
    with pytest.raises(ValueError, match=r"of shape \(17, 257\), got \(17, 256\)"):
        griffin_lim(stft, torch.zeros(1, 17, 256), 2048, Random(0))
