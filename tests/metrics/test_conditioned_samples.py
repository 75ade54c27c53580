"""Scores of generators that translate samples, and of their baselines."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from support.negatives import Negatives

from ganlab.features import Identity
from ganlab.metrics import Evaluator, Metric, SumStatistic
from ganlab.metrics.scoring.conditioned import baseline_samples, score_baselines, translated_samples
from ganlab.metrics.scoring.floors import score_floor
from ganlab.metrics.scoring.scoring import real_samples
from ganlab.protocols import Protocol


@dataclass(frozen=True)
class Errors(SumStatistic):
    """The sum of the absolute differences from the truth, and of the classes of the conditions."""

    @property
    def reads(self):
        return ("samples", "truth", "labels")

    def shapes(self):
        return {"total": (), "labels": (), "count": ()}

    def terms(self, batch, start):
        total = (batch.samples.double() - batch.truth.double()).abs().sum()
        return {"total": total, "labels": batch.labels.double().sum(), "count": torch.tensor(float(len(batch.samples)))}


class Error(Metric):
    name = "error"
    needs_truth = True
    reference = "none"
    scores: ClassVar = {"error": False, "labels": None}

    @property
    def statistics(self):
        return [Errors()]

    def compute(self, real, fake):
        values = fake[Errors()]
        return {
            name: float(values[part] / values["count"]) for name, part in (("error", "total"), ("labels", "labels"))
        }


class Shifted:
    """Stands for a sampler whose outputs are the truth plus 10 grey levels."""

    def __init__(self, data):
        self.data, self.spec = data, data.spec

    def batches(self, n, size, seed, cond, first, stride):
        for start in range(first * size, n, stride * size):
            images = 255 - cond[start : min(start + size, n)].float()
            yield type("Batch", (), {"sample": (images.clamp(max=245) + 10) / 127.5 - 1})


@pytest.fixture
def data():
    data = Negatives(count=80)
    data.images.clamp_(max=240)
    return data


def protocol(**settings):
    return Protocol(
        **{"name": "small", "samples": 1000, "real_samples": 1000, "split": "test", "batch_size": 6} | settings
    )


def evaluator(data, batch_size=6):
    features = Identity(data)
    return Evaluator(features, {"error": Error(features, data)}, {}, batch_size)


@pytest.mark.parametrize(("samples", "count"), [(1000, 20), (8, 8)])
def test_every_output_is_next_to_its_truth_and_class(data, samples, count):
    made = translated_samples(Shifted(data), data, protocol(samples=samples), seed=0)
    assert made.count == count
    batches = list(made.batches(0, 1))
    output, truth = (torch.cat([getattr(batch, name) for batch in batches]) for name in ("sample", "truth"))
    assert len(output) == count
    assert torch.equal(output, truth + 10)
    assert torch.cat([batch.labels for batch in batches]).tolist() == data.known[60 : 60 + count].tolist()


def test_two_processes_share_the_batches(data):
    made = translated_samples(Shifted(data), data, protocol(), seed=0)
    everything = [batch.truth for batch in made.batches(0, 1)]
    shared = [None] * len(everything)
    shared[0::2], shared[1::2] = ([batch.truth for batch in made.batches(rank, 2)] for rank in (0, 1))
    assert all(map(torch.equal, everything, shared))


def test_baselines_are_scored_as_the_generator_is(data):
    scores = score_baselines(evaluator(data), baseline_samples(data, protocol()))
    assert scores.keys() == {"negative", "input"}
    assert scores["negative"] == {"error": 0.0}  # the classes have no direction, and so no baseline
    images = data.images[60:].double()
    assert scores["input"]["error"] == pytest.approx(float((255 - 2 * images).abs().sum() / 20))
    assert score_baselines(evaluator(data), {}) == {}


def test_real_samples_are_no_floor_of_scores_against_the_truth(data):
    stand_in = {"none": real_samples(data, "train", protocol())}
    assert score_floor(evaluator(data), stand_in) == {}


def test_unpaired_data_have_no_truth(data):
    unpaired = Negatives(paired=False)
    batch = next(iter(translated_samples(Shifted(unpaired), unpaired, protocol(), 0).batches(0, 1)))
    assert batch.truth is None


def test_conditions_are_no_labels_of_real_samples(data):
    assert next(iter(real_samples(data, "test", protocol()).batches(0, 1))).labels is None
