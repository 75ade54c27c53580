"""Finished samples in files: folders, zips and arrays against each other, without any run."""

from collections.abc import Iterator
from dataclasses import replace

from omegaconf import DictConfig

from ganlab.analysis.evaluation.result import Evaluated, build_parts
from ganlab.config.targets import instantiate
from ganlab.core.errors import UserError
from ganlab.core.interfaces import Batch
from ganlab.core.random import Random, derive
from ganlab.data.sample_files.base import Collection
from ganlab.data.sample_files.open import open_collection
from ganlab.engine.device import select_device
from ganlab.features import Cache
from ganlab.features.auto import auto_features
from ganlab.metrics import Evaluator, Metric, Samples
from ganlab.metrics.intervals import from_standard_errors, over_resamples
from ganlab.metrics.scoring.scoring import describe, report
from ganlab.protocols import Protocol


def evaluate_files(config: DictConfig) -> Evaluated:
    """Score one collection of samples against another; raises what they, features and metrics raise."""
    real, fake = open_collection(config.real), open_collection(config.fake)
    train = open_collection(config.train) if config.train is not None else real
    _agree(real, fake)
    protocol: Protocol = instantiate(config.protocol)
    size = protocol.batch_size
    chosen = instantiate(config.features) or auto_features
    features, measures = build_parts(chosen, config.metric, real, select_device(config.device), Metric)
    references = {"held_out": _side(real, size, "real samples"), "train": _side(train, size, "training samples")}
    evaluator = Evaluator(features, measures, references, size, Cache())
    fakes = _side(fake, size, "generated samples")
    if protocol.resamples:
        kept = evaluator.keep(fakes)
        scores = evaluator.kept(kept)
        random = Random(derive(protocol.seed, "bootstrap"))
        rows = (random.integers("rows", len(fake), (len(fake),)) for _ in range(protocol.resamples))
        intervals = over_resamples(scores, [evaluator.resampled(kept, each) for each in rows])
    else:
        scores, intervals = evaluator(fakes), {}
    facts = {"weights": None, "truncation": None, "data": real.fingerprint()}
    if any(each.reference == "train" for each in measures.values()):
        facts["train"] = train.fingerprint()
    described = describe(protocol, features, measures, **facts)
    counts = {"samples": len(fake), "real_samples": len(real), "split": None, "repeats": 1}
    content = report(
        scores,
        {**from_standard_errors(scores), **intervals},
        measures,
        {**described, **counts},
        real=str(config.real),
        fake=str(config.fake),
        fake_data=fake.fingerprint(),
    )
    return Evaluated(content, evaluator, lambda: fakes)


def _side(samples: Collection, size: int, name: str) -> Samples:
    def batches(first: int, stride: int) -> Iterator[Batch]:
        return samples.batches(size, first, stride)

    return Samples(batches, len(samples), {"data": samples.fingerprint()}, name)


def _agree(real: Collection, fake: Collection) -> None:
    """Give both sides the same kind of samples and the same class numbers; labels that only one has do not count."""
    if len(real.spec.sample) != len(fake.spec.sample):
        raise UserError(f"real={real.path} and fake={fake.path} hold different kinds of samples: images and points")
    if set(real.class_names) == set(fake.class_names):
        return
    for each in (real, fake):
        each.labels, each.class_names, each.spec = None, [], replace(each.spec, classes=0)
