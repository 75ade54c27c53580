"""Scores a run's checkpoint against the data that it was trained on."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from ganlab.analysis.evaluation.result import EvaluationResult, build_features_and_metrics
from ganlab.callbacks.evaluate import describe_samples
from ganlab.config.targets import instantiate
from ganlab.core.errors import UserError
from ganlab.core.random import derive
from ganlab.data import DataSet
from ganlab.data.condition_source import build_sampler
from ganlab.engine.checkpoints import AtomicCheckpointIO, find_checkpoint
from ganlab.engine.device import select_device
from ganlab.engine.module import GANModule
from ganlab.features import Cache
from ganlab.games.truncation import truncate
from ganlab.metrics import BaseMetric, Evaluator, Samples
from ganlab.metrics.intervals import standard_error_intervals, summarise_repeats
from ganlab.metrics.scoring.conditioned import baseline_samples, score_baselines
from ganlab.metrics.scoring.floors import score_floor, stand_ins, weak_scores
from ganlab.metrics.scoring.scoring import (
    build_report,
    describe_protocol,
    evaluation_context,
    generated_samples,
    real_samples,
)
from ganlab.protocols import Protocol
from ganlab.runs.demos import require_run
from ganlab.runs.directory import RunDirectory
from ganlab.training.build import build_data, build_module

CHECKPOINTS = ("last", "best")  # that every run may have; others are files
INNER_DATA = ("images", "sounds")  # settings of data sets around another one that hold it
MODULE_GROUPS = ("data", "game", "optimizer", "schedule", "ema", "lr_schedule")  # that a module is built from
RESTORE = "restore it from the machine where the run was trained"


def evaluate_run(config: DictConfig) -> EvaluationResult:
    """Score the chosen checkpoint; raises UserError, and what data, features and metrics raise."""
    directory = RunDirectory(Path(config.run))
    run = _read_run_config(directory, config)
    data, device = build_data(run), select_device(config.device)
    module = _load_module(directory, run, data, config)
    protocol: Protocol = instantiate(config.protocol)
    metric_configs = {**run.metric, **config.metric} if config.training_metrics else config.metric
    features, metrics = build_features_and_metrics(
        instantiate(config.features or run.features), metric_configs, data, device
    )
    network = {"ema": module.ema.network, "live": module.game.sampler}[config.weights]
    if config.truncation is not None:
        truncate(module.game, network, config.truncation)
    sampler = build_sampler(module.to(device).game, network, data, protocol.split)
    evaluator = Evaluator(features, metrics, _reference_samples(data, protocol, metrics), protocol.batch_size, Cache())
    seeds = [derive(protocol.seed, "repeat", number) for number in range(protocol.repeats)]
    floor = score_floor(evaluator, stand_ins(data, protocol, metrics.values()))
    baselines = score_baselines(evaluator, baseline_samples(data, protocol))
    context = evaluation_context(sampler, features, data, protocol, module.steps)
    repeats = [
        evaluator(generated_samples(sampler, data, protocol, seed), replace(context, seed=seed)) for seed in seeds
    ]
    scores, intervals = summarise_repeats(repeats)
    checkpoint = config.checkpoint if config.checkpoint in CHECKPOINTS else "a file"
    facts = {**describe_samples(module, network, data, protocol), "checkpoint": checkpoint}
    content = build_report(
        scores,
        {**standard_error_intervals(scores), **intervals},
        metrics,
        describe_protocol(protocol, features, metrics, **facts),
        floor,
        baselines,
        remarks=weak_scores(metrics.values(), evaluator.references),
        run=str(config.run),
        checkpoint=str(config.checkpoint),
        step=module.steps,
        repeats=repeats,
        **directory.initial_weights(),
    )
    return EvaluationResult(content, evaluator, lambda: generated_samples(sampler, data, protocol, seeds[0]))


def _read_run_config(directory: RunDirectory, config: DictConfig) -> Any:
    """Return the run's configuration, with the current path of its data."""
    require_run(config.run, "ganlab evaluate")
    if not directory.config.is_file():
        raise UserError(f"run={config.run} has no config.yaml; give the directory of a run")
    run = directory.read_config(RESTORE)
    if missing := [group for group in MODULE_GROUPS if group not in run]:
        raise UserError(f"{directory.config} has no {', '.join(missing)}; {RESTORE}")
    if config.data_root is not None:
        # data.path, if it is set, is the folder itself; otherwise the data is below data.data_root
        inner = [name for name in INNER_DATA if name in run.data]  # what this data is derived from
        node = run.data[inner[0]] if inner else run.data
        setting = "path" if node.get("path") is not None else "data_root"
        if setting not in node:
            raise UserError(
                f"data_root={config.data_root}: the data of run={config.run} is not read from files; remove data_root"
            )
        node[setting] = config.data_root
    return run


def _load_module(directory: RunDirectory, run: DictConfig, data: DataSet, config: DictConfig) -> GANModule:
    """Return the run's module with the weights of the checkpoint."""
    if directory.trained_on_other_data(data.fingerprint()):
        raise UserError(
            f"the data of run={config.run} has changed since the run was trained, so its test split may contain "
            "training samples; restore the data, or set data_root=DIR if it has moved"
        )
    checkpoint = AtomicCheckpointIO().load_checkpoint(
        find_checkpoint(directory.path / "checkpoints", config.checkpoint)
    )
    module = build_module(run, data)
    try:
        module.load_state_dict(checkpoint["state_dict"])
    except (KeyError, RuntimeError) as error:
        raise UserError(f"checkpoint={config.checkpoint} does not belong to the run in {config.run}") from error
    module.on_load_checkpoint(checkpoint)
    return module


def _reference_samples(data: DataSet, protocol: Protocol, metrics: Mapping[str, BaseMetric]) -> dict[str, Samples]:
    """Return the sets of real samples that the metrics read; raises ValueError if a split is empty."""
    required = {metric.reference for metric in metrics.values()}
    splits = {"held_out": protocol.split, "train": "train"}
    splits = {name: split for name, split in splits.items() if name in required}
    for split in splits.values():
        next(iter(data.real_samples(1, split=split)))  # raises the error before any scoring
    return {name: real_samples(data, split, protocol) for name, split in splits.items()}
