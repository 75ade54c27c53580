"""Scores finished samples in files: folders, zips and arrays against each other, without a run."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from ganlab.analysis.evaluation.result import EvaluationResult, build_features_and_metrics
from ganlab.config.targets import instantiate
from ganlab.core.errors import UserError
from ganlab.core.interfaces import Batch
from ganlab.core.random import Random, derive
from ganlab.data.sample_files.base import SampleFiles
from ganlab.data.sample_files.open import open_sample_files
from ganlab.data.sample_files.reading import Reading
from ganlab.engine.device import select_device
from ganlab.features import Cache
from ganlab.features.auto import auto_features
from ganlab.kinds import kind_of
from ganlab.metrics import Evaluator, Metric, Samples
from ganlab.metrics.intervals import bootstrap_intervals, standard_error_intervals
from ganlab.metrics.scoring.floors import score_floor, weak_scores
from ganlab.metrics.scoring.samples import ScoredBatch
from ganlab.metrics.scoring.scoring import build_report, describe_protocol
from ganlab.protocols import Protocol

MAX_NAMED_CLASSES = 4  # in a message about classes that differ
log = logging.getLogger(__name__)


def evaluate_files(config: DictConfig) -> EvaluationResult:
    """Score the samples `fake` against the samples `real`; raises what reading them, features and metrics raise."""
    of_sound = {"rate": config.rate, "length": config.length, "channels": config.channels}
    reading = Reading.of(config.resolution, config.fit, config.frames, config.grey_range, **of_sound)
    real = open_sample_files(config.real, reading)
    reading = replace(reading, grey_range=real.grey_range or reading.grey_range)  # one scale for both sides
    fake = open_sample_files(config.fake, reading)
    train = open_sample_files(config.train, reading) if config.train is not None else real
    _check_kinds_and_classes(real, fake, train)
    protocol: Protocol = instantiate(config.protocol)
    size = protocol.batch_size
    make_features = instantiate(config.features) or auto_features
    features, metrics = build_features_and_metrics(
        make_features, config.metric, real, select_device(config.device), Metric
    )
    references = {
        "held_out": sample_set(real, size, "real samples"),
        "train": sample_set(train, size, "training samples"),
    }
    evaluator = Evaluator(features, metrics, references, size, Cache())
    generated = sample_set(fake, size, "generated samples")
    floor: dict[str, float] = {}
    if config.train is not None:  # real samples that are not those of the comparison
        first = sample_set(train, size, "training samples", len(fake))
        floor = score_floor(evaluator, {"held_out": first, "none": first, "train": references["held_out"]})
    scores, intervals = score_with_intervals(evaluator, generated, protocol)
    facts: dict[str, Any] = {"weights": None, "truncation": None, "data": real.fingerprint(), **reading.describe()}
    if grey_range := real.grey_range or fake.grey_range:
        facts["grey_range"] = list(grey_range)
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


def score_with_intervals(
    evaluator: Evaluator, generated: Samples, protocol: Protocol
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Return the scores of fixed samples, and their intervals by resampling if the protocol has it."""
    if not protocol.resamples:
        return evaluator(generated), {}
    batches, count = evaluator.collect_features(generated), generated.count
    scores = evaluator.score_collected(batches)
    random = Random(derive(protocol.seed, "bootstrap"))
    resamples = [
        evaluator.score_resampled(batches, random.integers("rows", count, (count,))) for _ in range(protocol.resamples)
    ]
    return scores, bootstrap_intervals(scores, resamples)


def sample_set(files: SampleFiles, size: int, name: str, most: int | None = None) -> Samples:
    """Return the samples of files, or the first of them, rounded up to whole batches."""
    count = ceil(min(len(files), most or len(files)) / size)

    def batches(first: int, stride: int) -> Iterator[ScoredBatch]:
        rows = range(first * size, count * size, stride * size)
        chunks = islice(files.batches(size, first, stride), len(rows))
        return (_check_finite(chunk, files.path, row) for chunk, row in zip(chunks, rows, strict=True))

    key = {"data": files.fingerprint()} | ({} if most is None else {"batches": count})
    return Samples(batches, min(len(files), count * size), key, name)


def _check_finite(batch: Batch, path: Path, first_row: int) -> ScoredBatch:
    """Return the batch to score; raises UserError, with the row in the file, if a sample contains NaN or infinity."""
    broken = (~batch.sample.isfinite()).flatten(1).any(1).nonzero()[:, 0]
    if len(broken):
        raise UserError(
            f"row {first_row + int(broken[0])} of {path} holds NaN or infinite values (rows count from 0); repair or "
            "remove it"
        )
    return ScoredBatch(batch.sample, batch.cond)


def _check_kinds_and_classes(real: SampleFiles, fake: SampleFiles, train: SampleFiles) -> None:
    """Raise UserError for two kinds of data; number the classes of all alike, or remove unlike ones.

    Each may lack classes of the others.
    """
    sets = {"real": real, "fake": fake} | ({} if train is real else {"train": train})
    for name, files in sets.items():
        _check_kind(real, name, files)
    names = max(real.class_names, fake.class_names, key=len)
    unlike = [name for name, files in sets.items() if not files.class_names or {*files.class_names} - {*names}]
    if unlike:
        if real.class_names and fake.class_names:
            others = "; ".join(f"{name}={files.path}: {_few(files.class_names)}" for name, files in sets.items())
            log.warning("no score reads classes, because they differ (%s)", others)
        names = []
    for files in sets.values():
        files.name_classes(names)


def _check_kind(real: SampleFiles, name: str, files: SampleFiles) -> None:
    """Raise UserError if the samples `name` are of another kind than the real ones, or differ in a fact of the kind."""
    expected, kind = kind_of(real.spec), kind_of(files.spec)
    both = f"real={real.path} and {name}={files.path}"
    if kind.name != expected.name:
        raise UserError(
            f"{both} must be of one kind, but the real samples are {expected.plural} and the others {kind.plural}"
        )
    for fact, value in real.spec.facts.items():
        other = files.spec.facts.get(fact)
        if other != value:
            can_convert = fact in kind.read_settings
            advice = f"set {fact}={min(value, other):g} to convert all" if can_convert else "convert one of them"
            raise UserError(f"{both} differ: {fact} is {value} for real and {other} for {name}; {advice}")


def _few(names: Sequence[str]) -> str:
    """Return the first class names, for a message."""
    return ", ".join(names[:MAX_NAMED_CLASSES]) + (", …" if len(names) > MAX_NAMED_CLASSES else "") or "no classes"
