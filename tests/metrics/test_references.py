"""Scores equal those of the packages used in publications, on the same images and one network with random weights."""

from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
import torch
import torch_fidelity
from prdc import compute_prdc
from pytorch_fid import inception as pytorch_fid_inception
from pytorch_fid.fid_score import calculate_frechet_distance
from support.metric_sources import Pictures, compute_scores
from torch import Tensor
from torch.utils.data import Dataset

from ganlab.features import FeatureBatch, Inception
from ganlab.metrics import FID, KID, PRDC, InceptionScore

RealAndFake: TypeAlias = tuple[FeatureBatch, FeatureBatch]
COUNT, FEW, SIZE = 12, 6, 32
DATA = Pictures(shape=(3, SIZE, SIZE))


def pictures(seed: int, contrast: float) -> Tensor:
    """Return smooth coloured patches: the features of noise would all be the same."""
    noise = torch.randn(COUNT, 3, 4, 4, generator=torch.Generator().manual_seed(seed)) * contrast
    return torch.nn.functional.interpolate(noise + 128, SIZE, mode="bicubic").round().clamp(0, 255).to(torch.uint8)


REAL, FAKE = pictures(0, 60), pictures(1, 80)


class Images(Dataset):
    def __init__(self, images: Tensor) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        return self.images[index]


@pytest.fixture(scope="module")
def space(weights: Path) -> Inception:
    return Inception(DATA, weights=weights)


@pytest.fixture(scope="module")
def features(space: Inception) -> RealAndFake:
    return space(REAL), space(FAKE)


@pytest.fixture(scope="module")
def fidelity(weights: Path) -> dict[str, float]:
    return torch_fidelity.calculate_metrics(
        input1=Images(FAKE), input2=Images(REAL), cuda=False, batch_size=COUNT, cache=False, verbose=False,
        save_cpu_ram=True, isc=True, isc_splits=1, fid=True, kid=True, kid_subset_size=10,
        feature_extractor_weights_path=str(weights),
    )  # fmt: skip


@pytest.mark.slow
def test_fid_equals_torch_fidelity(space: Inception, features: RealAndFake, fidelity: dict[str, float]) -> None:
    expected = fidelity["frechet_inception_distance"]
    assert expected > 1
    assert compute_scores(FID(space), *features)["fid"] == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
def test_kid_equals_torch_fidelity(space: Inception, features: RealAndFake, fidelity: dict[str, float]) -> None:
    expected = fidelity["kernel_inception_distance_mean"]
    assert expected > 1e-3
    assert compute_scores(KID(space, subset_size=10), *features)["kid"] == pytest.approx(expected, rel=1e-3)


def test_inception_score_equals_torch_fidelity(
    space: Inception, features: RealAndFake, fidelity: dict[str, float]
) -> None:
    expected = fidelity["inception_score_mean"]
    assert expected > 1.01
    score = compute_scores(InceptionScore(space, splits=1), None, features[1])["inception_score"]
    assert score == pytest.approx(expected, rel=1e-4)


@pytest.mark.filterwarnings("ignore:The `disp` argument", "ignore:Matrix is singular")  # from pytorch-fid's scipy calls
@pytest.mark.slow
def test_fid_equals_pytorch_fid(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = torch.load(weights, weights_only=True)
    monkeypatch.setattr(pytorch_fid_inception, "load_state_dict_from_url", lambda *args, **kwargs: state)
    block = pytorch_fid_inception.InceptionV3.BLOCK_INDEX_BY_DIM[768]
    network = pytorch_fid_inception.InceptionV3([block]).eval()
    moments: list[np.ndarray] = []
    for images in (FAKE[:FEW], REAL[:FEW]):
        activations = network(images / 255)[0].mean((2, 3)).numpy()  # as get_activations does
        moments += [np.mean(activations, axis=0), np.cov(activations, rowvar=False)]
    expected = calculate_frechet_distance(*moments)
    space = Inception(DATA, weights=weights, layer=768, resize="bilinear")
    assert expected > 0.1
    assert compute_scores(FID(space), space(REAL[:FEW]), space(FAKE[:FEW]))["fid"] == pytest.approx(expected, rel=1e-3)


def test_precision_recall_density_and_coverage_equal_the_package_prdc(space: Inception, features: RealAndFake) -> None:
    real, fake = (batch.features.numpy() for batch in features)
    assert compute_scores(PRDC(space, neighbours=3), *features) == compute_prdc(real, fake, 3)
