"""`data=audio_folder`: files of any rates and lengths, faults of every sort, and splits by group."""

import logging
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.io import wavfile
from support.sound_folders import sine, write_tones, write_wav

from ganlab.core.errors import TrainingError, UserError
from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.data import AudioFolder
from ganlab.data.dataset import SPLITS

pytest.importorskip("soundfile", reason="the extra 'audio' is not installed")
import soundfile

PLACES = pytest.mark.parametrize("limit", [100, 0], ids=["in memory", "on disk"])
ALL = {"validation": 0, "test": 0}


def open_folder(folder: Path, **settings: object) -> AudioFolder:
    return AudioFolder(str(folder), **({"rate": 8000, "samples": 400} | settings))  # type: ignore[arg-type]


def samples_of(data: AudioFolder) -> torch.Tensor:
    return data.windows.take(torch.arange(len(data.windows)))


@PLACES
def test_samples_are_floats_of_the_files_with_silence_after_short_ones(tmp_path: Path, limit: int) -> None:
    write_wav(tmp_path / "long.wav", sine(440, 0.1))
    write_wav(tmp_path / "short.wav", sine(300, 0.02))
    data = open_folder(tmp_path, memory_limit_mib=limit, **ALL)
    assert data.spec == Spec((400, 1), kind="audio", facts={"rate": 8000})
    assert data.spec == AudioFolder.preview(path="absent", rate=8000, samples=400)
    assert data.needs_workers == (limit == 0)
    batch = data.batch(torch.tensor([0, 1]), Random())
    assert batch.cond is None
    assert batch.sample.dtype == torch.float32
    assert np.abs(batch.sample[0, :, 0].numpy() - sine(440, 0.05)).max() <= 2**-16 + 1e-9
    assert np.abs(batch.sample[1, :160, 0].numpy() - sine(300, 0.02)).max() <= 2**-16 + 1e-9
    assert not batch.sample[1, 160:].any()


@pytest.mark.parametrize("rate", [4000, 11_025, 44_100, 48_000, 128_000])
def test_resampling_keeps_frequency_level_and_time(tmp_path: Path, rate: int) -> None:
    write_wav(tmp_path / "tone.wav", sine(1000, 1.0, rate), rate)
    sound = samples_of(open_folder(tmp_path, samples=8000, **ALL))[0, :, 0].numpy()
    middle = slice(1000, 7000)
    assert np.abs(sound[middle] - sine(1000, 1.0, 8000)[middle]).max() < 0.005  # of an amplitude of 0.5


def test_resampling_removes_what_the_lower_rate_cannot_hold(tmp_path: Path) -> None:
    write_wav(tmp_path / "high.wav", sine(6000, 1.0, 44_100), 44_100)  # would become 2,000 Hz
    sound = samples_of(open_folder(tmp_path, samples=8000, **ALL))[0, 1000:7000, 0]
    assert 20 * float(torch.log10(sound.abs().max() / 0.5)) < -45


def test_channels_are_mixed_or_doubled(tmp_path: Path) -> None:
    left, right = sine(200), sine(700)
    write_wav(tmp_path / "a stereo.wav", np.stack([left, right], 1))
    write_wav(tmp_path / "b mono.wav", left)
    mono = samples_of(open_folder(tmp_path, **ALL))
    assert np.abs(mono[0, :, 0].numpy() - (left + right)[:400] / 2).max() < 1e-4
    stereo = samples_of(open_folder(tmp_path, channels=2, **ALL))
    assert stereo.shape == (2, 400, 2)
    assert np.abs(stereo[0].numpy() - np.stack([left, right], 1)[:400]).max() < 1e-4
    assert torch.equal(stereo[1, :, 0], stereo[1, :, 1])
    write_wav(tmp_path / "c four.wav", np.stack([left] * 4, 1))
    with pytest.raises(ValueError, match=r"1 of 3 sounds cannot be read: c four.wav \(it has 4 channels, of which two"):
        open_folder(tmp_path, channels=2)
    assert len(open_folder(tmp_path, on_error="skip", **ALL)) == 2  # the mean of four is the mono file


def write_bad_files(folder: Path) -> None:
    """Write a file of every sort that cannot be used, next to three that can."""
    write_tones(folder, 3)
    whole = write_wav(folder / "cut.wav", sine(440)).read_bytes()
    (folder / "cut.wav").write_bytes(whole[: len(whole) // 2])
    soundfile.write(folder / "cut.flac", np.random.default_rng(0).uniform(-1, 1, 8000), 8000)
    data = (folder / "cut.flac").read_bytes()
    (folder / "cut.flac").write_bytes(data[: len(data) // 2])
    write_wav(folder / "empty.wav", np.zeros(0))
    (folder / "nothing.ogg").write_bytes(b"")
    (folder / "text.mp3").write_text("no sound")
    (folder / "header.wav").write_bytes(whole[:36])
    wavfile.write(folder / "nan.wav", 8000, np.full(100, np.nan, np.float32))


BAD = ("cut.flac", "cut.wav", "empty.wav", "header.wav", "nan.wav", "nothing.ogg", "text.mp3")  # in order


@PLACES
def test_bad_files_are_named_or_skipped(tmp_path: Path, limit: int, caplog: pytest.LogCaptureFixture) -> None:
    write_bad_files(tmp_path)
    with pytest.raises(ValueError, match=r"^7 of 10 sounds cannot be read: cut.flac .*; and 2 more: repair") as error:
        open_folder(tmp_path, memory_limit_mib=limit)
    assert "cut.wav (it is cut off: 4,022 bytes are missing" in str(error.value)
    assert "empty.wav (it holds no samples)" in str(error.value)
    assert "nan.wav (it holds values that are no numbers)" in str(error.value)
    assert "\n" not in str(error.value)
    assert [name for name in BAD if name in str(error.value)] == list(BAD[:5])
    with caplog.at_level(logging.WARNING):
        data = open_folder(tmp_path, memory_limit_mib=limit, on_error="skip", **ALL)
    assert data.names == ["00.wav", "01.wav", "02.wav"]
    assert "7 of 10 sounds cannot be read" in caplog.text
    assert "; unreadable files that are skipped: 7" in data.summary()


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".opus", ".aiff"])
def test_files_that_were_cut_off_are_found_and_whole_ones_are_not(tmp_path: Path, suffix: str) -> None:
    write_tones(tmp_path, 1)
    for number, seconds in enumerate((0.02, 0.1, 3.0)):
        path = tmp_path / f"{number}{suffix}"
        sound = np.random.default_rng(number).uniform(-0.5, 0.5, round(seconds * 8000))
        encoding = {"format": "OGG", "subtype": "OPUS"} if suffix == ".opus" else {}
        soundfile.write(path, sound, 8000, **encoding)
    assert len(open_folder(tmp_path, **ALL)) == 4
    whole = path.read_bytes()
    for share in (0.3, 0.9):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(ValueError, match=rf"1 of 4 sounds cannot be read: 2{suffix} \("):
            open_folder(tmp_path)


def test_silent_and_clipped_files_are_used_and_named(tmp_path: Path) -> None:
    write_tones(tmp_path, 2)
    write_wav(tmp_path / "silent.wav", sine(440, level=0.0009))
    write_wav(tmp_path / "quiet.wav", sine(440, level=0.01))
    write_wav(tmp_path / "clipped.wav", sine(440, level=1.5))
    write_wav(tmp_path / "full.wav", sine(440, level=1.0))
    data = open_folder(tmp_path, **ALL)
    assert len(data) == 6
    assert "warning: silent, always below -60 dB: 1 (silent.wav)" in data.summary()
    assert "warning: clipped, 3 samples in a row at full scale: 1 (clipped.wav)" in data.summary()


@PLACES
def test_equal_sounds_are_kept_once_in_whatever_file(tmp_path: Path, limit: int) -> None:
    write_tones(tmp_path, 2)
    write_wav(tmp_path / "z" / "copy.wav", sine(100, 0.05))
    soundfile.write(tmp_path / "other.flac", soundfile.read(tmp_path / "01.wav")[0], 8000)
    data = open_folder(tmp_path, memory_limit_mib=limit, **ALL)
    assert data.names == ["00.wav", "01.wav"]
    assert "; duplicates left out: 2 (other.flac of 01.wav, z/copy.wav of 00.wav)" in data.summary()


def test_the_census_lists_rates_lengths_channels_and_encodings(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", sine(100, 2.0))
    write_wav(tmp_path / "b.wav", np.stack([sine(200, 1.0, 44_100)] * 2, 1), 44_100)
    wavfile.write(tmp_path / "c.wav", 8000, sine(300).astype(np.float32))
    (tmp_path / "notes.txt").write_text("")
    assert open_folder(tmp_path, samples=100_000, **ALL).summary() == (
        "sounds: 3 training, 0 validation, 0 test; 3 files of 3.5 s, each 0.50 s to 2.0 s (median 1.0 s); "
        "8,000 Hz (2), 44,100 Hz (1); mono (2), stereo (1); 16 bits (2), 32 bits float (1); "
        "files ignored by type: 1, such as notes.txt"
    )


@PLACES
def test_windows_tile_a_file_and_whole_files_are_held_out(tmp_path: Path, limit: int) -> None:
    sounds = [sine(90 + 7 * number, 0.01 * (1 + number)) for number in range(20)]
    for number, sound in enumerate(sounds):
        write_wav(tmp_path / f"{number:02}.wav", sound)
    data = open_folder(tmp_path, samples=200, fit="windows", hop=100, memory_limit_mib=limit)
    rows = torch.cat([data.split(split) for split in SPLITS])
    assert rows.sort().values.tolist() == list(range(len(data.windows)))
    files = [set(data.windows.sound[data.split(split)].tolist()) for split in SPLITS]
    assert [len(each) for each in files] == [16, 2, 2]
    assert len(set.union(*files)) == 20
    taken = samples_of(data)[:, :, 0].numpy()
    for number, sound in enumerate(sounds):
        own = taken[data.windows.sound == number]
        assert len(own) == max(1, (len(sound) - 200) // 100 + 1)
        for place, window in enumerate(own):
            part = sound[100 * place : 100 * place + 200]
            assert np.abs(window[: len(part)] - part).max() < 1e-4
            assert not window[len(part) :].any()
    assert data.sound_name(int(data.windows.rows_of(torch.tensor([19]))[1])) == "19.wav from 0.013 s"
    assert "; parts of whole sounds: 16 training, 2 validation, 2 test;" in data.summary()
    ((name, whole),) = [each for each in data.whole_sounds("test") if each[0] == data.names[sorted(files[2])[0]]]
    assert np.abs(whole[:, 0].numpy() - sounds[int(name[:2])]).max() < 1e-4


def test_a_fade_changes_the_fingerprint_also_if_the_first_sound_is_shorter_than_a_part(tmp_path: Path) -> None:
    write_wav(tmp_path / "a short.wav", sine(300, 0.02))
    write_wav(tmp_path / "b long.wav", sine(440, 0.1))
    without, again, faded = (open_folder(tmp_path, fade=fade, **ALL) for fade in (0, 0, 64))
    assert torch.equal(samples_of(without)[0], samples_of(faded)[0])
    assert not torch.equal(samples_of(without)[1], samples_of(faded)[1])
    assert without.fingerprint() == again.fingerprint() != faded.fingerprint()


def test_parts_on_disk_equal_those_in_memory_at_any_rate(tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    for number, rate in enumerate((8000, 11_025, 22_050, 44_100, 48_000, 7_999)):
        write_wav(tmp_path / f"{number}.wav", noise.uniform(-0.9, 0.9, 3 * rate // 2), rate)
    settings = {"samples": 500, "fit": "windows", "hop": 333, "trim": -6.0, "normalise": "peak", **ALL}
    memory = open_folder(tmp_path, **settings)
    disk = open_folder(tmp_path, memory_limit_mib=0, **settings)
    assert torch.equal(samples_of(memory), samples_of(disk))
    assert memory.fingerprint() == disk.fingerprint()
    rows = torch.arange(len(memory.windows)).flip(0)
    assert torch.equal(memory.windows.draw(rows, Random(3)), disk.windows.draw(rows, Random(3)))


@pytest.mark.parametrize("suffix", [".flac", ".ogg", ".mp3", ".aiff"])
def test_other_formats_are_read_in_parts(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 48_000)
    soundfile.write(tmp_path / f"x{suffix}", noise, 48_000)
    settings = {"samples": 1000, "fit": "windows", **ALL}
    memory, disk = (samples_of(open_folder(tmp_path, memory_limit_mib=limit, **settings)) for limit in (1, 0))
    assert len(memory) == 8
    assert (memory - disk).abs().max() <= 2**-14  # a decoder of compressed sound need not begin in the same state


def test_leading_silence_is_removed_and_levels_are_normalised(tmp_path: Path) -> None:
    write_wav(tmp_path / "late.wav", np.concatenate([np.full(1000, 0.0005), sine(500, 0.05, level=0.2)]))
    write_wav(tmp_path / "silent.wav", np.full(400, 0.0001))
    first, silent = samples_of(open_folder(tmp_path, trim=-40.0, normalise="peak", **ALL))[:, :, 0]
    assert np.abs(first[:390].numpy() - sine(500, 0.05, level=0.95)[1:391]).max() < 1e-3
    assert float(silent.abs().max()) < 0.001  # noise is not amplified


def test_a_part_that_goes_on_in_its_file_fades_out(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", np.full(1000, 0.5))
    write_wav(tmp_path / "b.wav", np.full(400, 0.5))
    long, exact = samples_of(open_folder(tmp_path, fade=100, **ALL))[:, :, 0]
    assert long[:300].unique().tolist() == [0.5]
    assert long[300:].diff().max() <= 0
    assert long[-1] == pytest.approx(0, abs=1e-6)
    assert exact.unique().tolist() == [0.5]


def test_folders_are_classes_that_conditional_networks_see(tmp_path: Path) -> None:
    for number in range(20):
        write_wav(tmp_path / "all" / "ab"[number % 2] / f"{number}.wav", sine(100 + 20 * number))
    data = open_folder(tmp_path, labels=True)
    assert (data.spec.classes, data.class_names) == (2, ["a", "b"])
    batch = data.batch(data.split("train"), Random())
    assert batch.cond.bincount().tolist() == [8, 8]  # every split has the same shares of classes
    assert "; training sounds per class: a 8, b 8;" in data.summary()
    assert open_folder(tmp_path).batch(torch.tensor([0]), Random()).cond is None
    write_wav(tmp_path / "outside.wav", sine(3000))
    with pytest.raises(ValueError, match=r"1 of 21 sounds are in no class folder, such as outside.wav; move"):
        open_folder(tmp_path, labels=True)
    assert open_folder(tmp_path).labels is None
    (tmp_path / "outside.wav").unlink()
    (tmp_path / "all" / "a").rename(tmp_path / "all" / "train")
    (tmp_path / "all" / "b").rename(tmp_path / "all" / "test")
    with pytest.raises(ValueError, match="the folders test and train are splits, not classes"):
        open_folder(tmp_path, labels=True)


@pytest.mark.parametrize("group", ["folder", r"/(\w+)_\d+\.wav$"])
def test_splits_never_share_a_group(tmp_path: Path, group: str) -> None:
    for number in range(40):
        write_wav(tmp_path / f"speaker{number % 8}" / f"voice{number % 8}_{number}.wav", sine(100 + 20 * number))
    data = open_folder(tmp_path, group=group, validation=0.25, test=0.125)
    speakers = [{data.sound_name(row).partition("/")[0] for row in data.split(name).tolist()} for name in SPLITS]
    assert [len(each) for each in speakers] == [5, 2, 1]
    assert len(set.union(*speakers)) == 8
    assert data.fingerprint() != open_folder(tmp_path, validation=0.25, test=0.125).fingerprint()
    assert len(open_folder(tmp_path, group=group, limit=7)) == 7


def test_groups_that_cannot_be_split_are_one_sentence(tmp_path: Path) -> None:
    write_tones(tmp_path)
    with pytest.raises(ValueError, match="there must be more groups than the 2 splits that are held out, got 1"):
        open_folder(tmp_path, group="folder")
    with pytest.raises(ValueError, match=r"finds no group in 5 of 10 paths, such as 05.wav; change it"):
        open_folder(tmp_path, group=r"^0([0-4])")


def test_the_fingerprint_covers_samples_splits_labels_and_settings(tmp_path: Path) -> None:
    for number in range(10):
        write_wav(tmp_path / "ab"[number % 2] / f"{number}.wav", sine(100 + 20 * number))
    first = open_folder(tmp_path).fingerprint()
    assert first == open_folder(tmp_path, memory_limit_mib=0).fingerprint()
    changed = [{"rate": 4000}, {"samples": 399}, {"channels": 2}, {"normalise": "peak"}, {"test": 0.3}, {"limit": 3}]
    changed += [{"trim": -3.0}, {"fade": 10}, {"fit": "windows"}, {"fit": "windows", "hop": 300}, {"group": r"(\d)\."}]
    prints = {first, *(open_folder(tmp_path, **settings).fingerprint() for settings in changed)}
    assert len(prints) == 1 + len(changed)
    (tmp_path / "a" / "0.wav").rename(tmp_path / "b" / "0.wav")
    assert open_folder(tmp_path).fingerprint() not in prints  # another class
    louder = sine(100, level=0.6)
    write_wav(tmp_path / "b" / "0.wav", louder)
    assert open_folder(tmp_path).fingerprint() not in prints


def test_the_protocol_of_scores_has_how_sounds_were_prepared(tmp_path: Path) -> None:
    settings = open_folder(write_tones(tmp_path), trim=-40.0, normalise="peak").score_settings()
    assert settings["resampling"] == "scipy.signal.resample_poly, Kaiser window of beta 5"
    assert settings["sounds"] == {"rate": 8000, "channels": 1, "trim": -40.0, "normalise": "peak"}


def test_real_samples_are_distinct_and_batches_depend_on_indices_alone(tmp_path: Path) -> None:
    data = open_folder(write_tones(tmp_path))
    reals = torch.cat([batch.sample for batch in data.real_samples(chunk=3)])
    assert len(reals) == len(reals.flatten(1).unique(dim=0)) == 8
    assert torch.equal(torch.cat([b.sample for b in data.real_samples(4, seed=0)]), reals[:4])
    rows = data.split("train")[:3]
    assert torch.equal(data.batch(rows, Random(1)).sample, data.batch(rows, Random(2)).sample)
    with pytest.raises(ValueError, match=r"this data has no test sounds: raise data.test"):
        next(open_folder(tmp_path, test=0).real_samples(split="test"))


def test_a_sound_that_disappears_or_shrinks_in_training_is_one_sentence(tmp_path: Path) -> None:
    data = open_folder(write_tones(tmp_path, 3), memory_limit_mib=0, **ALL)
    write_wav(tmp_path / "00.wav", sine(100, 0.01))
    (tmp_path / "01.wav").unlink()
    for row, reason in ((0, "it has become shorter"), (1, "it is no sound that can be read")):
        with pytest.raises(TrainingError, match=rf"0{row}.wav cannot be read as a sound \({reason}.*start a new run"):
            data.batch(torch.tensor([row]), Random())


def test_places_without_sounds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"path must be a folder of sound files .*, but .*absent does not exist"):
        open_folder(tmp_path / "absent")
    (tmp_path / "x.txt").write_text("")
    with pytest.raises(ValueError, match=r"path must hold sound files .*hold none; convert others"):
        open_folder(tmp_path)
    with pytest.raises(ValueError, match=r"path must be a folder of sound files .* is a file"):
        open_folder(tmp_path / "x.txt")
    write_wav(tmp_path / ".hidden.wav", sine(100))
    with pytest.raises(ValueError, match="hold none"):
        open_folder(tmp_path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rate": 10}, "rate must be from 1,000 to 384,000 hertz, got 10"),
        ({"samples": 8}, "samples must be at least 16, got 8"),
        ({"channels": 3}, r"channels must be 1 \(mono\) or 2 \(stereo\), got 3"),
        ({"fit": "crop"}, "fit must be one of cut, windows, got 'crop'"),
        ({"hop": -1}, "hop must be a number of samples, or 0"),
        ({"fade": 401}, "fade must be from 0 to samples=400, got 401"),
        ({"trim": 3.0}, "trim must be null, or decibels from -120 to below 0, got 3"),
        ({"normalise": "rms"}, "normalise must be one of none, peak, got 'rms'"),
        ({"group": "speaker"}, "with a part in parentheses, which names the group of a path, got 'speaker'"),
        ({"group": "(a"}, r"group must be file, folder or a regular expression, got '\(a'"),
        ({"on_error": "ignore"}, "on_error must be one of refuse, skip, got 'ignore'"),
        ({"validation": 1.0}, "validation must be a share of the samples"),
        ({"limit": -1}, "limit must be at least 0"),
    ],
)
def test_settings_are_checked_before_and_after_files_are_read(tmp_path: Path, settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AudioFolder.preview(path="absent", **({"samples": 400} | settings))
    with pytest.raises(ValueError, match=message):
        open_folder(write_tones(tmp_path), **settings)


def test_without_the_extra_a_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tones(tmp_path)
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(UserError, match=r"soundfile, which is not installed; run: pip install 'ganlab\[audio\]'"):
        open_folder(tmp_path)
