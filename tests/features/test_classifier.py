import json
from pathlib import Path

import pytest
import torch
from support.metric_sources import Pictures, Points, compute_scores
from torch.nn import functional

from ganlab.data.digits import Digits
from ganlab.features import Classifier
from ganlab.features.classifier import SHIPPED
from ganlab.features.classifier_training import held_out_mask, train_classifier
from ganlab.metrics import FID, InceptionScore


@pytest.fixture(scope="module")
def digits() -> Digits:
    return Digits()


@pytest.fixture(scope="module")
def classifier(digits: Digits) -> Classifier:
    return Classifier(digits, weights="digits")


def table(digits: Digits) -> tuple[torch.Tensor, torch.Tensor]:
    assert digits.labels is not None
    return digits.images.take(torch.arange(len(digits.labels))), digits.labels


@pytest.mark.parametrize("size", [8, 28, 64])
def test_the_shipped_classifier_knows_digits_of_any_size(classifier: Classifier, digits: Digits, size: int) -> None:
    images, labels = (values[held_out_mask(len(values))] for values in table(digits))
    resized = functional.interpolate(images.float(), (size, size), mode="bilinear", antialias=True)
    batch = classifier(resized.round().to(torch.uint8))
    assert batch.features.shape == (len(labels), 64)
    assert batch.logits is not None
    assert (batch.logits.argmax(1) == labels).float().mean() >= (0.98 if size == 28 else 0.95)


def test_spatial_features_are_the_maps_before_pooling(classifier: Classifier, digits: Digits) -> None:
    images = table(digits)[0][:3]
    batch = classifier(images)
    maps = classifier.network.body[:12](images / 127.5 - 1)
    assert batch.spatial is not None
    assert batch.spatial.shape == (3, classifier.spatial_width) == (3, 2009)
    torch.testing.assert_close(batch.spatial, maps[:, :41].flatten(1))
    assert torch.equal(batch.features, classifier.network.body(images / 127.5 - 1))


def test_data_with_a_shipped_classifier_needs_no_training(classifier: Classifier, digits: Digits) -> None:
    assert Classifier(digits).describe() == classifier.describe()


def test_the_facts_shipped_with_the_weights_are_true(classifier: Classifier) -> None:
    facts = json.loads((SHIPPED / "digits.json").read_text())
    assert facts["accuracy"] >= 0.98
    assert classifier.describe()["weights"] == facts["sha256"]
    assert (SHIPPED / "digits.safetensors").stat().st_size < 1_500_000


def test_scores_separate_digits_from_noise(classifier: Classifier, digits: Digits) -> None:
    images = torch.cat([batch.sample for batch in digits.real_samples(800)])  # shuffled: the table runs from 0 to 9
    noise = torch.randint(0, 256, (400, 1, 28, 28), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    shifted = images[400:].roll(6, -1)
    metrics = FID(classifier), InceptionScore(classifier, splits=2)
    real, *fakes = map(classifier, (images[:400], images[400:], shifted, noise))
    good, moved, bad = (
        {k: v for metric in metrics for k, v in compute_scores(metric, real, fake).items()} for fake in fakes
    )
    assert good["fid"] * 10 < bad["fid"]
    assert good["fid"] * 3 < moved["fid"]
    assert good["inception_score"] > 8
    assert bad["inception_score"] < 4


def test_training_is_a_function_of_its_arguments() -> None:
    data = Pictures()
    images, labels = (torch.cat(values) for values in zip(*data.real_samples(), strict=True))
    before = torch.get_rng_state()
    first = train_classifier(images, labels, 2, seed=3, steps=12, batch_size=16)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(1)
    again = train_classifier(images, labels, 2, seed=3, steps=12, batch_size=16)
    other = train_classifier(images, labels, 2, seed=4, steps=12, batch_size=16)
    states = [trained.network.state_dict() for trained in (first, again, other)]
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    assert not torch.equal(states[0]["head.weight"], states[2]["head.weight"])
    assert first.held_out == 12
    assert first.accuracy >= 0.9
    assert not first.network.training


def test_a_classifier_is_trained_once_per_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path))
    data = Pictures(shape=(3, 12, 12))
    first = Classifier(data, steps=4)
    again = Classifier(data, steps=4)
    assert data.times_read == 1
    assert (first.classes, first.channels) == (2, 3)
    assert first.describe() == again.describe()
    Classifier(data, steps=5)
    assert data.times_read == 2
    path = min(tmp_path.glob("classifiers/*/*.safetensors"))
    from_file = Classifier(data, weights=str(path))
    assert from_file.classes == 2
    path.write_bytes(b"damaged")
    with pytest.raises(ValueError, match=r"does not hold a classifier .*remove it"):
        Classifier(data, weights=str(path))


def test_of_two_runs_that_train_at_once_the_later_uses_the_first_classifier(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path))
    first = Classifier(Pictures(shape=(3, 12, 12)), steps=4)
    (folder,) = tmp_path.glob("classifiers/*")
    hidden = folder.with_name("hidden")

    def train_late(*arguments, **settings):
        trained = train_classifier(*arguments, **settings)
        with torch.no_grad():
            trained.network.head.weight.add_(1)  # as on a machine with another number of threads
        hidden.rename(folder)
        return trained

    folder.rename(hidden)
    monkeypatch.setattr("ganlab.features.classifier.train_classifier", train_late)
    second = Classifier(Pictures(shape=(3, 12, 12)), steps=4)
    assert second.describe() == first.describe()
    assert list(tmp_path.glob("classifiers/*")) == [folder]


def test_error_messages_say_what_to_do() -> None:
    with pytest.raises(
        FileNotFoundError, match=r"weights=letters is neither a shipped classifier \(digits, digits_8\) nor a file"
    ):
        Classifier(Pictures(), weights="letters")
    unlabelled = Pictures()
    unlabelled.labels = None
    with pytest.raises(ValueError, match="learns from labels, which this data set does not have"):
        Classifier(unlabelled)
    with pytest.raises(ValueError, match="features=classifier reads images"):
        Classifier(Points(), weights="digits")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": torch.full((60,), 2)}, "labels from 0 to 1, got labels from 2 to 2"),
        ({"labels": torch.zeros(3)}, "got 60 images and 3 labels"),
        ({"classes": 1}, "two or more classes"),
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"images": torch.zeros(60, 1, 8, 8)}, "need uint8 images"),
    ],
)
def test_training_refuses_invalid_arguments(arguments: dict[str, object], message: str) -> None:
    images, labels = (torch.cat(values) for values in zip(*Pictures().real_samples(), strict=True))
    with pytest.raises(ValueError, match=message):
        train_classifier(**({"images": images, "labels": labels, "classes": 2} | arguments))
