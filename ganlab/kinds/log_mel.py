"""Log-mel spectrograms as images, which image networks read, and sounds are made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, final

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from ganlab.core.figures import INK
from ganlab.core.interfaces import Shape
from ganlab.core.random import Random
from ganlab.kinds import axes
from ganlab.kinds.audio import ENCODERS, write_wav
from ganlab.kinds.base import Kind, Sheet
from ganlab.kinds.lettering import PADDING, TEXT_SIZE, font
from ganlab.kinds.panels import Panels, paste_spectrogram
from ganlab.kinds.sample_folder import folder_patterns, write_folder
from ganlab.layers.griffin_lim import log_mel_to_waves
from ganlab.layers.mel import RULES, LogMel

HEIGHT = 96  # of a panel, in pixels
FREQUENCY_TICKS = (0.25, 0.5, 0.75, 1.0)  # parts of the mel axis


@final
@dataclass(frozen=True)
class LogMelKind(Kind):
    """Log-mel spectrograms (1, mels, frames), the lowest band first: [−1, 1] stands for ln magnitudes [low, high].

    Frames of `n_fft` samples every `hop` samples are summed by Slaney's mel filters, of sounds of `rate` samples per
    second (see `ganlab.layers.mel.LogMel`). The sound of frames t has (t − 1) · hop samples.
    """

    rate: int
    n_fft: int
    hop: int
    low: float
    high: float

    name, plural = "log_mel", "log-mel spectrograms (1, mels, frames)"
    max_classes = 16
    is_quantised = True
    output_patterns = folder_patterns("sounds", ".wav")
    encodings: ClassVar[tuple[str, ...]] = tuple(ENCODERS)

    def from_sounds(self, sounds: Tensor, mels: int) -> Tensor:
        """Return spectrograms (n, 1, mels, frames) of sounds (n, samples), cut off at −1 and 1."""
        levels = self._transform(mels)(sounds).mT[:, None]
        return ((levels - self.low) * (2 / (self.high - self.low)) - 1).clamp(-1, 1)

    def to_sounds(self, spectrograms: Tensor) -> Tensor:
        """Return sounds (n, samples) of spectrograms (n, 1, mels, frames) by Griffin-Lim; equal ones give equal sounds.

        The phases are not known, so `to_sounds(from_sounds(x))` only sounds like x.
        """
        values = spectrograms.detach().float().cpu().clamp(-1, 1)
        levels = ((values[:, 0].mT + 1) * ((self.high - self.low) / 2)) + self.low
        _, _, mels, frames = spectrograms.shape
        return log_mel_to_waves(self._transform(mels), levels, (frames - 1) * self.hop, Random(seed=0))

    def write(self, samples: Tensor, output: Path, classes: Sequence[str] = (), encoding: str = "") -> None:
        """Write sounds/, with a wav file per spectrogram; pcm16 cuts values off at −1 and 1."""
        encode = ENCODERS[encoding or self.encodings[0]]
        sounds = self.to_sounds(samples)[..., None]
        write_folder(output / "sounds", ".wav", sounds, classes, partial(write_wav, rate=self.rate, encode=encode))

    def default_features(self, shape: Shape, classes: int) -> str:
        """Return classifier if there are classes, which it is trained on, else random."""
        return "classifier" if classes else "random"

    def draw(self, sheet: Sheet, backdrop: Any = None) -> Image.Image:
        """Draw the first 16 of (n, 1, mels, frames); raises ValueError if there is none."""
        if not len(sheet):
            raise ValueError("a sample sheet needs at least one spectrogram, got 0")
        ticks = [(part, f"{self._hertz(part):.0f}") for part in FREQUENCY_TICKS]
        left = max(round(font(TEXT_SIZE).getlength(label)) for _, label in ticks) + 2 * axes.TICK + 1 + PADDING

        def draw_panel(picture: Image.Image, sample: Tensor, box: axes.Box, is_first: bool) -> None:
            spectrogram = sample.detach().float().cpu().nan_to_num(nan=-1).numpy()[0]
            paste_spectrogram(picture, (spectrogram + 1) / 2, box)
            for part, label in ticks if is_first else ():
                y = box.bottom - part * (box.bottom - box.top)
                draw = ImageDraw.Draw(picture)
                draw.line((box.left - 1 - axes.TICK, y, box.left - 1, y), INK)
                draw.text((box.left - 2 * axes.TICK, y), label, INK, font(TEXT_SIZE), anchor="rm")

        panels = Panels(HEIGHT, (sheet.samples.shape[3] - 1) * self.hop / self.rate, left)
        return panels.draw(sheet, draw_panel, f"{self.rate:,} Hz; axes in hertz and seconds")

    def _transform(self, mels: int) -> LogMel:
        return LogMel(self.rate, self.n_fft, self.hop, mels, floor=float(np.exp(self.low)))

    def _hertz(self, part: float) -> float:
        """Return the frequency at a part of the mel axis."""
        scale, highest = RULES["slaney"], torch.tensor(self.rate / 2, dtype=torch.float64)
        return float(scale.hertz(scale.mels(highest) * part))
