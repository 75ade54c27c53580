"""Sounds: where a tone is in the picture, and what files hold."""

import numpy as np
import pytest
import torch
from scipy.io import wavfile

from ganlab.core.interfaces import Spec
from ganlab.kinds import Sheet, kind_of
from ganlab.kinds.audio import SPECTROGRAM, WAVEFORM, AudioKind, to_pcm16

RATE = 8000


def tone(hertz, seconds=0.5, amplitude=0.5, rate=RATE):
    time = torch.arange(round(seconds * rate)) / rate
    return (amplitude * (2 * torch.pi * hertz * time).sin())[:, None]


def rows_of_the_spectrogram(picture):
    """Return the darkness of each row of the only panel, from 0 Hz up."""
    image = 255 - np.asarray(picture.convert("L"), float)
    top = picture.height - 25 - WAVEFORM - 10 - SPECTROGRAM  # numbers, waveform, space between panels
    return image[top : top + SPECTROGRAM, 100:700].mean(1)[::-1]


@pytest.mark.parametrize("hertz", [500, 2000, 3500])
def test_a_tone_is_a_line_at_its_frequency(hertz) -> None:
    kind = AudioKind(RATE)
    row = int(rows_of_the_spectrogram(kind.draw(Sheet(tone(hertz)[None]))).argmax())
    assert (row + 0.5) / SPECTROGRAM * RATE / 2 == pytest.approx(hertz, abs=2 * RATE / 2 / SPECTROGRAM)


def test_quiet_sounds_are_paler_on_the_background_of_loud_ones() -> None:
    kind = AudioKind(RATE)
    loud, quiet = (tone(1000, amplitude=level)[None] for level in (0.5, 0.005))
    levels = kind._levels(loud)
    darkness = [rows_of_the_spectrogram(kind.draw(Sheet(sound), levels)).max() for sound in (loud, quiet)]
    assert darkness[1] < 0.8 * darkness[0]
    assert kind.draw(Sheet(quiet)).tobytes() != kind.draw(Sheet(quiet), levels).tobytes()


def test_silence_nan_stereo_and_short_sounds_are_drawn() -> None:
    kind = AudioKind(RATE)
    for sounds in (torch.zeros(2, 100, 1), torch.full((1, 64, 2), torch.nan), torch.rand(3, 5, 2), torch.rand(1, 1, 1)):
        assert kind.draw(Sheet(sounds, labels=torch.zeros(len(sounds), dtype=torch.int64))).width == 800
    with pytest.raises(ValueError, match="at least one sound"):
        kind.draw(Sheet(torch.zeros(0, 8, 1)))


def test_sixteen_bits_keep_what_they_can_hold_and_cut_the_rest() -> None:
    every = torch.arange(-32768, 32768) / 32768
    assert (to_pcm16(every.numpy()) == np.arange(-32768, 32768)).all()
    assert to_pcm16(np.array([1.5, -1.5, np.nan])).tolist() == [32767, -32768, 0]


@pytest.mark.parametrize(
    ("encoding", "kind_of_numbers"), [("", np.int16), ("pcm16", np.int16), ("float32", np.float32)]
)
def test_files_hold_rate_channels_and_values(tmp_path, encoding, kind_of_numbers) -> None:
    sounds = torch.stack([torch.cat([tone(440), tone(880)], 1), torch.cat([tone(100), tone(200)], 1)])
    AudioKind(RATE).write(sounds, tmp_path, ["a", "b"], encoding)
    names = sorted(path.name for path in (tmp_path / "sounds").iterdir())
    assert names == ["0.wav", "1.wav", "classes.csv"]
    rate, values = wavfile.read(tmp_path / "sounds" / "1.wav")
    assert (rate, values.shape, values.dtype) == (RATE, (4000, 2), kind_of_numbers)
    scale = 32768 if kind_of_numbers is np.int16 else 1
    assert np.abs(values / scale - sounds[1].numpy()).max() <= 0.5 / 32768


def test_data_of_sound_say_their_rate() -> None:
    kind = kind_of(Spec((4000, 1), kind="audio", facts={"rate": RATE}))
    assert (kind.rate, kind.default_features((4000, 1), 0)) == (RATE, "log_mel")
    assert kind_of(Spec((4000, 1))).name == "sequence"
