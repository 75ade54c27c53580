"""Noise with the mean spectrum and the mean envelope of each class of sounds: the least that a generator must beat."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch
from ganlab.core.random import Random

SMOOTH_SECONDS = 0.004  # over which envelopes are averaged


@final
@dataclass(frozen=True)
class ShapedNoise:
    """Draws Gaussian noise, filtered and then faded like the sounds of a class on average.

    `gains` (classes, channels, frequencies) are those of a filter, after which noise keeps a power of 1 and has the
    mean power spectrum of the class; `envelopes` (classes, channels, samples) are root mean squares over its sounds at
    each time. `shares` (classes,) are the classes' parts of the sounds. So the noise has the spectrum, the decay and
    the loudness of a class, and nothing else: no pitch, no change of timbre in time, and no difference between sounds.
    """

    gains: Tensor
    envelopes: Tensor
    shares: Tensor

    @classmethod
    def of(cls, sounds: Iterable[Batch], classes: int, rate: int) -> "ShapedNoise":
        """Return the noise for batches of sounds (n, samples, channels) with labels (n,), or without, as one class.

        The noise of a class without sounds is silent. Only sums are kept of the batches, as large as the noise of each
        class. Raises ValueError if there are no sounds.
        """
        labelled = classes > 0
        powers = squares = torch.zeros((), dtype=torch.float64)
        counts = torch.zeros(max(classes, 1), dtype=torch.float64)
        for batch in sounds:
            waves = batch.sample.mT.double()
            labels = batch.cond if labelled else torch.zeros(len(waves), dtype=torch.long)
            members = torch.nn.functional.one_hot(labels, len(counts)).double()
            counts += members.sum(0)
            powers = powers + torch.einsum("nk,ncf->kcf", members, torch.fft.rfft(waves).abs().square())
            squares = squares + torch.einsum("nk,nct->kct", members, waves.square())
        if not counts.any():
            raise ValueError("shaped noise needs at least 1 sound, got 0")
        divisors = counts.clamp_min(1)[:, None, None]
        envelopes = _smooth(squares / divisors, max(1, round(rate * SMOOTH_SECONDS))).sqrt()
        return cls(_unit_gains(powers / divisors, envelopes.shape[2]).float(), envelopes.float(), counts / counts.sum())

    def __call__(self, count: int, labels: Tensor | None, random: Random) -> Tensor:
        """Return sounds (count, samples, channels) in [−1, 1] of classes (count,); None draws each by its share."""
        if labels is None:
            labels = torch.searchsorted(self.shares.cumsum(0), random.uniform("class", (count,)).double())
            labels = labels.clamp_max(len(self.shares) - 1)  # sums are rounded
        _, channels, samples = self.envelopes.shape
        noise = torch.fft.rfft(random.normal("noise", (count, channels, samples))) * self.gains[labels]
        return (torch.fft.irfft(noise, samples) * self.envelopes[labels]).clamp(-1, 1).mT


def _unit_gains(powers: Tensor, samples: int) -> Tensor:
    """Return roots of spectra (…, frequencies), scaled so that filtered noise of power 1 has power 1; 0 for silence."""
    counts = torch.full((powers.shape[-1],), 2.0, dtype=powers.dtype)  # all but two frequencies stand for two
    counts[0] = 1
    counts[-1] = 1 + samples % 2
    mean = (powers * counts).sum(-1, keepdim=True) / samples
    return torch.where(mean > 0, powers / mean.clamp_min(torch.finfo(powers.dtype).tiny), 0).sqrt()


def _smooth(values: Tensor, width: int) -> Tensor:
    """Return means of `width` values around each of (k, channels, samples), of as many as there are at the ends."""
    return torch.nn.functional.avg_pool1d(
        values, width + 1 - width % 2, stride=1, padding=width // 2, count_include_pad=False
    )
