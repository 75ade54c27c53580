"""Waves from magnitudes without phase, and from log-mel spectrograms: the vocoder without learning."""

import torch
from torch import Tensor

from ganlab.core.random import Random
from ganlab.layers.mel import LogMel
from ganlab.layers.spectra import STFT

MOMENTUM = 0.99
ITERATIONS = 32
INVERSION_STEPS = 100  # of non-negative least squares


def griffin_lim(
    stft: STFT,
    magnitudes: Tensor,
    samples: int,
    random: Random,
    iterations: int = ITERATIONS,
    momentum: float = MOMENTUM,
) -> Tensor:
    """Return waves (n, samples) whose spectra have approximately these magnitudes (n, frames, frequencies).

    The algorithm of Griffin and Lim 1984, section III, with the momentum of Perraudin et al. 2013, algorithm 2: each
    iteration takes the phases of the spectra of the waves found so far, extrapolated from those before. It begins with
    random phases, so equal random numbers give equal waves. Raises ValueError for magnitudes of another number of
    frequencies, or of another number of frames than waves of so many samples have.
    """
    expected = (stft.frames(samples), stft.frequencies)
    if tuple(magnitudes.shape[1:]) != expected:
        raise ValueError(
            f"waves of {samples} samples have magnitudes (frames, frequencies) of shape {expected}, got "
            f"{tuple(magnitudes.shape[1:])}"
        )
    phases = _draw_phases(magnitudes, random)
    before = torch.zeros_like(phases)
    for _ in range(iterations):
        consistent = stft.spectra(stft.waves(magnitudes * phases, samples))
        phases = _unit(consistent + momentum * (consistent - before))
        before = consistent
    return stft.waves(magnitudes * phases, samples)


def mel_to_magnitudes(mel: Tensor, filters: Tensor, steps: int = INVERSION_STEPS) -> Tensor:
    """Return magnitudes (n, frames, frequencies) ≥ 0 whose mel bands by `filters` are nearest to mel (n, frames, mels).

    Non-negative least squares by the multiplicative updates of Lee and Seung 2001, theorem 1, from the transposed
    filters. Many magnitudes have the same bands; these spread a band over its frequencies, as smooth as its filters.
    """
    target = mel @ filters.T
    products = filters @ filters.T
    magnitudes = target.clone()
    for _ in range(steps):
        magnitudes = magnitudes * target / (magnitudes @ products).clamp_min(torch.finfo(mel.dtype).tiny)
    return magnitudes


def log_mel_to_waves(
    log_mel: LogMel,
    spectrograms: Tensor,
    samples: int,
    random: Random,
    iterations: int = ITERATIONS,
    momentum: float = MOMENTUM,
) -> Tensor:
    """Return waves (n, samples) for log-mel spectrograms (n, frames, mels), by `mel_to_magnitudes` and `griffin_lim`.

    Raises what `griffin_lim` raises.
    """
    mel = spectrograms.exp()
    magnitudes = mel_to_magnitudes(mel, log_mel.filters.to(mel)) ** (1 / log_mel.power)
    return griffin_lim(log_mel.stft, magnitudes, samples, random, iterations, momentum)


def _draw_phases(magnitudes: Tensor, random: Random) -> Tensor:
    angles = random.uniform("phase", magnitudes.shape) * (2 * torch.pi)
    return torch.polar(torch.ones_like(angles), angles).to(
        magnitudes.device, torch.complex(magnitudes, magnitudes).dtype
    )


def _unit(spectra: Tensor) -> Tensor:
    """Divide complex numbers by their absolute values; 0 stays 0."""
    return spectra / spectra.abs().clamp_min(torch.finfo(spectra.real.dtype).tiny)
