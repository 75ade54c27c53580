"""`data=vocoder`: sounds with their spectrograms as conditions."""

from pathlib import Path

import pytest
import torch
from support.pair_checks import assert_batches_depend_on_step_alone
from support.sound_folders import sine, write_wav
from support.sounds import Tones

from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.data import AudioFolder, Digits, Vocoder
from ganlab.layers.mel import LogMel

pytest.importorskip("soundfile", reason="the extra 'audio' is not installed")


@pytest.fixture
def sounds(tmp_path: Path) -> AudioFolder:
    for number in range(20):
        write_wav(tmp_path / "ab"[number % 2] / f"{number}.wav", sine(150 + 60 * number, 0.2 + 0.01 * number))
    return AudioFolder(str(tmp_path), rate=8000, samples=1024, fit="windows", validation=0.1, test=0.2)


def test_a_frame_belongs_to_every_hop_and_is_its_log_mel(sounds: AudioFolder) -> None:
    data = Vocoder(sounds, hop=128, mels=20)
    assert data.spec == Spec((1024, 1), (8, 20), kind="audio", facts={"rate": 8000}, paired=True)
    assert data.spec == Vocoder.preview(sounds=sounds.spec, hop=128, mels=20)
    batch = data.batch(data.split("train")[:5], Random())
    assert torch.equal(batch.sample, sounds.batch(data.split("train")[:5], Random()).sample)
    log_mel = LogMel(8000, 512, 128, 20, padding="hop")
    assert torch.equal(batch.cond, log_mel(batch.sample[..., 0]))
    # A tone has its energy in the band of its frequency.
    loudest = batch.cond.mean(1).argmax(1)
    hertz = torch.fft.rfft(batch.sample[..., 0]).abs().argmax(1) * 8000 / 1024
    assert (hertz.argsort() == loudest.argsort(stable=True)).all()


def test_conditions_are_those_of_the_real_samples_in_their_order(sounds: AudioFolder) -> None:
    data = Vocoder(sounds)
    for split in ("train", "validation", "test"):
        reals = list(data.real_samples(seed=3, split=split, chunk=4))
        known = list(data.conditions(seed=3, split=split, chunk=4))
        assert data.condition_count(0, split) == sum(len(each.cond) for each in known) == len(data.split(split))
        for real, each in zip(reals, known, strict=True):
            assert torch.equal(real.sample, each.truth)
            assert torch.equal(data.spectrograms(real.sample), each.cond)
            assert torch.equal(real.cond, each.labels)
    assert_batches_depend_on_step_alone(data)


def test_griffin_lim_is_the_baseline(sounds: AudioFolder) -> None:
    data = Vocoder(sounds)
    known = next(data.conditions(4, split="test"))
    made = data.baselines()["griffin_lim"](known.cond)
    assert made.shape == known.truth.shape
    error = (data.spectrograms(made) - known.cond).abs().mean()
    silent = (data.spectrograms(torch.zeros_like(made)) - known.cond).abs().mean()
    assert error < 0.2 * silent
    assert torch.equal(made, data.baselines()["griffin_lim"](known.cond))  # the same at every scoring


def test_the_baseline_of_spectrograms_on_another_device_leaves_the_data_where_it_is(sounds: AudioFolder) -> None:
    data = Vocoder(sounds)
    known = next(data.conditions(2, split="test"))
    made = data.baselines()["griffin_lim"](known.cond.to("meta"))
    assert (made.device.type, made.shape) == ("meta", known.truth.shape)
    assert torch.equal(data.spectrograms(known.truth), known.cond)


def test_the_fingerprint_and_the_protocol_have_the_settings(sounds: AudioFolder) -> None:
    prints = {Vocoder(sounds, **settings).fingerprint() for settings in ({}, {"mels": 30}, {"hop": 64}, {"n_fft": 256})}
    assert len(prints) == 4
    assert Vocoder(sounds).fingerprint() == Vocoder(sounds).fingerprint() != sounds.fingerprint()
    settings = Vocoder(sounds).score_settings()
    assert settings["spectrogram"]["hop"] == 128
    assert "resampling" in settings


@pytest.mark.parametrize(
    ("spec", "settings", "message"),
    [
        (
            Digits.preview(resolution=16),
            {},
            r"data.sounds must be a data set of sounds, got samples of shape \(1, 16, 16\)",
        ),
        (Tones.preview(channels=2), {}, r"data.sounds must be mono, got 2 channels; set data.sounds.channels=1"),
        (Tones.preview(labels=True), {}, r"data.sounds.labels must be false, because the condition is a spectrogram"),
        (Tones.preview(), {"hop": 100}, r"data.sounds.samples must be a multiple of hop=100 above 206.* got 1024"),
        (Tones.preview(), {"mels": 500}, "holds none of the frequencies of n_fft=512"),
    ],
)
def test_sounds_and_settings_that_do_not_fit_are_one_sentence(spec: Spec, settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Vocoder.preview(sounds=spec, **settings)
