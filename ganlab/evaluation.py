"""Scores under a protocol: of a run's checkpoint against its data, or of finished samples in files."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

import torch
from omegaconf import DictConfig, OmegaConf

from ganlab.assembly import build_data, build_module
from ganlab.callbacks.evaluate import run_facts
from ganlab.checkpoints import AtomicCheckpointIO, named
from ganlab.config import instantiate
from ganlab.data import DataSet
from ganlab.data.collection import Collection
from ganlab.data.open_collection import open_collection
from ganlab.devices import usable
from ganlab.errors import UserError
from ganlab.interfaces import Batch
from ganlab.metrics import Cache, Evaluator, Features, Measure, Protocol, Samples, Subject, suitable
from ganlab.metrics.intervals import from_standard_errors, over_repeats, over_resamples
from ganlab.metrics.scoring import build_measures, describe, fakes_of, reals_of, report, subject_of
from ganlab.random import Random, derive
from ganlab.run_directory import RunDirectory
from ganlab.sampler import Sampler
from ganlab.schema import Evaluation

log = logging.getLogger(__name__)
NAMED = ("last", "best")  # checkpoints that every run may have


@final
@dataclass(frozen=True)
class Evaluated:
    """The content of a score file, and what a picture of neighbours is made from."""

    content: Mapping[str, Any]
    evaluator: Evaluator
    fakes: Callable[[], Samples]


def evaluate(config: DictConfig) -> Evaluated:
    """Score what a configuration of `ganlab evaluate` names; raises UserError where that cannot be done."""
    chosen = [name for name in ("run", "real", "fake") if config[name] is not None]
    match chosen:
        case ["run"]:
            work = _evaluate_run
        case ["real", "fake"]:
            work = _evaluate_files
        case _:
            given = ", ".join(f"{name}={config[name]}" for name in chosen) or "nothing"
            raise UserError(f"give run=DIR, or real=PATH and fake=PATH, got {given}")
    _unread(config)
    try:
        return work(config)
    except (ValueError, OSError, ImportError) as error:  # what data, features and metrics say in words for people
        raise UserError(str(error)) from error


def _unread(config: DictConfig) -> None:
    """Refuse settings of the other kind of evaluation, which would be given for nothing."""
    usual = Evaluation()
    others = ("train",) if config.run is not None else ("checkpoint", "weights", "data_root")
    for name in others:
        if config[name] != getattr(usual, name):
            kind = "finished samples: real=PATH fake=PATH" if config.run is not None else "a run: run=DIR"
            raise UserError(f"{name}={config[name]} is for {kind}; drop it")


def _evaluate_run(config: DictConfig) -> Evaluated:
    directory = RunDirectory(Path(config.run))
    if not directory.config.is_file():
        raise UserError(f"run={config.run} holds no config.yaml; give the directory of a run")
    run: Any = OmegaConf.load(directory.config)
    if config.data_root is not None:
        # Data are read from a place of their own where one was given, and else from below the root of all.
        place = "path" if run.data.get("path") is not None else "data_root"
        if place not in run.data:
            raise UserError(
                f"data_root={config.data_root}: the data of run={config.run} are not read from files; drop it"
            )
        run.data[place] = config.data_root
    data, device = build_data(run), usable(config.device)
    if directory.has_seen_other(data.fingerprint()):
        raise UserError(
            f"the data of run={config.run} has changed since it was trained, and its splits with it, so that scores "
            "would be of samples it has seen; bring it back, or say where it is with data_root=DIR"
        )
    checkpoint = AtomicCheckpointIO().load_checkpoint(named(directory.path / "checkpoints", config.checkpoint))
    module = build_module(run, data)
    try:
        module.load_state_dict(checkpoint["state_dict"])
    except (KeyError, RuntimeError) as error:
        raise UserError(f"checkpoint={config.checkpoint} is not one of the run in {config.run}") from error
    module.on_load_checkpoint(checkpoint)
    network = {"ema": module.ema.network, "live": module.game.sampler}[config.weights]
    protocol: Protocol = instantiate(config.protocol)
    asked = {**run.metric, **config.metric} if config.training_metrics else config.metric
    features, measures = _parts(instantiate(config.features or run.features), asked, data, device)
    sampler = Sampler(module.to(device).game, network, data.spec, data.decode)
    evaluator = Evaluator(features, measures, _references(data, protocol, measures), protocol.batch_size, Cache())
    seeds = [derive(protocol.seed, "repeat", number) for number in range(protocol.repeats)]
    subject = subject_of(sampler, features, data, protocol, module.steps)
    repeats = [_scored(evaluator, fakes_of(sampler, protocol, seed), subject, seed) for seed in seeds]
    scores, intervals = over_repeats(repeats)
    weights = config.weights if len(list(module.ema.children())) else "live"
    chosen = config.checkpoint if config.checkpoint in NAMED else "a file"
    facts = {**run_facts(module, data, protocol), "weights": weights, "checkpoint": chosen}
    content = report(
        scores,
        {**from_standard_errors(scores), **intervals},
        measures,
        describe(protocol, features, measures, **facts),
        run=str(config.run),
        checkpoint=str(config.checkpoint),
        step=module.steps,
        repeats=repeats,
    )
    return Evaluated(content, evaluator, lambda: fakes_of(sampler, protocol, seeds[0]))


def _scored(evaluator: Evaluator, fakes: Samples, subject: Subject, seed: int) -> dict[str, float]:
    return evaluator(fakes, replace(subject, seed=seed))


def _evaluate_files(config: DictConfig) -> Evaluated:
    real, fake = open_collection(config.real), open_collection(config.fake)
    train = open_collection(config.train) if config.train is not None else real
    _agree(real, fake)
    protocol: Protocol = instantiate(config.protocol)
    size = protocol.batch_size
    chosen = instantiate(config.features) or suitable
    features, measures = _parts(chosen, config.metric, real, usable(config.device))
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


def _parts(
    make_features: Callable[[Any], Features],
    metric: Mapping[Any, Any],
    data: DataSet | Collection,
    device: torch.device,
) -> tuple[Features, dict[str, Measure]]:
    """Build features and metrics; those that do not fit are left out with a word, unless that leaves none."""
    with torch.random.fork_rng(devices=[]):
        features = make_features(data)
    makers = {name: instantiate(node) for name, node in metric.items()}
    measures, left_out = build_measures(makers, features, data)
    if not measures:
        raise UserError("; ".join(left_out) or "metric=[] scores nothing; choose metric=[fid] or others")
    for sentence in left_out:
        log.warning("left out: %s", sentence)
    return features.to(device), measures


def _references(data: DataSet, protocol: Protocol, measures: Mapping[str, Measure]) -> dict[str, Samples]:
    wanted = {each.reference for each in measures.values()}
    splits = {"held_out": protocol.split, "train": "train"}
    for name, split in splits.items():
        if name in wanted:
            next(iter(data.reals(1, split=split)))  # which tells where there are none
    return {name: reals_of(data, split, protocol) for name, split in splits.items() if name in wanted}


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
