"""Sound files of every format, and every way in which one can be broken."""

import struct

import numpy as np
import pytest
import torch
from scipy.io import wavfile

from ganlab.kinds.resampling import resample
from ganlab.kinds.sound_files import read_part, read_sound

soundfile = pytest.importorskip("soundfile")
RATE = 8000


def tone(hertz=440.0, seconds=0.5, rate=RATE):
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize(
    ("suffix", "subtype", "error"),
    [
        (".wav", "PCM_16", 1e-4),
        (".wav", "PCM_24", 1e-6),
        (".wav", "FLOAT", 0.0),
        (".wav", "PCM_U8", 0.01),
        (".flac", "PCM_16", 1e-4),
        (".aiff", "PCM_16", 1e-4),
        (".ogg", None, 0.1),
        (".mp3", None, 0.1),
    ],
)
def test_every_format_is_read_to_the_same_scale(tmp_path, suffix, subtype, error) -> None:
    path = tmp_path / f"a{suffix}"
    soundfile.write(path, tone(), RATE, subtype=subtype)
    sound, header = read_sound(path)
    assert (header.rate, header.samples) == (RATE, len(sound))
    assert sound.dtype == torch.float32
    assert sound.shape[1] == 1
    middle = slice(1000, 3000)
    assert np.abs(sound[middle, 0].numpy() - tone()[middle]).max() <= error


def test_floats_beyond_one_are_kept(tmp_path) -> None:
    wavfile.write(tmp_path / "a.wav", RATE, np.float32([0.5, -1.5]))
    assert read_sound(tmp_path / "a.wav")[0].flatten().tolist() == [0.5, -1.5]


def test_broken_files_are_refused_with_the_reason(tmp_path) -> None:
    path = tmp_path / "a.wav"

    def refuses(reason: str, data: bytes, name: str = "a.wav") -> None:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValueError, match=reason):
            read_sound(tmp_path / name)

    wavfile.write(path, RATE, (tone() * 32767).astype(np.int16))
    whole = path.read_bytes()
    refuses("cut off: 2,000 bytes are missing", whole[:-2000])
    refuses("no sound that can be read", b"")
    refuses("no sound that can be read", b"no sound at all")
    refuses("no sound that can be read", whole[:20])
    wavfile.write(path, RATE, np.zeros(0, np.int16))
    refuses("holds no samples", path.read_bytes())
    soundfile.write(tmp_path / "b.flac", np.random.default_rng(0).normal(0, 0.1, 20000), RATE)
    refuses("no sound that can be read", (tmp_path / "b.flac").read_bytes()[:8000], "b.flac")


@pytest.mark.parametrize("before", [b"", b"ID3\x04\x00\x00\x00\x00\x01\x05" + bytes(133)], ids=["plain", "with ID3"])
@pytest.mark.parametrize("rate", [8000, 44_100])
@pytest.mark.parametrize("channels", [1, 2])
def test_an_mp3_file_that_ends_before_its_tag_says_is_refused(tmp_path, before, rate, channels) -> None:
    path = tmp_path / "a.mp3"
    noise = np.random.default_rng(0).normal(0, 0.1, (rate, channels))
    soundfile.write(path, noise, rate)
    whole = before + path.read_bytes()
    path.write_bytes(whole)
    assert len(read_sound(path)[0]) == rate
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(ValueError, match=f"it is cut off: it ends after .* of the {rate:,} samples that it announces"):
        read_sound(path)
    place = max(whole.find(b"Xing"), whole.find(b"Info"))
    path.write_bytes((whole[:place] + bytes(8) + whole[place + 8 :])[: len(whole) * 2 // 3])
    assert len(read_sound(path)[0]) < rate  # without the tag nothing shows it


@pytest.mark.parametrize(
    ("name", "rate", "subtype"),
    [
        ("a.wav", 44_100, "PCM_16"),
        ("a.wav", 8000, "IMA_ADPCM"),
        ("a.wav", 8000, "GSM610"),
        ("a.flac", 44_100, None),
        ("a.ogg", 44_100, "VORBIS"),
        ("a.opus", 24_000, "OPUS"),
        ("a.mp3", 24_000, None),
    ],
)
def test_parts_equal_those_of_the_whole_file(tmp_path, name, rate, subtype) -> None:
    """Seeking in a file of Vorbis, Opus or MPEG would give parts that differ, by up to the whole range."""
    random = np.random.default_rng(0)
    sound = 0.3 * np.sin(np.arange(2 * rate) * 0.2) + 0.1 * random.normal(size=2 * rate)
    soundfile.write(tmp_path / name, sound, rate, format="OGG" if name == "a.opus" else None, subtype=subtype)
    whole, _ = read_sound(tmp_path / name)
    for start in random.integers(0, 2 * rate, 30).tolist():
        part, found = read_part(tmp_path / name, start, start + 1000)
        assert torch.equal(part, whole[start : start + 1000])
        assert found == rate
    assert not len(read_part(tmp_path / name, len(whole) + 5, len(whole) + 9)[0])


def test_a_header_of_unknown_length_is_no_fault(tmp_path) -> None:
    path = tmp_path / "a.wav"
    wavfile.write(path, RATE, (tone() * 32767).astype(np.int16))
    data = bytearray(path.read_bytes())
    data[4:8] = struct.pack("<I", 0x7FFFF024)
    data[40:44] = struct.pack("<I", 0x7FFFF000)
    path.write_bytes(data)
    assert read_sound(path)[0].shape == (4000, 1)


@pytest.mark.parametrize(("rate", "new_rate"), [(44100, 16000), (8000, 44100), (128000, 16000), (8000, 8000)])
def test_a_resampled_tone_keeps_frequency_and_level(rate, new_rate) -> None:
    sound = resample(torch.from_numpy(tone(1000, 0.5, rate))[:, None], rate, new_rate)
    expected = torch.from_numpy(tone(1000, 0.5, new_rate))[:, None]
    assert len(sound) == len(expected)
    middle = slice(len(sound) // 4, 3 * len(sound) // 4)
    assert (sound[middle] - expected[middle]).abs().max() < 0.01


def test_resampling_removes_what_the_new_rate_cannot_hold() -> None:
    sound = resample(torch.from_numpy(tone(7000, 0.5, 44100))[:, None], 44100, 8000)
    assert sound[1000:3000].abs().max() < 0.01
