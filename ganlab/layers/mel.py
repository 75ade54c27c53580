"""Mel scales, the matrix of mel filters, and `LogMel`, the log-mel spectrogram of waves."""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, final

import torch
from torch import Tensor, nn

from ganlab.layers.spectra import STFT

NORMALISATIONS = ("slaney", "none")


@final
class MelScale(NamedTuple):
    """A mel scale: mels of frequencies in hertz, and its inverse."""

    mels: Callable[[Tensor], Tensor]
    hertz: Callable[[Tensor], Tensor]


def _slaney_mels(hertz: Tensor) -> Tensor:
    return torch.where(hertz < KNEE, hertz / LINEAR, KNEE / LINEAR + (hertz.clamp_min(KNEE) / KNEE).log() / STEP)


def _slaney_hertz(mels: Tensor) -> Tensor:
    knee = KNEE / LINEAR
    return torch.where(mels < knee, mels * LINEAR, KNEE * ((mels.clamp_min(knee) - knee) * STEP).exp())


# Slaney 1998, Auditory Toolbox: linear below 1 kHz, logarithmic above.
LINEAR = 200 / 3  # hertz per mel below the knee
KNEE = 1000.0  # hertz
STEP = math.log(6.4) / 27  # growth of the logarithm of hertz per mel above the knee
RULES: Mapping[str, MelScale] = {
    "slaney": MelScale(_slaney_mels, _slaney_hertz),
    "htk": MelScale(lambda f: 2595 * (1 + f / 700).log10(), lambda m: 700 * (10 ** (m / 2595) - 1)),  # O'Shaughnessy
}


def mel_filters(
    rate: int,
    n_fft: int,
    mels: int,
    rule: str = "slaney",
    normalisation: str = "slaney",
    lowest: float = 0.0,
    highest: float | None = None,
) -> Tensor:
    """Return triangular filters (n_fft // 2 + 1, mels), float32, that sum magnitudes of frequencies to mel bands.

    Their corners are equidistant in mels by `rule`, "slaney" or "htk", from `lowest` to `highest` hertz (None: half the
    rate). `normalisation` is "slaney" for triangles of area 1 over hertz, with a peak of 2 / width, or "none" for peaks
    of 1. Raises ValueError for unknown rules, a range outside 0 … rate / 2, and bands so narrow that one holds no
    frequency, which would be constant.
    """
    highest = rate / 2 if highest is None else highest
    if rule not in RULES:
        raise ValueError(f"the mel rule must be one of {', '.join(RULES)}, got {rule!r}")
    if normalisation not in NORMALISATIONS:
        raise ValueError(f"the mel normalisation must be one of {', '.join(NORMALISATIONS)}, got {normalisation!r}")
    if mels < 1 or not 0 <= lowest < highest <= rate / 2:
        raise ValueError(
            f"mel filters need 1 band or more and a range within 0 and half the rate, {rate / 2:g} Hz, got {mels} "
            f"bands from {lowest:g} to {highest:g} Hz"
        )
    scale = RULES[rule]
    bottom, top = scale.mels(torch.tensor([lowest, highest], dtype=torch.float64)).tolist()
    corners = scale.hertz(torch.linspace(bottom, top, mels + 2, dtype=torch.float64))
    frequencies = torch.linspace(0, rate / 2, n_fft // 2 + 1, dtype=torch.float64)
    low, peak, high = corners[:-2], corners[1:-1], corners[2:]
    rising = (frequencies[:, None] - low) / (peak - low)
    falling = (high - frequencies[:, None]) / (high - peak)
    filters = torch.minimum(rising, falling).clamp_min(0)
    if normalisation == "slaney":
        filters = filters * 2 / (high - low)
    empty = (filters.sum(0) == 0).nonzero()[:, 0]
    if len(empty):
        raise ValueError(
            f"band {int(empty[0])} of {mels} mel bands holds none of the frequencies of n_fft={n_fft} at {rate} Hz; "
            "choose fewer mels or a greater n_fft"
        )
    return filters.float()


@final
class LogMel(nn.Module):
    """Log-mel spectrogram: (n, samples) → (n, frames, mels), ln max(floor, filters · |spectrum| ^ power).

    Magnitudes (`power=1`) of frames of `n_fft` samples every `hop` samples under a Hann window, with `padding` as in
    `STFT`, are summed by `mel_filters` for sounds of `rate` samples per second; `power=2` sums powers instead. Nothing
    is learnt, and gradients flow to the sounds; below the floor they are 0. Sounds may be on any device and in any
    precision: the filters follow them, and the module stays where it is, so several users can share it. Raises
    ValueError for settings that do not fit each other, and on sounds that are too short.

    >>> LogMel(rate=8000, n_fft=512, hop=128, mels=40)(torch.zeros(2, 8000)).shape
    torch.Size([2, 63, 40])
    """

    filters: Tensor

    def __init__(
        self,
        rate: int,
        n_fft: int,
        hop: int,
        mels: int,
        rule: str = "slaney",
        normalisation: str = "slaney",
        padding: str = "center",
        power: float = 1.0,
        floor: float = 1e-5,
        lowest: float = 0.0,
        highest: float | None = None,
    ) -> None:
        super().__init__()
        if not (power > 0 and floor > 0):
            raise ValueError(f"power and floor of a log-mel spectrogram must be positive, got {power:g} and {floor:g}")
        self.stft = STFT(n_fft, hop, padding)
        self.rate, self.mels, self.rule, self.normalisation = rate, mels, rule, normalisation
        self.power, self.floor = power, floor
        self.lowest, self.highest = lowest, rate / 2 if highest is None else highest
        filters = mel_filters(rate, n_fft, mels, rule, normalisation, lowest, highest)
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, waves: Tensor) -> Tensor:
        """Return natural logarithms (n, frames, mels) of waves (n, samples)."""
        return self.mel(waves).clamp_min(self.floor).log()

    def mel(self, waves: Tensor) -> Tensor:
        """Return mel magnitudes, or powers, (n, frames, mels) of waves (n, samples)."""
        magnitudes = self.stft.magnitudes(waves)
        return (magnitudes if self.power == 1 else magnitudes**self.power) @ self.filters.to(magnitudes)

    def frames(self, samples: int) -> int:
        """Return the number of frames of sounds with this many samples."""
        return self.stft.frames(samples)

    def describe(self) -> dict[str, Any]:
        """Return the settings that two log-mel spectrograms must share to be comparable."""
        return {
            "rate": self.rate,
            "n_fft": self.stft.n_fft,
            "window": "hann",
            "hop": self.stft.hop,
            "padding": f"{self.stft.padding}, reflect",
            "mels": self.mels,
            "mel_rule": self.rule,
            "mel_normalisation": self.normalisation,
            "hertz": [self.lowest, self.highest],
            "power": self.power,
            "floor": self.floor,
        }
