"""Sound: one panel per sample, a spectrogram over a waveform, with axes in seconds and hertz."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, final

import numpy as np
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional

from ganlab.core.figures import SAMPLE
from ganlab.core.interfaces import Shape
from ganlab.kinds import axes
from ganlab.kinds.base import Kind, ReadSample, RealSamples, Sheet, unlike
from ganlab.kinds.lettering import PADDING
from ganlab.kinds.panels import Panels, paste_spectrogram
from ganlab.kinds.resampling import resample
from ganlab.kinds.sample_folder import folder_patterns, write_folder
from ganlab.kinds.sound_files import SUFFIXES, read_sound
from ganlab.layers.spectra import OVERLAP, default_n_fft

FULL_SCALE = 32768.0  # of int16, which stands for 1
SHEET_SOUNDS = 200  # real sounds that determine the loudest level
SPECTROGRAM, WAVEFORM = 96, 36  # heights of the parts of a panel, in pixels
RANGE_DB = 80.0  # what is so much quieter than the loudest real sound is white
FREQUENCY_TICKS = 4  # intervals on the axis of frequencies, at most


def to_pcm16(sound: np.ndarray) -> np.ndarray:
    """Return values in [−1, 1] as int16, of which 32,768 are 1; others are cut off, and NaN is silence."""
    return np.clip(np.nan_to_num(sound * FULL_SCALE).round(), -FULL_SCALE, FULL_SCALE - 1).astype("<i2")


def _to_float32(sound: np.ndarray) -> np.ndarray:
    return sound.astype("<f4")


ENCODERS = {"pcm16": to_pcm16, "float32": _to_float32}  # of values in files, the default first


@final
@dataclass(frozen=True)
class AudioBackdrop:
    """The highest level of real sounds in decibels, and their highest amplitude."""

    loudest_db: float
    peak: float


@final
@dataclass(frozen=True)
class AudioKind(Kind):
    """Sounds (samples, channels) in [−1, 1], of `rate` samples per second."""

    rate: int

    name, plural = "audio", "sounds (samples, channels)"
    max_classes = 16
    output_patterns = folder_patterns("sounds", ".wav")
    encodings: ClassVar[tuple[str, ...]] = tuple(ENCODERS)
    suffixes = SUFFIXES
    read_settings = ("rate", "length", "channels")

    def write(self, samples: Tensor, output: Path, classes: Sequence[str] = (), encoding: str = "") -> None:
        """Write sounds/, with a wav file per sound; pcm16 cuts values off at −1 and 1."""
        encode = ENCODERS[encoding or self.encodings[0]]
        write_folder(output / "sounds", ".wav", samples, classes, partial(write_wav, rate=self.rate, encode=encode))

    @classmethod
    def read(cls, path: Path, *, rate: int = 0, length: int = 0, channels: int = 0, **_: int) -> ReadSample:
        """Read a wav, flac, ogg, opus, mp3 or aiff file; raises ValueError if it is broken.

        With `channels` 1, the channels are averaged, and other numbers must be those of the file; with `rate`, the
        sound is resampled to it; with `length`, it is cut to so many samples, or silence is appended.
        """
        sound, header = read_sound(path)
        if channels == 1:
            sound = sound.mean(1, keepdim=True)
        elif channels not in (0, sound.shape[1]):
            raise ValueError(f"it has {sound.shape[1]} channels, of which {channels} cannot be made; set channels=1")
        if rate:
            sound = resample(sound, header.rate, rate)
        if length:
            sound = functional.pad(sound[:length], (0, 0, 0, max(0, length - len(sound))))
        return ReadSample(sound, {"rate": rate or header.rate})

    @classmethod
    def explain_difference(cls, path: Path, found: Mapping[str, ReadSample]) -> str:
        """Name the setting that makes the sounds of a folder alike."""
        rates = {name: each.facts["rate"] for name, each in found.items()}
        lengths = {name: each.sample.shape[0] for name, each in found.items()}
        channels = {name: each.sample.shape[1] for name, each in found.items()}
        if differ := unlike(rates):
            what, advice = "rates in hertz", f"set rate={min(rates.values())} to resample all"
        elif differ := unlike(channels):
            what, advice = "numbers of channels", "set channels=1 to average those of each"
        else:
            differ, what = unlike(lengths), "lengths in samples"
            advice = f"set length={max(lengths.values())}, the longest, to append silence to the others"
        assert differ is not None
        first, name, other = differ
        return f"the sounds in {path} have different {what}: {first:,}, and {other:,} in {name}; {advice}"

    def default_features(self, shape: Shape, classes: int) -> str:
        """Return log_mel, which needs no weights."""
        return "log_mel"

    def backdrop(self, data: RealSamples) -> AudioBackdrop:
        """Return the levels of real sounds."""
        return self._levels(data.decoded_samples(SHEET_SOUNDS).sample)

    def draw(self, sheet: Sheet, backdrop: AudioBackdrop | None = None) -> Image.Image:
        """Draw the first 16 sounds of (n, samples, channels); raises ValueError if there is none.

        The spectrogram is that of the mean of the channels, the waveform the range of all of them.
        """
        if not len(sheet):
            raise ValueError("a sample sheet needs at least one sound, got 0")
        levels = backdrop or self._levels(sheet.samples)
        left = axes.label_width(0, self.rate / 2, FREQUENCY_TICKS) + PADDING

        def draw_panel(picture: Image.Image, sample: Tensor, box: axes.Box, is_first: bool) -> None:
            sound = sample.detach().double().cpu().nan_to_num().numpy()
            upper, lower = box._replace(bottom=box.top + SPECTROGRAM), box._replace(top=box.top + SPECTROGRAM + 1)
            decibels = self._decibels(sound.mean(1))
            paste_spectrogram(picture, 1 + (decibels - levels.loudest_db) / RANGE_DB, upper)
            picture.paste(_waveform(sound, lower, levels), (lower.left, lower.top))
            draw = ImageDraw.Draw(picture)
            axes.draw_frame(draw, lower)
            if is_first:
                axes.draw_vertical_axis(draw, upper, 0, self.rate / 2, FREQUENCY_TICKS)

        panels = Panels(SPECTROGRAM + 1 + WAVEFORM, sheet.samples.shape[1] / self.rate, left)
        return panels.draw(sheet, draw_panel, f"{self.rate:,} Hz; axes in hertz and seconds")

    def _levels(self, sounds: Tensor) -> AudioBackdrop:
        waves = sounds.detach().double().cpu().nan_to_num().numpy()
        loudest = max((float(self._decibels(wave.mean(1)).max()) for wave in waves), default=0.0)
        return AudioBackdrop(loudest, max(float(np.abs(waves).max(initial=0.0)), 1e-3))

    def _decibels(self, wave: np.ndarray) -> np.ndarray:
        """Return the levels (frequencies, frames) of a sound (samples,); a full-scale sine has about 0 dB."""
        size = default_n_fft(self.rate)
        hop = max(size // OVERLAP, len(wave) // 1000)
        padded = np.pad(wave, (size // 2, size))
        frames = np.lib.stride_tricks.sliding_window_view(padded, size)[: len(wave) + 1 : hop]
        window = np.hanning(size + 1)[:-1]
        magnitude = np.abs(np.fft.rfft(frames * window)).T / (window.sum() / 2)
        return 20 * np.log10(np.maximum(magnitude, 1e-10))


def write_wav(sound: Tensor, path: Path, rate: int, encode: Callable[[np.ndarray], np.ndarray]) -> None:
    """Write one sound (samples, channels) with a function that encodes its values."""
    from scipy.io import wavfile  # slow to import, and most commands never write sound

    wavfile.write(path, rate, encode(sound.detach().cpu().double().numpy()))


def _waveform(sound: np.ndarray, box: axes.Box, levels: AudioBackdrop) -> Image.Image:
    """Draw the range of a sound (samples, channels) in every column of pixels."""
    width, height = box.right - box.left, box.bottom - box.top
    picture = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(picture)
    edges = np.linspace(0, len(sound), width + 1).astype(int)
    for x in range(width):
        part = sound[edges[x] : max(edges[x] + 1, edges[x + 1])]
        if part.size:
            high, low = (np.clip(level / levels.peak, -1, 1) for level in (part.max(), part.min()))
            draw.line((x, (1 - high) / 2 * (height - 1), x, (1 - low) / 2 * (height - 1)), SAMPLE)
    return picture
