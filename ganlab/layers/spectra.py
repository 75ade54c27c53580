"""`STFT`, the short-time Fourier transform of waves and its inverse."""

import math
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor
from torch.nn import functional

PADDINGS = ("center", "hop")
WINDOW_SECONDS = 0.032  # of a default frame, rounded to a power of two: 256 samples at 8 kHz, 512 at 16 kHz
SHORTEST_WINDOW = 16  # samples
OVERLAP = 4  # default frames that cover a sample


def default_n_fft(rate: int) -> int:
    """Return the power of two that is nearest to 32 ms of samples, at least 16."""
    return max(SHORTEST_WINDOW, int(2 ** round(math.log2(rate * WINDOW_SECONDS))))


@final
@dataclass(frozen=True)
class STFT:
    """Spectra of frames of `n_fft` samples, `hop` samples apart, under a periodic Hann window of `window` samples.

    A window shorter than `n_fft` (0: equal) lies in the middle of each frame. Waves are continued by reflection:
    `padding` is "center" for ⌊n_fft / 2⌋ samples at each end, so that frame t is centred on sample t · hop and there
    are 1 + ⌊samples / hop⌋ frames, as in librosa and torchaudio; or "hop" for (n_fft − hop) / 2 samples, so that
    samples of a multiple of `hop` have samples / hop frames, one for each step of a vocoder. Raises ValueError for
    sizes that do not fit each other.

    >>> STFT(n_fft=512, hop=128).magnitudes(torch.zeros(3, 8000)).shape  # n, frames, frequencies
    torch.Size([3, 63, 257])
    >>> STFT(n_fft=512, hop=128, padding="hop").frames(8064)
    63
    """

    n_fft: int
    hop: int
    padding: str = "center"
    window: int = 0

    def __post_init__(self) -> None:
        if self.padding not in PADDINGS:
            raise ValueError(f"padding must be one of {', '.join(PADDINGS)}, got {self.padding!r}")
        if not 0 < self.hop < self.n_fft:
            raise ValueError(f"hop must be from 1 to n_fft - 1 = {self.n_fft - 1} samples, got {self.hop}")
        if not (self.window == 0 or self.hop < self.window <= self.n_fft):
            raise ValueError(
                f"window must be above the hop of {self.hop} and at most n_fft = {self.n_fft} samples, or 0 for n_fft, "
                f"got {self.window}"
            )
        if self.padding == "hop" and (self.n_fft - self.hop) % 2:
            raise ValueError(
                f"padding=hop needs n_fft and hop that are both even or both odd, got {self.n_fft} and {self.hop}"
            )

    @property
    def frequencies(self) -> int:
        """The number of frequencies, from 0 to half the rate."""
        return self.n_fft // 2 + 1

    @property
    def margin(self) -> int:
        """The samples by which waves are continued at each end."""
        return self.n_fft // 2 if self.padding == "center" else (self.n_fft - self.hop) // 2

    def frames(self, samples: int) -> int:
        """Return the number of frames of a wave."""
        return 1 + (samples + 2 * self.margin - self.n_fft) // self.hop

    def spectra(self, waves: Tensor) -> Tensor:
        """Return the complex spectra (n, frames, frequencies) of waves (n, samples).

        Raises ValueError for waves that are too short to continue.
        """
        if waves.shape[1] <= self.margin:
            raise ValueError(
                f"an n_fft of {self.n_fft} with padding={self.padding} needs sounds of more than {self.margin} "
                f"samples, got {waves.shape[1]}; choose a smaller n_fft"
            )
        padded = functional.pad(waves, (self.margin, self.margin), mode="reflect")
        return torch.fft.rfft(padded.unfold(1, self.n_fft, self.hop) * self.weights(waves))

    def magnitudes(self, waves: Tensor) -> Tensor:
        """Return the absolute values (n, frames, frequencies) of the spectra of waves (n, samples).

        Where a spectrum is 0, its gradient is 0.
        """
        return self.spectra(waves).abs()

    def waves(self, spectra: Tensor, samples: int) -> Tensor:
        """Return the waves (n, samples) whose spectra are nearest to these by least squares.

        Griffin and Lim 1984, equation 6: windowed frames are added, and divided by the sum of squared windows. Samples
        that no window reaches are 0.
        """
        weights = self.weights(spectra.real)
        frames = torch.fft.irfft(spectra, self.n_fft) * weights
        total = self._overlap(frames)
        norm = self._overlap(weights.square().expand(1, len(frames[0]), -1))
        inner = (total / norm.clamp_min(torch.finfo(norm.dtype).tiny))[:, self.margin : self.margin + samples]
        return functional.pad(inner, (0, samples - inner.shape[1]))

    def weights(self, like: Tensor) -> Tensor:
        """Return the window (n_fft,) in the precision and on the device of a tensor."""
        size = self.window or self.n_fft
        window = torch.hann_window(size, dtype=like.dtype, device=like.device)
        left = (self.n_fft - size) // 2
        return functional.pad(window, (left, self.n_fft - size - left))

    def _overlap(self, frames: Tensor) -> Tensor:
        """Add frames (n, frames, n_fft), each `hop` samples after the one before."""
        length = self.n_fft + self.hop * (frames.shape[1] - 1)
        added = functional.fold(frames.mT, (1, length), (1, self.n_fft), stride=(1, self.hop))
        return added[:, 0, 0]
