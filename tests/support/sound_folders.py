"""Sound files for tests, written without the extra `audio`."""

from pathlib import Path

import numpy as np
from scipy.io import wavfile


def sine(hertz: float, seconds: float = 0.5, rate: int = 8000, level: float = 0.5) -> np.ndarray:
    """Return a sine from 0 on, float64 of shape (samples,)."""
    return level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def write_wav(path: Path, sound: np.ndarray, rate: int = 8000) -> Path:
    """Write a sound (samples,) or (samples, channels) with values in [−1, 1] in 16 bits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    wavfile.write(path, rate, np.clip(np.round(sound * 32768), -32768, 32767).astype("<i2"))
    return path


def write_tones(folder: Path, count: int = 10, seconds: float = 0.05) -> Path:
    """Write `count` sines of 8 kHz with different frequencies as 00.wav, 01.wav, …"""
    for number in range(count):
        write_wav(folder / f"{number:02}.wav", sine(100 + 50 * number, seconds))
    return folder
