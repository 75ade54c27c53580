"""Sound as images: levels and instantaneous frequencies over frequency and time, and back (GANSynth)."""

import math
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from ganlab.layers.sound_shapes import SoundShape
from ganlab.layers.spectra import STFT


@final
@dataclass(frozen=True)
class SpectralImages:
    """Images (channels, frequencies, frames) of sounds, after Engel et al. 2019, GANSynth, section 2.2.

    Frames of `n_fft` samples are `hop` samples apart; there are n_fft / 2 frequencies, without the highest, so sides
    are powers of two if these are. A level of 1 is that of a sine of amplitude 1, and −1 is `range_db` below it, which
    stands for silence. An instantaneous frequency is the advance of the phase since the frame before in half turns, in
    excess of the advance of the frequency itself. Raises ValueError for sizes that do not fit.

    >>> images = SpectralImages(n_fft=256, hop=128, range_db=80.0)
    >>> images.shape(SoundShape(8192, 1), 2)
    (2, 128, 64)
    """

    n_fft: int
    hop: int
    range_db: float

    def __post_init__(self) -> None:
        if self.range_db <= 0:
            raise ValueError(f"range_db must be above 0, got {self.range_db}")
        if self.n_fft % 2:
            raise ValueError(f"n_fft must be even, got {self.n_fft}")
        _ = self.stft

    @property
    def stft(self) -> STFT:
        """The transform, with one frame for each `hop` samples; raises ValueError for sizes that do not fit."""
        return STFT(self.n_fft, self.hop, padding="hop")

    def shape(self, sound: SoundShape, parts: int) -> tuple[int, int, int]:
        """Return the shape of the images of a sound, of `parts` image channels for each of its own.

        Raises ValueError if its length is no multiple of the hop, or too short.
        """
        if sound.samples % self.hop or sound.samples < self.n_fft:
            raise ValueError(
                f"a spectrogram with a hop of {self.hop} and frames of {self.n_fft} needs sounds of a multiple of "
                f"{self.hop} samples, and of {self.n_fft} at least, got {sound.samples}; cut or pad the data, or "
                "choose another hop"
            )
        return parts * sound.channels, self.n_fft // 2, sound.samples // self.hop

    def levels(self, spectra: Tensor) -> Tensor:
        """Return the levels (n, frames, frequencies) of spectra, smooth functions also of spectra that are 0."""
        decibels = 10 * (self._powers(spectra) + self._floor**2).log10()
        return 1 + 2 * decibels / self.range_db

    def frequencies(self, spectra: Tensor) -> tuple[Tensor, Tensor]:
        """Return cosine and sine of π times the instantaneous frequencies of spectra (n, frames, frequencies).

        Both go to 0 with the level of either frame, since silence has no phase; those of the first frame are 0.
        """
        before = torch.cat([torch.zeros_like(spectra[:, :1]), spectra[:, :-1]], 1)
        products = spectra * before.conj() * self._turns(spectra.real).mul(-1j * math.pi).exp()
        powers = (self._powers(spectra) + self._floor**2) * (self._powers(before) + self._floor**2)
        scales = (powers * self._gain**4).rsqrt()
        return products.real * scales, products.imag * scales

    def spectra(self, waves: Tensor) -> Tensor:
        """Return the spectra (n, frames, frequencies) of waves (n, samples), without the highest frequency."""
        return self.stft.spectra(waves)[..., :-1]

    def waves(self, levels: Tensor, frequencies: Tensor) -> Tensor:
        """Return the waves (n, samples) of levels and instantaneous frequencies, both (n, frames, frequencies)."""
        magnitudes = (10 ** ((levels - 1) * self.range_db / 40) - self._floor) * self._gain
        phases = math.pi * (frequencies + self._turns(frequencies)).cumsum(1)
        spectra = torch.polar(magnitudes.clamp_min(0), phases)
        full = torch.nn.functional.pad(torch.view_as_real(spectra), (0, 0, 0, 1))
        return self.stft.waves(torch.view_as_complex(full), levels.shape[1] * self.hop)

    @property
    def _floor(self) -> float:
        return float(10 ** (-self.range_db / 20))

    @property
    def _gain(self) -> float:
        """The magnitude of a sine of amplitude 1: half the sum of a Hann window."""
        return self.n_fft / 4

    def _powers(self, spectra: Tensor) -> Tensor:
        return (spectra.real.square() + spectra.imag.square()) / self._gain**2

    def _turns(self, like: Tensor) -> Tensor:
        """Return the half turns of each frequency in a hop, (frequencies,)."""
        numbers = torch.arange(self.n_fft // 2, dtype=like.dtype, device=like.device)
        return 2 * numbers * self.hop / self.n_fft % 2
