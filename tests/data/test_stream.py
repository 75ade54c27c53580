import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ganlab.core.interfaces import Batch
from ganlab.data import Digits, Grid, ImageFolder, Ring, SineWaves, Stream
from ganlab.data.dataset import DataSet
from ganlab.data.stream import SampleOrder

ROOT = Path(__file__).parents[2]


def same(first: Batch, second: Batch) -> bool:
    conds = (first.cond, second.cond)
    return first.sample.equal(second.sample) and (conds == (None, None) or conds[0].equal(conds[1]))


def joined(batches: list[Batch]) -> Batch:
    cond = None if batches[0].cond is None else torch.cat([batch.cond for batch in batches])
    return Batch(torch.cat([batch.sample for batch in batches]), cond)


DATA = [lambda: Digits(resolution=8, labels=True, flip=True), lambda: Grid(labels=True), Ring, SineWaves]


def test_the_order_is_permutations_one_after_another() -> None:
    order = SampleOrder(torch.arange(5) + 10, seed=0)
    positions = order.take(0, 20).reshape(4, 5)
    assert positions.sort(1).values.equal((torch.arange(5) + 10).expand(4, 5))
    assert len({tuple(row) for row in positions.tolist()}) > 1
    assert order.take(3, 9).equal(positions.flatten()[3:12])
    assert order.take(0, 3).equal(positions.flatten()[:3])  # back in an earlier epoch
    assert not SampleOrder(torch.arange(5) + 10, seed=1).take(0, 20).equal(positions.flatten())


def test_a_set_smaller_than_a_batch_is_repeated() -> None:
    batch = Stream(Digits(resolution=8, limit=3), 8, 2, seed=0)[0]
    assert batch.sample.shape == (8, 1, 8, 8)
    assert len({tuple(image) for image in batch.sample.flatten(1).tolist()}) == 3


@pytest.mark.parametrize("make", DATA)
def test_a_resumed_stream_yields_the_batches_of_an_uninterrupted_one(make) -> None:
    whole = list(Stream(make(), 48, 40, seed=5))  # crosses an epoch of the 1617 digits
    resumed = list(Stream(make(), 48, 40, seed=5, start=17))
    assert len(whole) == 40
    assert len(resumed) == 23
    assert len(Stream(make(), 48, 40, seed=5, start=17)) == 40  # as Lightning counts
    assert all(map(same, whole[17:], resumed))
    assert not same(whole[0], whole[1])
    assert not same(whole[0], next(iter(Stream(make(), 48, 40, seed=6))))


@pytest.mark.parametrize("make", DATA)
@pytest.mark.parametrize("world", [2, 3])
def test_the_batches_of_all_ranks_make_the_joined_batch(make, world: int) -> None:
    whole = Stream(make(), 48, 40, seed=0)
    ranks = [Stream(make(), 48, 40, seed=0, rank=rank, world=world) for rank in range(world)]
    for step in (0, 33):
        assert same(whole[step], joined([stream[step] for stream in ranks]))


def test_ranks_that_cannot_share_a_batch_are_refused() -> None:
    with pytest.raises(ValueError, match="batch_size must be a multiple of the 3 processes that share it, got 64"):
        Stream(Ring(), 64, 10, seed=0, world=3)


def test_flips_mirror_about_half_of_the_images_and_change_from_step_to_step() -> None:
    plain, flipped = (Digits(resolution=8, flip=flip, limit=64) for flip in (False, True))
    mirrored = []
    for step in range(8):
        before, after = (Stream(data, 64, 8, seed=0)[step].sample for data in (plain, flipped))
        rows = torch.tensor([not torch.equal(x, y) for x, y in zip(before, after, strict=True)])
        assert after.equal(torch.where(rows[:, None, None, None], before.flip(-1), before))
        mirrored.append(rows)
    share = torch.cat(mirrored).float().mean()
    assert 0.4 < share < 0.6
    assert plain.images.digest == flipped.images.digest  # the table itself is unchanged


def test_batches_have_labels_only_if_requested() -> None:
    plain, conditional = Digits(resolution=8), Digits(resolution=8, labels=True)
    assert (plain.spec.cond, plain.spec.classes, conditional.spec.cond, conditional.spec.classes) == (None, 0, (), 10)
    assert Stream(plain, 4, 1, seed=0)[0].cond is None
    indices = torch.arange(20)
    batch = conditional.batch(indices, None)  # type: ignore[arg-type]  # nothing is random without flips
    assert batch.cond.dtype == torch.long
    assert batch.cond.equal(conditional.labels[:20])
    assert plain.labels.equal(conditional.labels)
    assert plain.classes_available == 10


SCRIPT = """
import sys, torch
from ganlab.data import ImageFolder, Stream
from ganlab.data.stream import WorkerLoader

if __name__ == "__main__":
    data = ImageFolder(sys.argv[1], 8, labels=True, flip=True, memory_limit_mib=0)
    assert data.needs_workers
    torch.manual_seed(0)
    before = torch.get_rng_state()
    batches = list(WorkerLoader(Stream(data, 6, 9, seed=0, start=2), 2))
    assert torch.get_rng_state().equal(before)
    torch.save([tuple(batch) for batch in batches], sys.argv[2])
"""


@pytest.mark.slow
def test_two_workers_yield_the_batches_of_one_process(save_image, tmp_path: Path) -> None:
    """In a separate process, because the fork server outlives the test."""
    for number in range(10):
        save_image(f"{number % 2}/{number}.png", color=(25 * number, 100, 200 - 15 * number), size=(9 + number, 20))
    script, result = tmp_path / "stream.py", tmp_path / "batches.pt"
    script.write_text(SCRIPT)
    subprocess.run(
        [sys.executable, script, tmp_path / "images", result],
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    from_workers = [Batch(*batch) for batch in torch.load(result)]
    for limit in (0, 100):
        data = ImageFolder(str(tmp_path / "images"), 8, labels=True, flip=True, memory_limit_mib=limit)
        expected = list(Stream(data, 6, 9, seed=0, start=2))
        assert len(from_workers) == len(expected) == 7
        assert all(map(same, from_workers, expected))


def test_a_distribution_has_a_nominal_length_and_real_samples_that_no_step_sees() -> None:
    data: DataSet = Ring()
    assert len(data) == 65536
    reals = [
        torch.cat([batch.sample for batch in data.real_samples(300, seed, split)])
        for seed in (0, 0, 1)
        for split in ("train", "validation")
    ]
    assert reals[0].equal(reals[2])
    assert not reals[0].equal(reals[1])
    assert not reals[0].equal(reals[4])
    assert not reals[0][:48].equal(Stream(data, 48, 1, seed=0)[0].sample)
