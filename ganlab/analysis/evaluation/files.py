"""Scores finished samples in files: folders, zips and arrays against each other, without a run."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from math import ceil
from pathlib import Path

from omegaconf import DictConfig

from ganlab.analysis.evaluation.result import EvaluationResult, build_features_and_metrics
from ganlab.config.targets import instantiate
from ganlab.core.errors import UserError
from ganlab.core.interfaces import Batch
from ganlab.core.random import Random, derive
from ganlab.data.sample_files.base import SampleFiles
from ganlab.data.sample_files.open import open_sample_files
from ganlab.engine.device import select_device
from ganlab.features import Cache
from ganlab.features.auto import auto_features
from ganlab.metrics import Evaluator, Metric, Samples
from ganlab.metrics.intervals import bootstrap_intervals, standard_error_intervals
from ganlab.metrics.scoring.floors import score_floor, weak_scores
from ganlab.metrics.scoring.scoring import build_report, describe_protocol
from ganlab.protocols import Protocol


def evaluate_files(config: DictConfig) -> EvaluationResult:
    """Score the samples `fake` against the samples `real`; raises what reading them, features and metrics raise."""
    real, fake = open_sample_files(config.real), open_sample_files(config.fake)
    train = open_sample_files(config.train) if config.train is not None else real
    _check_kinds_and_classes(real, fake)
    protocol: Protocol = instantiate(config.protocol)
    size = protocol.batch_size
    make_features = instantiate(config.features) or auto_features
    features, metrics = build_features_and_metrics(
        make_features, config.metric, real, select_device(config.device), Metric
    )
    references = {
        "held_out": _sample_set(real, size, "real samples"),
        "train": _sample_set(train, size, "training samples"),
    }
    evaluator = Evaluator(features, metrics, references, size, Cache())
    generated = _sample_set(fake, size, "generated samples")
    floor: dict[str, float] = {}
    if config.train is not None:  # real samples that are not those of the comparison
        first = _sample_set(train, size, "training samples", len(fake))
        floor = score_floor(evaluator, {"held_out": first, "none": first, "train": references["held_out"]})
    if protocol.resamples:
        batches = evaluator.collect_features(generated)
        scores = evaluator.score_collected(batches)
        random = Random(derive(protocol.seed, "bootstrap"))
        resamples = [
            evaluator.score_resampled(batches, random.integers("rows", len(fake), (len(fake),)))
            for _ in range(protocol.resamples)
        ]
        intervals = bootstrap_intervals(scores, resamples)
    else:
        scores, intervals = evaluator(generated), {}
    facts = {"weights": None, "truncation": None, "data": real.fingerprint()}
    if any(metric.reference == "train" for metric in metrics.values()):
        facts["train"] = train.fingerprint()
    description = describe_protocol(protocol, features, metrics, **facts)
    counts = {"samples": len(fake), "real_samples": len(real), "split": None, "repeats": 1}
    content = build_report(
        scores,
        {**standard_error_intervals(scores), **intervals},
        metrics,
        {**description, **counts},
        floor,
        remarks=weak_scores(metrics.values(), references),
        real=str(config.real),
        fake=str(config.fake),
        fake_data=fake.fingerprint(),
    )
    return EvaluationResult(content, evaluator, lambda: generated)


def _sample_set(files: SampleFiles, size: int, name: str, most: int | None = None) -> Samples:
    """Return the samples of files, or the first of them, rounded up to whole batches."""
    count = ceil(min(len(files), most or len(files)) / size)

    def batches(first: int, stride: int) -> Iterator[Batch]:
        rows = range(first * size, count * size, stride * size)
        chunks = islice(files.batches(size, first, stride), len(rows))
        return (_check_finite(chunk, files.path, row) for chunk, row in zip(chunks, rows, strict=True))

    key = {"data": files.fingerprint()} | ({} if most is None else {"batches": count})
    return Samples(batches, min(len(files), count * size), key, name)


def _check_finite(batch: Batch, path: Path, first_row: int) -> Batch:
    """Return the batch; raises UserError, with the row in the file, if a sample contains NaN or infinity."""
    broken = (~batch.sample.isfinite()).flatten(1).any(1).nonzero()[:, 0]
    if len(broken):
        raise UserError(
            f"row {first_row + int(broken[0])} of {path} holds NaN or infinite values (rows count from 0); repair or "
            "remove it"
        )
    return batch


def _check_kinds_and_classes(real: SampleFiles, fake: SampleFiles) -> None:
    """Raise UserError for images against points; remove the labels of both unless they have the same classes."""
    if len(real.spec.sample) != len(fake.spec.sample):
        raise UserError(f"real={real.path} and fake={fake.path} must both be images or both be points")
    if set(real.class_names) == set(fake.class_names):
        return
    for files in (real, fake):
        files.labels, files.class_names, files.spec = None, [], replace(files.spec, classes=0)
