"""Any metric of torchmetrics scores like its own class, in one process or two, cached or not."""

import random
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.multiprocessing as mp
import torchmetrics
from support.metric_sources import Pictures
from torch import Tensor, nn
from torchmetrics.image import TotalVariation
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

from ganlab.features import Cache, RandomConvolution
from ganlab.metrics import FID, BaseMetric, Evaluator, Processes, Samples
from ganlab.metrics.scoring.samples import ScoredBatch
from ganlab.metrics.scoring.scoring import build_metrics

DATA = Pictures(count=60)
SIZE = 16


class Brightest(torchmetrics.Metric):
    """The brightest value of one field of all samples."""

    full_state_update = False
    higher_is_better = True

    def __init__(self) -> None:
        super().__init__()
        self.add_state("value", torch.tensor(0.0), dist_reduce_fx="max")

    def update(self, features: Tensor) -> None:
        self.value = torch.maximum(self.value, features.float().max())

    def compute(self) -> Tensor:
        return self.value


class Images(Brightest):
    """The same of images."""

    def update(self, images: Tensor) -> None:
        super().update(images)


class Pixels(nn.Module):
    """A feature network whose features are the pixels, from 0 to 1."""

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1).double() / 255  # the distance is a small difference of large sums


class Greedy(Images):
    """Draws from every global generator whenever it is used."""

    def __init__(self) -> None:
        super().__init__()
        self.add_state("drawn", [], dist_reduce_fx="cat")

    def update(self, images: Tensor) -> None:
        super().update(images)
        self.drawn.append(torch.rand(1) + random.random() + np.random.rand())

    def compute(self) -> Tensor:
        return torchmetrics.utilities.dim_zero_cat(self.drawn).sum() + torch.rand(())


class Extremes(Images):
    """Several numbers at once."""

    def compute(self) -> dict[str, Tensor]:
        return {"most": self.value, "double": 2 * self.value}


def pictures(seed: int, count: int = 50) -> Tensor:
    return torch.randint(0, 256, (count, 1, 12, 12), generator=torch.Generator().manual_seed(seed)).to(torch.uint8)


def samples(values: Tensor, key: str | None = None) -> Samples:
    def batches(first: int, stride: int):
        return (ScoredBatch(rows) for rows in values.split(SIZE)[first::stride])

    return Samples(batches, len(values), {"data": key} if key else None)


FLAT_FID = partial(FrechetInceptionDistance, feature=nn.Flatten(), normalize=True, input_img_size=(1, 12, 12))


def build(factories, real=None, cache=None, processes=None) -> Evaluator:
    features = RandomConvolution(DATA)
    metrics, left_out = build_metrics(factories, features, DATA)
    assert left_out == []
    real = pictures(0) if real is None else real
    return Evaluator(features, metrics, {"held_out": samples(real, "real")}, SIZE, cache, processes)


def test_a_distance_of_real_and_generated_images_equals_its_class():
    real, fake = pictures(0), pictures(1)
    expected = FLAT_FID()
    expected.update(real.float() / 255, real=True)
    expected.update(fake.float() / 255, real=False)
    scores = build({"mine": FLAT_FID}, real)(samples(fake))
    assert scores["mine"] == pytest.approx(expected.compute().item(), rel=1e-6)


def test_a_score_of_images_alone_equals_its_class_and_reads_no_real_images():
    fake = pictures(1)
    expected = TotalVariation(reduction="mean")
    expected.update(fake.float() / 255)
    evaluator = build({"tv": partial(TotalVariation, reduction="mean")}, torch.empty(0))
    assert evaluator(samples(fake))["tv"] == pytest.approx(expected.compute().item(), rel=1e-6)


def test_lists_of_features_are_joined_and_a_second_value_is_the_deviation():
    kernel = partial(KernelInceptionDistance, feature=Pixels(), subset_size=50, subsets=1)  # of all images
    with pytest.warns(UserWarning, match="buffer"):
        expected, evaluator = kernel(), build({"kernel": kernel})
    expected.update(pictures(0), real=True)  # uint8, for a class with normalize=False
    expected.update(pictures(1), real=False)
    scores = evaluator(samples(pictures(1)))
    assert scores == {"kernel": pytest.approx(expected.compute()[0].item(), rel=1e-4), "kernel_std": 0}
    assert evaluator(samples(pictures(1))) == scores


def test_features_of_the_chosen_space_are_passed_to_an_argument_of_that_name():
    evaluator = build({"brightest": partial(Brightest)})
    expected = evaluator.features(pictures(1)).features.max().item()
    assert evaluator(samples(pictures(1))) == {"brightest": pytest.approx(expected)}


@pytest.mark.parametrize(("kind", "largest"), [(Images, 1.0)])
def test_images_are_from_0_to_1_unless_the_class_asks_for_whole_numbers(kind, largest):
    white = torch.full((20, 1, 12, 12), 255, dtype=torch.uint8)
    assert build({"white": partial(kind)})(samples(white)) == {"white": largest}


def test_several_numbers_have_the_names_of_their_keys():
    evaluator = build({"edge": partial(Extremes)})
    assert evaluator(samples(torch.full((20, 1, 12, 12), 255, dtype=torch.uint8))) == {"edge_most": 1, "edge_double": 2}


def test_random_numbers_of_training_do_not_change_and_those_of_the_metric_are_always_the_same():
    def states():
        return torch.get_rng_state().tolist(), random.getstate(), np.random.get_state()[1].tolist()

    before = states()
    evaluator = build({"greedy": partial(Greedy)})
    scores = evaluator(samples(pictures(1)))
    assert states() == before
    torch.rand(3)
    assert evaluator(samples(pictures(1))) == scores


def test_settings_and_class_are_in_the_protocol():
    metric = build({"mine": FLAT_FID}).sample_metrics[0]
    assert metric.describe() == {
        "class": "torchmetrics.image.fid.FrechetInceptionDistance",
        "feature": "Flatten(start_dim=1, end_dim=-1)",
        "normalize": True,
        "input_img_size": repr((1, 12, 12)),
    }
    assert (metric.name, metric.scores, metric.reference) == ("mine", {"mine": False}, "held_out")


def test_states_of_real_images_are_cached(tmp_path):
    factories = {"mine": FLAT_FID, "fid": FID}
    first = build(factories, pictures(0), Cache(tmp_path))(samples(pictures(1)))
    unread = torch.zeros(0, 1, 12, 12, dtype=torch.uint8)
    assert build(factories, unread, Cache(tmp_path))(samples(pictures(1))) == first
    other = {"mine": partial(FLAT_FID, reset_real_features=False), "fid": FID}
    with pytest.raises(ValueError, match="More than one sample"):  # other settings, so the images are read again
        build(other, unread, Cache(tmp_path))(samples(pictures(1)))


def test_a_class_that_cannot_be_built_is_one_sentence():
    with pytest.raises(
        ValueError, match=r"^metric\.mine: FrechetInceptionDistance cannot be built \(TypeError: .*bring"
    ):
        build({"mine": partial(FrechetInceptionDistance, feature="none")})


def test_a_class_that_does_not_accept_the_images_is_one_sentence_before_training():
    wrong = partial(FLAT_FID, input_img_size=(1, 3, 3))
    with pytest.raises(ValueError, match=r"^metric\.mine: FrechetInceptionDistance does not accept these samples"):
        build({"mine": wrong})


def _process(rank: int, world: int, folder: str) -> None:
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=world)

    def broadcast(value: object) -> object:
        values = [value]
        torch.distributed.broadcast_object_list(values)
        return values[0]

    evaluator = build(FACTORIES, pictures(0, 70), None, Processes(rank, world, broadcast))
    torch.save(evaluator(samples(pictures(1, 70))), f"{folder}/{rank}.pt")
    torch.distributed.destroy_process_group()


FACTORIES: dict[str, partial[BaseMetric]] = {"mine": FLAT_FID, "brightest": partial(Images), "greedy": partial(Greedy)}


@pytest.mark.slow
def test_two_processes_score_like_one(tmp_path: Path) -> None:
    expected = build(FACTORIES, pictures(0, 70))(samples(pictures(1, 70)))
    mp.spawn(_process, (2, str(tmp_path)), nprocs=2)
    for rank in range(2):
        assert torch.load(tmp_path / f"{rank}.pt", weights_only=True) == pytest.approx(expected, rel=1e-6)
