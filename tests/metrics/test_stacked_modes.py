import math
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from support.metric_sources import Pictures, compute_scores
from torch import Tensor
from torch.nn import functional

from ganlab.data.stacked_mnist import StackedMnist
from ganlab.features import FeatureBatch, Identity
from ganlab.metrics import Modes, StackedModes

STEPS = 60


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> StackedMnist:
    """Stacked digits of scikit-learn, read from files in MNIST's format."""
    folder = tmp_path_factory.mktemp("data") / "MNIST" / "raw"
    folder.mkdir(parents=True)
    digits = load_digits()
    small = torch.from_numpy(digits.images)[:, None].float() * 255 / 16
    images = functional.interpolate(small, (28, 28), mode="bilinear")[:, 0].round().numpy()
    for part, rows in (("train", slice(0, 1500)), ("t10k", slice(1500, None))):
        for kind, array in (("images-idx3", images[rows]), ("labels-idx1", digits.target[rows])):
            (folder / f"{part}-{kind}-ubyte").write_bytes(idx(array))
    return StackedMnist(str(folder.parents[1]), size=1200)


@pytest.fixture(scope="module")
def metric(data: StackedMnist, tmp_path_factory: pytest.TempPathFactory) -> StackedModes:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        metric = StackedModes(Identity(data), data, steps=STEPS)
        assert metric.classifier.facts["accuracy"] > 0.9
    return metric


def modes(metric: StackedModes, images: Tensor) -> dict[str, float]:
    return compute_scores(metric, None, FeatureBatch(images.flatten(1).float(), samples=images))


@pytest.mark.slow
def test_real_samples_cover_their_modes(data: StackedMnist, metric: StackedModes) -> None:
    batches = list(data.real_samples(600, split="test"))
    images, labels = (torch.cat(values) for values in zip(*batches, strict=True))
    scores = modes(metric, images)
    share = labels.bincount(minlength=1000) / len(labels)
    assert scores["modes"] == pytest.approx(int((share > 0).sum()), rel=0.1)
    assert scores["reverse_kl"] == pytest.approx(float(torch.xlogy(share, share * 1000).sum()), rel=0.05)


def test_each_channel_is_one_decimal_digit(data: StackedMnist, metric: StackedModes) -> None:
    images, labels = next(data.real_samples(200))
    classes = metric.classify(images)
    for place in (100, 10, 1):
        assert (classes // place % 10 == labels // place % 10).float().mean() > 0.9


def test_collapse_to_one_image(data: StackedMnist, metric: StackedModes) -> None:
    images, _ = next(data.real_samples(1))
    assert modes(metric, images.repeat(30, 1, 1, 1)) == {"modes": 1, "reverse_kl": pytest.approx(math.log(1000))}


def test_two_equally_frequent_modes(data: StackedMnist, metric: StackedModes) -> None:
    images, _ = next(data.real_samples(50))
    classes = metric.classify(images)
    other = int((classes != classes[0]).nonzero()[0])
    pair = images[[0, other]].repeat(20, 1, 1, 1)
    assert modes(metric, pair) == {"modes": 2, "reverse_kl": pytest.approx(math.log(500))}


def test_the_classifier_is_trained_once(data: StackedMnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path))
    first, again = (StackedModes(Identity(data), data, steps=2) for _ in range(2))
    assert not list(tmp_path.rglob("*.safetensors"))  # the classifier is trained at first use
    weights = first.classifier.describe()["weights"]
    (file,) = tmp_path.rglob("*.safetensors")
    written = file.stat().st_mtime_ns
    assert again.classifier.describe()["weights"] == weights
    assert file.stat().st_mtime_ns == written
    assert first.describe() == again.describe() != StackedModes(Identity(data), data, steps=3).describe()


def test_modes_and_stacked_modes_never_score_the_same_data(data: StackedMnist) -> None:
    assert Modes.scores.keys() & StackedModes.scores.keys() == {"modes", "reverse_kl"}
    with pytest.raises(ValueError, match="data with known modes"):
        Modes(Identity(data), data)  # type: ignore[arg-type]


def test_errors_say_what_to_do(data: StackedMnist, metric: StackedModes) -> None:
    with pytest.raises(ValueError, match="choose data=stacked_mnist, or remove stacked_modes"):
        StackedModes(Identity(Pictures()), Pictures())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"metric\.stacked_modes\.steps must be at least 1, got 0"):
        StackedModes(Identity(data), data, steps=0)
    with pytest.raises(ValueError, match="at least 1 generated sample, got 0"):
        modes(metric, torch.empty(0, 3, 28, 28, dtype=torch.uint8))
