import pytest
import torch
from prdc import compute_prdc
from support.metric_sources import Points, compute_scores, normal
from torch import Tensor

from ganlab.features import Identity
from ganlab.metrics import PRDC
from ganlab.metrics import prdc as module


def prdc(real: Tensor, fake: Tensor, neighbours: int = 5) -> dict[str, float]:
    return compute_scores(PRDC(Identity(Points(width=real.shape[1])), neighbours=neighbours), real, fake)


@pytest.mark.parametrize("neighbours", [1, 3, 5])
@pytest.mark.parametrize(("reals", "fakes", "width"), [(200, 200, 8), (150, 230, 2), (301, 97, 64)])
def test_equals_the_authors_package_exactly(reals: int, fakes: int, width: int, neighbours: int) -> None:
    real, fake = normal(reals, width), normal(fakes, width, seed=1) * 1.1 + 0.1
    assert prdc(real, fake, neighbours) == compute_prdc(real.numpy(), fake.numpy(), neighbours)


def test_ties_are_resolved_as_in_the_package() -> None:
    generator = torch.Generator().manual_seed(0)
    real, fake = (torch.randint(0, 4, (300, 3), generator=generator).float() for _ in range(2))
    assert prdc(real, fake) == compute_prdc(real.numpy(), fake.numpy(), 5)


def test_samples_far_from_the_origin_score_as_in_the_package() -> None:
    real, fake = normal(200, 8) + 300, normal(200, 8, seed=1) + 300
    assert prdc(real, fake) == compute_prdc(real.numpy(), fake.numpy(), 5)


def test_the_block_size_does_not_change_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    real, fake = normal(130, 4), normal(101, 4, seed=1) + 0.5
    one_block = prdc(real, fake)
    monkeypatch.setattr(module, "BLOCK", 16)
    assert prdc(real, fake) == one_block


def test_scores_of_a_collapsed_mode_and_of_noise() -> None:
    real = torch.cat([normal(500, 2), normal(500, 2, seed=1) + 100])
    collapsed, noise = normal(1000, 2, seed=2), 50 + 300 * normal(1000, 2, seed=3)
    one_mode, far = prdc(real, collapsed), prdc(real, noise)
    assert one_mode["precision"] > 0.9
    assert 0.4 < one_mode["recall"] <= 0.5
    assert one_mode["density"] > 0.9
    assert 0.4 < one_mode["coverage"] <= 0.5
    assert far["precision"] < 0.1
    assert far["coverage"] < 0.1
    same = prdc(real, real)
    assert same["precision"] == same["recall"] == same["coverage"] == 1


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"metric\.prdc\.neighbours must be at least 1, got 0"):
        PRDC(Identity(Points()), neighbours=0)
    with pytest.raises(ValueError, match=r"more than 5 .* got 9 and 5; lower metric\.prdc\.neighbours"):
        prdc(normal(9, 2), normal(5, 2))
    assert PRDC(Identity(Points())).describe() == {"neighbours": 5}
