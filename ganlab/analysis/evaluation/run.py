"""A run's checkpoint, against the data it was trained on."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from ganlab.analysis.evaluation.result import Evaluated, build_parts
from ganlab.callbacks.evaluate import run_facts
from ganlab.config.targets import instantiate
from ganlab.core.errors import UserError
from ganlab.core.random import derive
from ganlab.data import DataSet
from ganlab.engine.checkpoints import AtomicCheckpointIO, find_checkpoint
from ganlab.engine.device import select_device
from ganlab.engine.module import GANModule
from ganlab.features import Cache
from ganlab.games.sampler import Sampler, truncate
from ganlab.metrics import BaseMetric, EvaluationContext, Evaluator, Samples
from ganlab.metrics.intervals import from_standard_errors, over_repeats
from ganlab.metrics.scoring.scoring import describe, fakes_of, reals_of, report, subject_of
from ganlab.protocols import Protocol
from ganlab.runs.directory import RunDirectory
from ganlab.training.build import build_data, build_module

NAMED = ("last", "best")  # checkpoints that every run may have
BUILT = ("data", "game", "optimizer", "schedule", "ema", "lr_schedule")  # groups that a module is made of
AGAIN = "bring it back from where the run was made"


def evaluate_run(config: DictConfig) -> Evaluated:
    """Score the checkpoint that is named; raises UserError, and what data, features and metrics raise."""
    directory = RunDirectory(Path(config.run))
    run = _settings(directory, config)
    data, device = build_data(run), select_device(config.device)
    module = _trained(directory, run, data, config)
    protocol: Protocol = instantiate(config.protocol)
    asked = {**run.metric, **config.metric} if config.training_metrics else config.metric
    features, measures = build_parts(instantiate(config.features or run.features), asked, data, device)
    network = {"ema": module.ema.network, "live": module.game.sampler}[config.weights]
    if config.truncation is not None:
        truncate(module.game, network, config.truncation)
    sampler = Sampler(module.to(device).game, network, data.spec, data.decode)
    evaluator = Evaluator(features, measures, _references(data, protocol, measures), protocol.batch_size, Cache())
    seeds = [derive(protocol.seed, "repeat", number) for number in range(protocol.repeats)]
    subject = subject_of(sampler, features, data, protocol, module.steps)
    repeats = [_scored(evaluator, fakes_of(sampler, protocol, seed), subject, seed) for seed in seeds]
    scores, intervals = over_repeats(repeats)
    chosen = config.checkpoint if config.checkpoint in NAMED else "a file"
    facts = {**run_facts(module, network, data, protocol), "checkpoint": chosen}
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


def _settings(directory: RunDirectory, config: DictConfig) -> Any:
    """Return the run's configuration, with the place where its data are now."""
    if not directory.config.is_file():
        raise UserError(f"run={config.run} holds no config.yaml; give the directory of a run")
    run = directory.read_config(AGAIN)
    if lacking := [group for group in BUILT if group not in run]:
        raise UserError(f"{directory.config} holds no {', '.join(lacking)}; {AGAIN}")
    if config.data_root is not None:
        # Data are read from a place of their own where one was given, and else from below the root of all.
        place = "path" if run.data.get("path") is not None else "data_root"
        if place not in run.data:
            raise UserError(
                f"data_root={config.data_root}: the data of run={config.run} are not read from files; drop it"
            )
        run.data[place] = config.data_root
    return run


def _trained(directory: RunDirectory, run: DictConfig, data: DataSet, config: DictConfig) -> GANModule:
    """Return the run's module with the weights of the checkpoint."""
    if directory.has_seen_other(data.fingerprint()):
        raise UserError(
            f"the data of run={config.run} has changed since it was trained, and its splits with it, so that scores "
            "would be of samples it has seen; bring it back, or say where it is with data_root=DIR"
        )
    checkpoint = AtomicCheckpointIO().load_checkpoint(
        find_checkpoint(directory.path / "checkpoints", config.checkpoint)
    )
    module = build_module(run, data)
    try:
        module.load_state_dict(checkpoint["state_dict"])
    except (KeyError, RuntimeError) as error:
        raise UserError(f"checkpoint={config.checkpoint} is not one of the run in {config.run}") from error
    module.on_load_checkpoint(checkpoint)
    return module


def _scored(evaluator: Evaluator, fakes: Samples, subject: EvaluationContext, seed: int) -> dict[str, float]:
    return evaluator(fakes, replace(subject, seed=seed))


def _references(data: DataSet, protocol: Protocol, measures: Mapping[str, BaseMetric]) -> dict[str, Samples]:
    wanted = {each.reference for each in measures.values()}
    splits = {"held_out": protocol.split, "train": "train"}
    for name, split in splits.items():
        if name in wanted:
            next(iter(data.reals(1, split=split)))  # which tells where there are none
    return {name: reals_of(data, split, protocol) for name, split in splits.items() if name in wanted}
