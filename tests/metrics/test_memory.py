"""What metrics of sums and metrics by blocks keep in memory, in processes of their own."""

import subprocess
import sys

import pytest

START = """
import resource, torch
from ganlab.core.interfaces import Batch, Spec
from ganlab.metrics import FID, KID, PRDC, Evaluator, InceptionScore, Samples
from ganlab.features import FeatureBatch, Features

class Plain(Features):
    "The samples, of which the first four numbers are also logits."
    name, classes = "plain", 4

    def extract(self, samples):
        return FeatureBatch(samples, samples[:, :4])

    def describe(self):
        return {}

class Data:
    spec = Spec((WIDTH,))

def side(count):
    def batches(first, stride):
        return (Batch(torch.randn(500, WIDTH)) for _ in range(first, count // 500, stride))
    return Samples(batches, count, None)

def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10

def score(count, *metrics):
    features = Plain(torch.nn.Identity(), WIDTH)
    measures = {each.name: each(features, Data()) for each in metrics}
    Evaluator(features, measures, {"held_out": side(count)}, 500)(side(count))
    return peak_mib()
"""


def growth_mib(width: int, first: str, then: str) -> float:
    """Return by how much the peak of a process grows from one piece of work to the next."""
    script = f"WIDTH = {width}\n{START}\nbefore = {first}\nprint({then} - before)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="peaks are counted in other units elsewhere")


@pytest.mark.slow
def test_fid_and_inception_score_take_as_much_for_many_samples_as_for_few() -> None:
    # Kept, the features of both sides would take 78 MiB.
    assert growth_mib(256, "score(1000, FID, InceptionScore)", "score(40_000, FID, InceptionScore)") < 16


@pytest.mark.slow
def test_metrics_of_pairs_never_hold_all_pairs() -> None:
    # All distances of 10,000 samples to 10,000 others take 763 MiB, and kernels half of that, several times over.
    assert growth_mib(16, "score(1000, KID, PRDC)", "score(10_000, KID)") < 150
    assert growth_mib(16, "score(1000, KID, PRDC)", "score(10_000, PRDC)") < 450
