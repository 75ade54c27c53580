"""Peak memory of metrics that read sums and of metrics that work in blocks, measured in separate processes."""

import subprocess
import sys

import pytest

START = """
import resource, torch
from ganlab.core.interfaces import Spec
from ganlab.metrics import FID, KID, PRDC, Evaluator, InceptionScore, Samples
from ganlab.metrics.scoring.samples import ScoredBatch
from ganlab.features import FeatureBatch, Features

class Plain(Features):
    "The samples as features; their first four numbers are also the logits."
    name, classes = "plain", 4

    def extract(self, samples):
        return FeatureBatch(samples, samples[:, :4])

    def describe(self):
        return {}

class Data:
    spec = Spec((WIDTH,))

def samples(count):
    def batches(first, stride):
        return (ScoredBatch(torch.randn(500, WIDTH)) for _ in range(first, count // 500, stride))
    return Samples(batches, count, None)

def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10

def score(count, *metrics):
    features = Plain(torch.nn.Identity(), WIDTH)
    built = {metric.name: metric(features, Data()) for metric in metrics}
    Evaluator(features, built, {"held_out": samples(count)}, 500)(samples(count))
    return peak_mib()
"""


def growth_mib(width: int, first: str, then: str) -> float:
    """Return by how much `then` raises the peak memory of a process after `first`."""
    script = f"WIDTH = {width}\n{START}\nbefore = {first}\nprint({then} - before)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems count peaks in other units")


@pytest.mark.slow
def test_memory_of_fid_and_inception_score_does_not_grow_with_the_number_of_samples() -> None:
    # The features of all real and generated samples would take 78 MiB.
    assert growth_mib(256, "score(1000, FID, InceptionScore)", "score(40_000, FID, InceptionScore)") < 16


@pytest.mark.slow
def test_metrics_of_pairs_never_store_all_pairs() -> None:
    # All distances between 10,000 and 10,000 samples take 763 MiB, and kernels several times half of that.
    assert growth_mib(16, "score(1000, KID, PRDC)", "score(10_000, KID)") < 150
    assert growth_mib(16, "score(1000, KID, PRDC)", "score(10_000, PRDC)") < 450
