"""The classifier of sounds: trained once on labels, exact to its arguments, and what its scores see."""

from pathlib import Path

import pytest
import torch
from support.metric_sounds import Sounds
from support.metric_sources import Pictures, Points, compute_scores

from ganlab.core.random import Random
from ganlab.features import Classifier, SoundClassifier
from ganlab.features.sound_input import build_log_mel, require_sound_shape
from ganlab.features.sound_recipe import SoundRecipe
from ganlab.metrics import FID, InceptionScore


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> SoundClassifier:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        return SoundClassifier(Sounds(count=100), steps=40)


def test_it_knows_unseen_sounds(trained: SoundClassifier) -> None:
    unseen = Sounds(count=40, seed=2)
    batch = trained(unseen.sounds)
    assert batch.features.shape == (40, 64)
    assert batch.logits is not None
    assert (batch.logits.argmax(1) == unseen.labels).float().mean() == 1
    assert batch.spatial is not None
    assert batch.spatial.shape == (40, trained.spatial_width)


def test_scores_separate_sounds_from_others(trained: SoundClassifier) -> None:
    data = Sounds(count=100, seed=3)
    real, more, hum = map(trained, (data.sounds, Sounds(count=100, seed=4).sounds, data.sounds[::2] * 0.5))
    good, one_class = (compute_scores(FID(trained), real, fake)["fid"] for fake in (more, hum))
    assert good * 5 < one_class
    diverse, single = (
        compute_scores(InceptionScore(trained, splits=1), None, fake)["inception_score"] for fake in (more, hum)
    )
    assert diverse > 1.8
    assert single < 1.2


def test_the_protocol_says_weights_accuracy_and_spectrogram(trained: SoundClassifier) -> None:
    described = trained.describe()
    assert len(described["weights"]) == 64
    assert described["accuracy"] >= 0.9
    assert described["trained_on"] == "sounds of 100, 1"
    assert described.items() >= {"rate": 8000, "n_fft": 256, "hop": 64, "mels": 40, "floor": 1e-4}.items()


def test_it_is_trained_once_for_each_spectrogram(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path))
    data = Sounds(channels=2)
    first, again = (SoundClassifier(data, steps=3) for _ in range(2))
    assert data.times_read == 1
    assert first.describe() == again.describe()
    assert (first.channels, first.classes) == (2, 2)
    other = SoundClassifier(data, steps=3, mels=20)
    assert data.times_read == 2
    assert other.describe()["weights"] != first.describe()["weights"]
    assert "held-out sounds" in capsys.readouterr().err
    path = next(path for path in tmp_path.glob("classifiers/*/*.safetensors") if 'mels": 20' in _facts(path))
    assert SoundClassifier(data, str(path), mels=20).describe() == other.describe()
    with pytest.raises(ValueError, match=r"its spectrogram is .*'mels': 20.*, which should be .*'mels': 40.*remove it"):
        SoundClassifier(data, str(path))


def test_its_weights_are_not_those_of_a_classifier_of_images(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path))
    SoundClassifier(Sounds(), steps=3)
    (path,) = tmp_path.glob("classifiers/*/*.safetensors")
    message = r"^features\.weights=.* is for features=sound_classifier, not features=classifier; leave it out"
    with pytest.raises(ValueError, match=message):
        Classifier(Pictures(), weights=str(path))


def _facts(path: Path) -> str:
    return path.with_suffix(".json").read_text()


def test_training_changes_sounds_little_and_reproducibly() -> None:
    data = Sounds()
    recipe = SoundRecipe(build_log_mel(require_sound_shape(data, "test"), None, None, 40, "slaney", 1e-4), 2000)
    inputs = recipe.prepare(recipe.store(data.sounds))
    assert inputs.min() == -1
    assert inputs.max() < 1
    changed = recipe.augment(inputs, Random(0))
    assert changed.shape == inputs.shape
    assert torch.equal(changed, recipe.augment(inputs, Random(0)))
    assert 0.05 < (changed - inputs).abs().mean() < 0.5
    assert changed.min() >= -1


@pytest.mark.parametrize(
    ("data", "settings", "message"),
    [
        (Points(), {}, "features=sound_classifier reads sounds"),
        (Sounds(labelled=False), {}, "features=sound_classifier learns from labels.*choose features=log_mel, or pass"),
        (
            Sounds(),
            {"weights": "digits"},
            r"^features\.weights=.*digits.safetensors is for features=classifier, not features=sound_classifier; leave",
        ),
        (Sounds(), {"steps": 0}, r"features\.steps must be at least 1, got 0"),
    ],
)
def test_data_and_settings_that_do_not_fit_are_refused(data, settings, message, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match=message):
        SoundClassifier(data, **settings)
