import pytest
import torch
from support.metric_sources import Points, compute_scores, normal

from ganlab.data import Digits
from ganlab.features import Identity
from ganlab.features.classifier import Classifier
from ganlab.metrics import Copies, Evaluator, Samples
from ganlab.metrics.copies import PROBES
from ganlab.metrics.scoring.floors import score_floor, stand_ins
from ganlab.metrics.scoring.scoring import real_samples
from ganlab.protocols import Protocol


def scores(train: torch.Tensor, fake: torch.Tensor, quantile: float = 0.05) -> dict[str, float]:
    return compute_scores(Copies(Identity(Points(width=train.shape[1])), quantile=quantile), train, fake)


def test_distances_worked_out_by_hand() -> None:
    train = torch.tensor([[0.0], [1.0], [3.0], [10.0]])  # the nearest other rows are 1, 1, 2 and 7 away
    fake = torch.tensor([[0.5], [-1.0], [4.5], [14.0]])  # 0.5, 1, 1.5 and 4 away
    assert scores(train, fake) == {"copies": 2 / 4, "training_distance": pytest.approx((7 / 4) / (11 / 4))}
    assert scores(train, fake, quantile=0.7)["copies"] == 3 / 4  # rank 2.1 of 3, rounded down: a distance of 2


@pytest.mark.parametrize("width", [2, 8, 64])
@pytest.mark.parametrize("quantile", [0.05, 0.3])
def test_fresh_real_samples_score_the_quantile_in_any_dimension(width: int, quantile: float) -> None:
    fresh = scores(normal(3000, width), normal(3000, width, seed=1), quantile)
    assert fresh["copies"] == pytest.approx(quantile, abs=0.03)
    assert fresh["training_distance"] == pytest.approx(1, abs=0.05)


def test_training_samples_and_slightly_changed_ones_are_copies() -> None:
    train = normal(400, 8)
    assert scores(train, train[:50].repeat(3, 1)) == {"copies": 1.0, "training_distance": 0.0}
    near = scores(train, train + 0.1 * normal(400, 8, seed=1))
    assert near["copies"] == 1
    assert near["training_distance"] < 0.25
    half = torch.cat([train, train + 100])
    assert scores(train, half)["copies"] == 0.5


def test_repeated_training_samples_leave_equal_samples_as_the_only_copies() -> None:
    train = torch.cat([normal(50, 4), normal(50, 4), normal(200, 4, seed=2)])
    fake = torch.cat([train[:30], train[:70] + 1e-3])
    assert scores(train, fake)["copies"] == pytest.approx(0.3)


def test_the_spacing_of_many_samples_is_found_among_all_of_them() -> None:
    line = torch.arange(PROBES + 1000).float()[:, None] * torch.tensor([[2.0]])
    line[PROBES:] = line[:1000] + 1  # a third of the samples that are searched have their nearest other behind the rest
    assert scores(line, line[:1] - 0.5, quantile=0.1)["training_distance"] == pytest.approx(0.5 / 1.8, rel=1e-2)


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(ValueError, match="copies needs at least 2 training samples, got 1"):
        scores(normal(1, 2), normal(3, 2))
    with pytest.raises(ValueError, match="copies needs at least 1 generated sample, got 0"):
        scores(normal(3, 2), normal(0, 2))
    with pytest.raises(ValueError, match="training samples that differ, but each of them occurs more than once"):
        scores(normal(3, 2).repeat(2, 1), normal(3, 2))
    for quantile in (0.0, 1.0, -0.1):
        with pytest.raises(ValueError, match=rf"metric\.copies\.quantile must be above 0 and below 1, got {quantile}"):
            Copies(Identity(Points()), quantile=quantile)
    assert Copies(Identity(Points())).describe() == {"quantile": 0.05}


def test_held_out_digits_score_near_the_floor_and_memorised_ones_near_one() -> None:
    data, protocol = Digits(), Protocol(samples=400)
    space = Classifier(data)
    metrics = {"copies": Copies(space, data)}
    evaluator = Evaluator(space, metrics, {"train": real_samples(data, "train", protocol)}, protocol.batch_size)
    assert evaluator(real_samples(data, "test", protocol))["copies"] < 0.1
    floor = score_floor(evaluator, stand_ins(data, protocol, metrics.values()))
    assert floor == {"copies": pytest.approx(0.05, abs=0.05)}  # the distance has no direction, so it has no floor

    known = real_samples(data, "train", protocol, 400)

    def with_noise(first: int, stride: int):
        for batch in known.batches(first, stride):
            changed = batch.sample + 5 * normal(*batch.sample.shape)
            yield batch._replace(sample=changed.round().clamp(0, 255).to(torch.uint8))

    memorised = evaluator(Samples(with_noise, 400, name="memorised digits"))
    assert memorised["copies"] > 0.99
    assert memorised["training_distance"] < 0.25
