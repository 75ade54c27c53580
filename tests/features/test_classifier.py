import json
from pathlib import Path

import pytest
import torch
from support.lock_holder import holder_of
from support.metric_sources import Pictures, Points, compute_scores
from torch.nn import functional

from ganlab.data.digits import Digits
from ganlab.features import Classifier, VideoClassifier, classifier_weights
from ganlab.features.classifier_recipe import ClassifierRecipe
from ganlab.features.classifier_training import held_out_mask, train_classifier
from ganlab.features.classifier_weights import SHIPPED
from ganlab.features.image_recipe import ImageRecipe
from ganlab.features.training_state import TrainingState
from ganlab.features.video_recipe import VideoRecipe
from ganlab.metrics import FID, InceptionScore

IMAGE, CLIP = (3, 12, 12), (2, 3, 12, 12)  # shapes of samples
spaces = pytest.mark.parametrize(("space", "shape"), [(Classifier, IMAGE), (VideoClassifier, CLIP)])
RECIPES = {Classifier: ImageRecipe, VideoClassifier: VideoRecipe}
recipes = pytest.mark.parametrize(("recipe", "shape"), [(ImageRecipe(), IMAGE), (VideoRecipe(2, 3), CLIP)])


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


@recipes
def test_training_is_a_function_of_its_arguments(recipe, shape) -> None:
    data = Pictures(shape=shape)
    images, labels = (torch.cat(values) for values in zip(*data.real_samples(), strict=True))
    before = torch.get_rng_state()
    first = train_classifier(recipe, images, labels, 2, seed=3, steps=12, batch_size=16)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(1)
    again = train_classifier(recipe, images, labels, 2, seed=3, steps=12, batch_size=16)
    other = train_classifier(recipe, images, labels, 2, seed=4, steps=12, batch_size=16)
    states = [trained.network.state_dict() for trained in (first, again, other)]
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    assert not torch.equal(states[0]["head.weight"], states[2]["head.weight"])
    assert first.held_out == 12
    assert first.accuracy >= 0.9
    assert not first.network.training


@spaces
def test_a_classifier_is_trained_once_per_data_set(space, shape, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path))
    data = Pictures(shape=shape)
    first = space(data, steps=4)
    again = space(data, steps=4)
    assert data.times_read == 1
    assert (first.classes, first.channels) == (2, 3)
    assert first.describe() == again.describe()
    space(data, steps=5)
    assert data.times_read == 2
    path = min(tmp_path.glob("classifiers/*/*.safetensors"))
    from_file = space(data, weights=str(path))
    assert from_file.classes == 2
    path.write_bytes(b"damaged")
    with pytest.raises(ValueError, match=r"does not hold a classifier .*remove it"):
        space(data, weights=str(path))


class Stopped(BaseException):
    """What a signal handler raises."""


def stop_at_step(step: int, recipe_type: type[ClassifierRecipe], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the training of a classifier raise Stopped at its `step`-th step, once."""
    calls = iter(range(1, step + 1))

    def augment(recipe, inputs, random):
        if next(calls, step + 1) == step:
            raise Stopped
        return original(recipe, inputs, random)

    original = recipe_type.augment
    monkeypatch.setattr(recipe_type, "augment", augment)


@recipes
def test_a_stopped_training_continues_to_the_same_bits(recipe, shape, tmp_path, monkeypatch) -> None:
    images, labels = (torch.cat(values) for values in zip(*Pictures(shape=shape).real_samples(), strict=True))
    arguments = {
        "recipe": recipe,
        "samples": images,
        "labels": labels,
        "classes": 2,
        "steps": 12,
        "batch_size": 16,
    }
    whole = train_classifier(**arguments).network.state_dict()
    stop_at_step(8, type(recipe), monkeypatch)
    with pytest.raises(Stopped):
        train_classifier(**arguments, state=TrainingState(tmp_path / "state", seconds=0))
    assert torch.load(tmp_path / "state", weights_only=True)["steps"] == 7
    resumed = train_classifier(**arguments, state=TrainingState(tmp_path / "state", seconds=0)).network.state_dict()
    assert all(torch.equal(value, whole[name]) for name, value in resumed.items())


def test_a_damaged_state_counts_as_none(tmp_path: Path) -> None:
    images, labels = (torch.cat(values) for values in zip(*Pictures().real_samples(), strict=True))
    whole = train_classifier(ImageRecipe(), images, labels, 2, steps=3).network.state_dict()
    state = TrainingState(tmp_path / "state", seconds=0)
    train_classifier(ImageRecipe(), images, labels, 2, steps=2, state=state)
    content = torch.load(tmp_path / "state", weights_only=True)
    for damaged in ({**content, "optimizer": {}}, {"steps": 2}, [1]):
        torch.save(damaged, tmp_path / "state")
        trained = train_classifier(ImageRecipe(), images, labels, 2, steps=3, state=TrainingState(tmp_path / "state"))
        assert all(torch.equal(value, whole[name]) for name, value in trained.network.state_dict().items())
    (tmp_path / "state").write_bytes(b"nothing")
    assert state.load({"network": trained.network}) == 0


@spaces
def test_a_stopped_classifier_is_said_and_leaves_nothing_half_done(space, shape, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path))
    stop_at_step(2, RECIPES[space], monkeypatch)
    with pytest.raises(Stopped):
        space(Pictures(shape=shape), steps=4)
    assert not (tmp_path / "classifiers").exists()
    first = capsys.readouterr().err
    space(Pictures(shape=shape), steps=4)
    (folder,) = tmp_path.glob("classifiers/*")
    announcement, end = capsys.readouterr().err.splitlines()
    assert first == f"{announcement}\n"
    assert announcement == (
        "training a classifier of 2 classes, whose features the scores compare: once for this data set, 4 steps; it is "
        f"kept in {folder}"
    )
    assert end.startswith("trained the classifier: accuracy ")
    assert not list((tmp_path / "unfinished").iterdir())
    space(Pictures(shape=shape), steps=4)
    assert capsys.readouterr().err == ""


@spaces
def test_a_job_waits_for_the_classifier_that_another_trains(space, shape, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path / "cache"))
    data = Pictures(shape=shape)
    space(data, steps=4)
    (folder,) = tmp_path.glob("cache/classifiers/*")
    folder.rename(tmp_path / "hidden")
    unfinished = tmp_path / "cache" / "unfinished" / folder.name
    capsys.readouterr()
    with holder_of(unfinished / "lock") as release:
        on_wait = classifier_weights._print_waiting

        def wait(name):
            on_wait(name)
            (tmp_path / "hidden").rename(folder)  # the other process has finished it
            release()

        monkeypatch.setattr(classifier_weights, "_print_waiting", wait)
        space(data, steps=4)
    assert data.times_read == 1
    assert capsys.readouterr().err.startswith("waiting for process ")


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
        ({"labels": torch.zeros(3)}, "got 60 samples and 3 labels"),
        ({"classes": 1}, "two or more classes"),
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"samples": torch.zeros(60, 1, 8, 8)}, "need uint8 (images|clips)"),
        ({"samples": torch.zeros(5), "labels": torch.zeros(5)}, "more than 5 samples, got 5 samples and 5 labels"),
    ],
)
@recipes
def test_training_refuses_invalid_arguments(recipe, shape, arguments: dict[str, object], message: str) -> None:
    images, labels = (torch.cat(values) for values in zip(*Pictures(shape=shape).real_samples(), strict=True))
    with pytest.raises(ValueError, match=message):
        train_classifier(**({"recipe": recipe, "samples": images, "labels": labels, "classes": 2} | arguments))


def test_weights_of_clips_in_a_file_serve_clips_of_the_same_shape(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path))
    trained = VideoClassifier(Pictures(shape=CLIP), steps=4)
    path = str(next(tmp_path.glob("classifiers/*/*.safetensors")))
    unlabelled = Pictures(shape=CLIP)
    unlabelled.labels = None
    assert VideoClassifier(unlabelled, weights=path).describe() == trained.describe()
    with pytest.raises(ValueError, match="clips with 3 channels, but the data's have 1; train it again"):
        VideoClassifier(Pictures(shape=(2, 1, 12, 12)), weights=path)
    with pytest.raises(ValueError, match=r"\(its frames is 2, which should be 4\); remove it"):
        VideoClassifier(Pictures(shape=(4, 3, 12, 12)), weights=path)
    with pytest.raises(ValueError, match=r"is for features=classifier, not features=video_classifier; leave"):
        VideoClassifier(unlabelled, weights="digits")
    with pytest.raises(ValueError, match=r"choose features=video_random, or pass features\.weights=FILE"):
        VideoClassifier(unlabelled)


def test_inputs_of_clips_are_stored_in_8_bits_and_read_alike() -> None:
    clips = torch.cat([batch.sample for batch in Pictures(shape=(4, 3, 32, 32)).real_samples()])[:2]
    recipe = VideoRecipe(4, 3)
    inputs = recipe.prepare(recipe.store(clips))
    assert inputs.equal(clips)
    network = recipe.build(recipe.channels(inputs), 2).eval()
    assert network(inputs)[1].equal(network(recipe.inputs(clips))[1])
