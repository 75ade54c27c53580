"""Means and deviations of log-mel bands over time, for sounds; they need no weights."""

from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.features.base import MAX_SPATIAL, FeatureBatch, Features, Source
from ganlab.features.sound_input import FLOOR, MELS, RULE, build_log_mel, channel_spectrograms, require_sound_shape
from ganlab.layers.mel import LogMel

SEGMENTS = 16  # of a sound, in the spatial features


@final
class LogMelStatistics(Features):
    """Mean and standard deviation over time of each band of the log-mel spectrogram of each channel.

    The features are `mels` means, then `mels` deviations, of the first channel, then those of the next. They contain
    loudness, timbre and how much both vary, but not the order in time, which the spatial features contain: the means of
    up to 16 segments of the sound. Sounds keep their rate. `n_fft` samples per frame (None: the power of two nearest 32
    ms), `hop` samples between frames (None: n_fft / 4), mel `rule` and `floor` are those of `LogMel`: what is below the
    floor counts as silence. Raises ValueError for data of another kind, and for settings that do not fit it.
    """

    name = "log_mel"
    network: LogMel

    def __init__(
        self,
        data: Source,
        n_fft: int | None = None,
        hop: int | None = None,
        mels: int = MELS,
        rule: str = RULE,
        floor: float = FLOOR,
    ) -> None:
        shape = require_sound_shape(data, self.name)
        log_mel = build_log_mel(shape, n_fft, hop, mels, rule, floor)
        super().__init__(log_mel, 2 * mels * shape.channels)
        self.channels = shape.channels
        self.segments = min(SEGMENTS, log_mel.frames(shape.samples), max(1, MAX_SPATIAL // (mels * shape.channels)))
        self.spatial_width = self.segments * mels * shape.channels

    def extract(self, samples: Tensor) -> FeatureBatch:
        """Return means and deviations, and the means of segments as spatial features, of (n, samples, channels)."""
        bands = channel_spectrograms(self.network, samples)
        features = torch.cat([bands.mean(2), bands.std(2, correction=0)], 2)
        segments = functional.adaptive_avg_pool1d(bands.mT.flatten(1, 2), self.segments)
        return FeatureBatch(features.flatten(1), spatial=segments.flatten(1))

    def describe(self) -> dict[str, Any]:
        """Return the name, the settings of the spectrogram, the channels and the width."""
        fixed = {"name": self.name, "weights": None, "resize": None, "resolution": None, "width": self.width}
        return {**fixed, "channels": self.channels, "segments": self.segments, **self.network.describe()}
