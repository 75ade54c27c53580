import pytest
import torch

from ganlab.metrics import FID, Identity, InceptionScore, Metric, Modes, RandomConvolution, check_compatible, score

from .sources import Pictures, Points, normal

DATA = Points()


def test_all_metrics_share_one_pass_and_nothing_is_drawn() -> None:
    features = Identity(DATA)
    metrics: dict[str, Metric] = {"fid": FID(features, DATA), "modes": Modes(features, DATA)}
    done: list[int] = []
    before = torch.get_rng_state()
    real, fake = normal(60, 2), normal(50, 2, seed=1)
    scores = score(iter(fake.split(20)), iter(real.split(20)), features, metrics, done.append)
    assert torch.equal(torch.get_rng_state(), before)
    assert scores.keys() == {"fid", "modes", "high_quality", "reverse_kl"}
    assert done == [20, 20, 20, 20, 20, 10]
    assert score(fake.split(20), real.split(20), features, metrics) == scores  # starts anew every time


def test_real_samples_are_left_alone_where_no_metric_needs_them() -> None:
    features = Identity(DATA)

    def reals() -> object:
        raise AssertionError("real samples were read")
        yield

    assert score([normal(4, 2)], reals(), features, {"modes": Modes(features, DATA)})["high_quality"] > 0  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_broken_samples_are_refused(value: float) -> None:
    features = Identity(DATA)
    broken = normal(5, 2).index_fill(0, torch.tensor([1, 3]), value)
    with pytest.raises(ValueError, match="2 of 5 samples hold NaN or infinite values"):
        score([broken], [normal(5, 2)], features, {"fid": FID(features)})


def test_images_are_scored() -> None:
    data = Pictures()
    features = RandomConvolution(data)
    real = torch.cat([batch.sample for batch in data.reals()])
    metrics = {"fid": FID(features)}
    same = score([real], [real], features, metrics)["fid"]
    assert same == pytest.approx(0, abs=1e-6)
    assert score([255 - real], [real], features, metrics)["fid"] > 0.1


def test_a_metric_without_its_logits_is_refused() -> None:
    class Certain(RandomConvolution):  # type: ignore[misc]
        name = "certain"
        classes = 3

    metrics = {"inception_score": InceptionScore(Certain(Pictures()))}
    check_compatible(Certain(Pictures()), metrics)
    with pytest.raises(ValueError, match="features=random does not give"):
        check_compatible(RandomConvolution(Pictures()), metrics)
