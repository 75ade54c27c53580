"""The evaluator: one pass for all metrics, cached real statistics, and equal scores for any number of processes."""

from pathlib import Path

import pytest
import torch
import torch.multiprocessing as mp
from support.metric_sources import Pictures, Points, normal
from torch import Tensor

from ganlab.features import Cache, Identity, RandomConvolution
from ganlab.metrics import FID, KID, PRDC, BaseMetric, Duplicates, Evaluator, Modes, Processes, Samples, SpatialFID
from ganlab.metrics.scoring.samples import ScoredBatch

DATA = Points()
SIZE = 20


def samples(values: Tensor, key: str | None = None, size: int = SIZE) -> Samples:
    def batches(first: int, stride: int):
        return (ScoredBatch(rows) for rows in values.split(size)[first::stride])

    return Samples(batches, len(values), {"data": key} if key else None)


def build_evaluator(real: Tensor, cache: Cache | None = None, processes: Processes | None = None) -> Evaluator:
    features = Identity(DATA)
    metrics: dict[str, BaseMetric] = {
        "fid": FID(features, DATA),
        "modes": Modes(features, DATA),
        "kid": KID(features, DATA),
        "prdc": PRDC(features, DATA),
    }
    return Evaluator(features, metrics, {"held_out": samples(real, "real")}, SIZE, cache, processes)


def test_all_metrics_share_one_pass_without_random_numbers() -> None:
    before = torch.get_rng_state()
    evaluator = build_evaluator(normal(90, 2))
    scores = evaluator(samples(normal(50, 2, seed=1)))
    assert torch.equal(torch.get_rng_state(), before)
    assert scores.keys() == {
        *("fid", "modes", "high_quality", "reverse_kl", "kid", "kid_standard_error"),
        *("precision", "recall", "density", "coverage"),
    }
    assert evaluator(samples(normal(50, 2, seed=1))) == scores  # accumulators start from scratch


def test_real_samples_are_not_read_if_no_metric_needs_them() -> None:
    features = Identity(DATA)
    scores = Evaluator(features, {"modes": Modes(features, DATA)}, {}, SIZE)(samples(normal(4, 2)))
    assert scores["high_quality"] > 0


def test_cached_real_statistics_give_the_same_scores_without_reading(tmp_path: Path) -> None:
    real, fake = normal(90, 2), normal(50, 2, seed=1)
    fresh = build_evaluator(real, Cache(tmp_path))(samples(fake))
    again = build_evaluator(torch.full((90, 2), torch.nan), Cache(tmp_path))(samples(fake))  # NaN would be an error
    assert again == fresh == build_evaluator(real)(samples(fake))
    for file in tmp_path.iterdir():
        file.write_bytes(b"damaged")
    assert build_evaluator(real, Cache(tmp_path))(samples(fake)) == fresh


def test_an_unwritable_cache_folder_does_not_change_scores(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    real, fake = normal(90, 2), normal(50, 2, seed=1)
    assert build_evaluator(real, Cache(tmp_path / "file"))(samples(fake)) == build_evaluator(real)(samples(fake))
    assert "cannot be saved" in caplog.text


def _process(rank: int, world: int, address: str, real: Tensor, fake: Tensor, folder: str) -> None:
    torch.distributed.init_process_group("gloo", init_method=address, rank=rank, world_size=world)

    def broadcast(value: object) -> object:
        values = [value]
        torch.distributed.broadcast_object_list(values)
        return values[0]

    scores = build_evaluator(real, Cache(Path(folder) / "cache"), Processes(rank, world, broadcast))(samples(fake))
    torch.save(scores, f"{folder}/{rank}.pt")
    torch.distributed.destroy_process_group()


@pytest.mark.slow
@pytest.mark.parametrize("count", [90, 10], ids=["both have real samples", "one has no real samples"])
def test_two_processes_score_like_one(tmp_path: Path, count: int) -> None:
    real, fake = normal(count, 2), normal(110, 2, seed=1)
    expected = build_evaluator(real)(samples(fake))
    mp.spawn(_process, (2, f"file://{tmp_path}/meet", real, fake, str(tmp_path)), nprocs=2)
    for rank in range(2):
        assert torch.load(tmp_path / f"{rank}.pt", weights_only=True) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_samples_with_nan_or_infinity_are_an_error(value: float) -> None:
    invalid = normal(5, 2).index_fill(0, torch.tensor([1, 3]), value)
    with pytest.raises(ValueError, match="2 of 5 samples hold NaN or infinite values"):
        build_evaluator(normal(9, 2))(samples(invalid))


def test_images_are_scored() -> None:
    data = Pictures()
    features = RandomConvolution(data)
    real = torch.cat([batch.sample for batch in data.real_samples()])
    evaluator = Evaluator(features, {"fid": FID(features)}, {"held_out": samples(real)}, SIZE)
    assert evaluator(samples(real))["fid"] == pytest.approx(0, abs=1e-6)
    assert evaluator(samples(255 - real))["fid"] > 0.1


@pytest.mark.parametrize("size", [7, 60])
def test_the_batch_size_does_not_change_scores(size: int) -> None:
    data = Pictures()
    features = RandomConvolution(data)
    real = torch.cat([batch.sample for batch in data.real_samples()])

    def scores(size: int) -> dict[str, float]:
        metrics: dict[str, BaseMetric] = {"fid": FID(features), "kid": KID(features), "prdc": PRDC(features)}
        evaluator = Evaluator(features, metrics, {"held_out": samples(real, size=size)}, size)
        return evaluator(samples(255 - real, size=size))

    assert scores(size) == pytest.approx(scores(SIZE), rel=1e-6, abs=1e-9)


def test_resampling_selects_rows_and_leaves_out_metrics_of_pairs() -> None:
    evaluator, fake = build_evaluator(normal(90, 2)), normal(50, 2, seed=1)
    batches = evaluator.collect_features(samples(fake))
    assert evaluator.score_collected(batches) == evaluator(samples(fake))
    rows = torch.arange(50).flip(0)[:30]
    scores = evaluator.score_resampled(batches, rows)
    assert scores == pytest.approx({name: evaluator(samples(fake[rows]))[name] for name in scores})
    assert scores.keys() == {"fid", "modes", "high_quality", "reverse_kl"}


def test_collected_features_have_only_fields_that_a_metric_reads() -> None:
    data = Pictures()
    features = RandomConvolution(data)
    real = samples(torch.cat([batch.sample for batch in data.real_samples()]))
    fields = {}
    for name, metric in (("fid", FID), ("spatial_fid", SpatialFID), ("duplicates", Duplicates)):
        evaluator = Evaluator(features, {name: metric(features, data)}, {"held_out": real}, SIZE)
        (first, _), *others = batches = evaluator.collect_features(real)
        assert len(others) == 2
        assert evaluator.score_collected(batches) == evaluator(real)
        fields[name] = {field for field, value in first._asdict().items() if value is not None}
    assert fields == {
        "fid": {"features"},
        "spatial_fid": {"features", "spatial"},
        "duplicates": {"features", "samples"},
    }


def test_samples_are_selected_by_index() -> None:
    values = normal(50, 2)
    assert samples(values).select(torch.tensor([0, 19, 20, 49])).equal(values[[0, 19, 20, 49]])
