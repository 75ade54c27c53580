"""Two voices: who says what in which split, and that pairs are pairs."""

import shutil

import pytest
import torch

from ganlab import Random
from ganlab.core.pixel_range import to_network_range
from ganlab.data import voice_pairs
from ganlab.data.voice_pairs import VoicePairs, split_manners

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


FEW = {"speeds": (150, 180), "pitches": (40, 47, 53, 60)}


@pytest.fixture
def few(monkeypatch):
    """Three words."""
    monkeypatch.setattr(voice_pairs, "WORDS", ("one", "seven", "stop"))


def test_no_manner_is_in_two_splits_and_in_training_voices_share_none() -> None:
    sources, targets = split_manners(48, 0.125, 0.25)
    assert sources["validation"].equal(targets["validation"])
    assert sources["test"].equal(targets["test"])
    parts = [sources["train"], targets["train"], sources["validation"], sources["test"]]
    assert torch.cat(parts).sort().values.equal(torch.arange(48 * len(voice_pairs.WORDS)))
    assert [len(part) for part in parts] == [300, 300, 120, 240]


@needs_espeak
def test_counterparts_are_the_same_words_in_the_same_manner(few) -> None:
    data = VoicePairs(**FEW)
    conditions = next(data.conditions(0, 3, "test"))
    truth = next(data.counterparts(0, 3, "test"))
    assert conditions.truth is None
    assert conditions.cond.shape == truth.shape == (6, 1, 40, 64)
    inputs, outputs = to_network_range(conditions.cond), to_network_range(truth)
    words = conditions.labels
    distances = (inputs[:, None] - outputs).abs().mean((2, 3, 4))
    other_word = words[:, None] != words
    assert distances.diagonal().mean() < 0.9 * distances[other_word].mean()
    with pytest.raises(ValueError, match="in training no sound has a counterpart"):
        next(data.counterparts(split="train"))


@needs_espeak
def test_images_are_those_of_the_sounds_and_differ_in_pitch(few) -> None:
    data = VoicePairs(**FEW)
    sounds = next(data.source_sounds(0, 0, "validation"))
    images = to_network_range(next(data.conditions(0, 0, "validation")).cond)
    assert (data.kind_of_sound.from_sounds(sounds, 40) - images).abs().max() <= 1 / 255 + 1e-6
    pitches = []
    for voice in data.voices:
        spectrum = torch.fft.rfft(data.sounds[voice][:, :4096], 8192).abs().square()
        lags = torch.fft.irfft(spectrum)[:, 20:160]  # 50 to 400 Hz
        pitches.append((8000 / (20 + lags.argmax(1))).median())
    assert pitches[1] > 1.2 * pitches[0]


@needs_espeak
def test_batches_hold_both_voices_and_no_labels(few) -> None:
    data = VoicePairs(**FEW)
    batch = data.batch(data.split("train")[:4], Random(0))
    assert batch.sample.shape == batch.cond.shape == (4, 1, 40, 64)
    assert data.spec == VoicePairs.preview()
    assert (data.kind.name, data.spec.classes, data.classes_available) == ("log_mel", 0, 3)
    assert VoicePairs(source_voice="en-us+f2", target_voice="en-us+m3", **FEW).fingerprint() != data.fingerprint()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"source_voice": "en-gb+m3"}, "a voice is an accent"),
        ({"target_voice": "en-us+nosuch"}, "got 'en-us\\+nosuch'"),
        ({"source_voice": "en-us+m3", "target_voice": "en-us+m3"}, "must differ"),
        ({"mels": 8}, "mels must be from 16 to 64, got 8"),
        ({"speeds": [150, 150]}, "speeds must be different numbers from 80 to 450"),
        ({"pitches": [100]}, "pitches must be different numbers from 0 to 99"),
    ],
)
def test_settings_are_checked_before_a_word_is_spoken(settings, sentence) -> None:
    with pytest.raises(ValueError, match=sentence):
        VoicePairs.preview(**settings)


def test_each_voice_needs_a_manner_for_training() -> None:
    with pytest.raises(ValueError, match="2 manners leave 0 for training"):
        split_manners(2, 0.5, 0.5)
