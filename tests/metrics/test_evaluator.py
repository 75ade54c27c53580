"""One pass, remembered reals, any number of processes: the same scores."""

from pathlib import Path

import pytest
import torch
import torch.multiprocessing as mp
from support.metric_sources import Pictures, Points, normal
from torch import Tensor

from ganlab.core.interfaces import Batch
from ganlab.features import Cache, Identity, RandomConvolution
from ganlab.metrics import FID, KID, PRDC, BaseMetric, Duplicates, Evaluator, Modes, Processes, Samples, SpatialFID

DATA = Points()
SIZE = 20


def side(values: Tensor, key: str | None = None, size: int = SIZE) -> Samples:
    def batches(first: int, stride: int):
        return (Batch(part) for part in values.split(size)[first::stride])

    return Samples(batches, len(values), {"data": key} if key else None)


def evaluator(real: Tensor, cache: Cache | None = None, processes: Processes | None = None) -> Evaluator:
    features = Identity(DATA)
    measures: dict[str, BaseMetric] = {
        "fid": FID(features, DATA),
        "modes": Modes(features, DATA),
        "kid": KID(features, DATA),
        "prdc": PRDC(features, DATA),
    }
    return Evaluator(features, measures, {"held_out": side(real, "reals")}, SIZE, cache, processes)


def test_all_metrics_share_one_pass_and_nothing_is_drawn() -> None:
    before = torch.get_rng_state()
    make = evaluator(normal(90, 2))
    scores = make(side(normal(50, 2, seed=1)))
    assert torch.equal(torch.get_rng_state(), before)
    assert scores.keys() == {
        *("fid", "modes", "high_quality", "reverse_kl", "kid", "kid_standard_error"),
        *("precision", "recall", "density", "coverage"),
    }
    assert make(side(normal(50, 2, seed=1))) == scores  # starts anew every time


def test_real_samples_are_left_alone_where_no_metric_needs_them() -> None:
    features = Identity(DATA)
    scores = Evaluator(features, {"modes": Modes(features, DATA)}, {}, SIZE)(side(normal(4, 2)))
    assert scores["high_quality"] > 0


def test_reals_from_the_cache_score_the_same_and_are_not_read(tmp_path: Path) -> None:
    real, fake = normal(90, 2), normal(50, 2, seed=1)
    fresh = evaluator(real, Cache(tmp_path))(side(fake))
    again = evaluator(torch.full((90, 2), torch.nan), Cache(tmp_path))(side(fake))  # NaN would be refused
    assert again == fresh == evaluator(real)(side(fake))
    for file in tmp_path.iterdir():
        file.write_bytes(b"damaged")
    assert evaluator(real, Cache(tmp_path))(side(fake)) == fresh


def test_a_folder_that_cannot_be_written_costs_no_score(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    real, fake = normal(90, 2), normal(50, 2, seed=1)
    assert evaluator(real, Cache(tmp_path / "file"))(side(fake)) == evaluator(real)(side(fake))
    assert "cannot be kept" in caplog.text


def _process(rank: int, world: int, address: str, real: Tensor, fake: Tensor, folder: str) -> None:
    torch.distributed.init_process_group("gloo", init_method=address, rank=rank, world_size=world)

    def broadcast(value: object) -> object:
        values = [value]
        torch.distributed.broadcast_object_list(values)
        return values[0]

    scores = evaluator(real, Cache(Path(folder) / "cache"), Processes(rank, world, broadcast))(side(fake))
    torch.save(scores, f"{folder}/{rank}.pt")
    torch.distributed.destroy_process_group()


@pytest.mark.slow
@pytest.mark.parametrize("real", [90, 10], ids=["shares", "one process has no reals"])
def test_two_processes_score_as_one(tmp_path: Path, real: int) -> None:
    reals, fakes = normal(real, 2), normal(110, 2, seed=1)
    alone = evaluator(reals)(side(fakes))
    mp.spawn(_process, (2, f"file://{tmp_path}/meet", reals, fakes, str(tmp_path)), nprocs=2)
    for rank in range(2):
        assert torch.load(tmp_path / f"{rank}.pt", weights_only=True) == pytest.approx(alone, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_broken_samples_are_refused(value: float) -> None:
    broken = normal(5, 2).index_fill(0, torch.tensor([1, 3]), value)
    with pytest.raises(ValueError, match="2 of 5 samples hold NaN or infinite values"):
        evaluator(normal(9, 2))(side(broken))


def test_images_are_scored() -> None:
    data = Pictures()
    features = RandomConvolution(data)
    real = torch.cat([batch.sample for batch in data.reals()])
    score = Evaluator(features, {"fid": FID(features)}, {"held_out": side(real)}, SIZE)
    assert score(side(real))["fid"] == pytest.approx(0, abs=1e-6)
    assert score(side(255 - real))["fid"] > 0.1


@pytest.mark.parametrize("size", [7, 60])
def test_the_size_of_batches_does_not_matter(size: int) -> None:
    data = Pictures()
    features = RandomConvolution(data)
    real = torch.cat([batch.sample for batch in data.reals()])

    def scores(size: int) -> dict[str, float]:
        measures: dict[str, BaseMetric] = {"fid": FID(features), "kid": KID(features), "prdc": PRDC(features)}
        make = Evaluator(features, measures, {"held_out": side(real, size=size)}, size)
        return make(side(255 - real, size=size))

    assert scores(size) == pytest.approx(scores(SIZE), rel=1e-6, abs=1e-9)


def test_resampling_takes_rows_and_leaves_out_metrics_of_pairs() -> None:
    make, fake = evaluator(normal(90, 2)), normal(50, 2, seed=1)
    kept = make.keep(side(fake))
    assert make.kept(kept) == make(side(fake))
    rows = torch.arange(50).flip(0)[:30]
    scores = make.resampled(kept, rows)
    assert scores == pytest.approx({name: make(side(fake[rows]))[name] for name in scores})
    assert scores.keys() == {"fid", "modes", "high_quality", "reverse_kl"}


def test_what_is_kept_to_be_scored_again_holds_no_pictures_that_nobody_reads() -> None:
    data = Pictures()
    features = RandomConvolution(data)
    real = side(torch.cat([batch.sample for batch in data.reals()]))
    found = {}
    for name, metric in (("fid", FID), ("spatial_fid", SpatialFID), ("duplicates", Duplicates)):
        evaluator = Evaluator(features, {name: metric(features, data)}, {"held_out": real}, SIZE)
        (batch, _), *others = kept = evaluator.keep(real)
        assert len(others) == 2
        assert evaluator.kept(kept) == evaluator(real)
        found[name] = {field for field, value in batch._asdict().items() if value is not None}
    assert found == {
        "fid": {"features"},
        "spatial_fid": {"features", "spatial"},
        "duplicates": {"features", "samples"},
    }


def test_samples_are_picked_by_number() -> None:
    values = normal(50, 2)
    assert side(values).pick(torch.tensor([0, 19, 20, 49])).equal(values[[0, 19, 20, 49]])
