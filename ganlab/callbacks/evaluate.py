import logging
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch import nn

from ganlab.callbacks.checkpoint import Checkpoint
from ganlab.callbacks.feature_space import FeatureFactory, build_features
from ganlab.callbacks.interrupt import Interrupt
from ganlab.callbacks.periodic import Periodic
from ganlab.core.errors import UserError
from ganlab.core.interfaces import ReportsSettings
from ganlab.core.score_text import baseline_lines
from ganlab.core.shell_lines import as_path, ganlab_line
from ganlab.data import DataSet
from ganlab.data.condition_source import build_sampler
from ganlab.engine.module import GANModule
from ganlab.engine.trainer_access import callbacks_of, data_of
from ganlab.features import Cache
from ganlab.metrics import BaseMetric, Evaluator, Processes
from ganlab.metrics.scoring.conditioned import baseline_samples, score_baselines
from ganlab.metrics.scoring.floors import score_floor, stand_ins, weak_scores
from ganlab.metrics.scoring.sample_counts import require_generated_samples
from ganlab.metrics.scoring.scoring import (
    MetricFactories,
    build_metrics,
    build_report,
    describe_left_out,
    describe_protocol,
    evaluation_context,
    generated_samples,
    hash_protocol,
    real_samples,
)
from ganlab.protocols import Protocol
from ganlab.runs.directory import RunDirectory, write_json

log = logging.getLogger(__name__)


class Evaluate(Periodic):
    """Scores the EMA generator during training, and writes scores.json with the protocol.

    Real samples are from the protocol's selection split; its report split is only used by `ganlab evaluate`. A metric
    that the feature space or the data do not support is left out with a warning. The randomness and weights of training
    are not changed. A signal ends the computation of scores at once, and the resumed run computes them first.
    """

    shows_weights = True

    def __init__(self, features: FeatureFactory, metrics: MetricFactories, protocol: Protocol, every: int = 0) -> None:
        super().__init__(every)
        self.build_features, self.metric_factories, self.protocol = features, metrics, protocol.selection()
        self.metrics: dict[str, BaseMetric] = {}
        self._scored_at: int | None = None  # None in a run that was started before checkpoints had this number

    def state_dict(self) -> dict[str, Any]:
        """Return the step of the latest scores."""
        return {"scored_at": self._scored_at}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the step of the latest scores."""
        self._scored_at = state["scored_at"]

    def setup(self, trainer: pl.Trainer, module: GANModule, stage: str) -> None:  # type: ignore[override]
        """Build the feature network and the metrics, so errors are reported before training.

        Raises UserError if the selection split, the features or a metric cannot be used.
        """
        if not self.metric_factories:
            return
        data, split = data_of(trainer), self.protocol.split
        try:
            next(iter(data.real_samples(1, split=split)))
        except ValueError as error:
            raise UserError(f"protocol.selection_split={split}: {error}") from error
        self.features = build_features(trainer, self.build_features, data)
        with torch.random.fork_rng(devices=[]):
            try:
                self.metrics, left_out = build_metrics(self.metric_factories, self.features, data)
                require_generated_samples(self.metrics.values(), self.protocol.samples)
            except ValueError as error:
                raise UserError(str(error)) from error
        if trainer.is_global_zero:
            for line in describe_left_out(left_out):
                log.warning(line)
        references = {metric.reference for metric in self.metrics.values()}
        splits = {"held_out": split, "train": "train"}
        self.evaluator = Evaluator(
            self.features.to(module.device),
            self.metrics,
            {name: real_samples(data, splits[name], self.protocol) for name in splits if name in references},
            self.protocol.batch_size,
            Cache(),
            Processes(trainer.global_rank, trainer.world_size, trainer.strategy.broadcast),
        )

    def on_fit_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Score real samples; raises UserError if the split has too few, or too few of a class, for a metric."""
        if not self.metrics:
            return
        data, split = data_of(trainer), self.protocol.split
        self.features.to(module.device)
        try:
            module.floor = score_floor(self.evaluator, stand_ins(data, self.protocol, self.metrics.values()))
            module.baselines = score_baselines(self.evaluator, baseline_samples(data, self.protocol))
        except ValueError as error:
            raise UserError(
                f"protocol.selection_split={split}: {error}; choose a larger split, or remove the metric"
            ) from error
        module.weak_scores = weak_scores(self.metrics.values(), self.evaluator.references)
        if trainer.is_global_zero:
            for line in baseline_lines(module.baselines):
                print(line, file=sys.stderr)

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Compute the scores that a signal prevented."""
        if self._scored_at is not None and self._scored_at < module.steps and self.is_due(module):
            self._act(trainer, module)
        elif self._scored_at is None:
            self._scored_at = module.steps

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Compute the scores, log them and write scores.json, unless a signal ends that."""
        if not self.metrics:
            return
        interrupts = [callback for callback in callbacks_of(trainer) if isinstance(callback, Interrupt)]
        if trainer.world_size > 1 or not interrupts:  # several processes only stop together
            self._score(trainer, module)
        elif not interrupts[0].complete(partial(self._score, trainer, module)):
            print(f"the scores of step {module.steps} are left for the resumed run", file=sys.stderr)
            return
        self._report(trainer, module)

    def _score(self, trainer: pl.Trainer, module: GANModule) -> None:
        data, protocol = data_of(trainer), self.protocol
        self.features.to(module.device)
        sampler = build_sampler(module.game, module.ema.network, data, protocol.split)
        generated = generated_samples(sampler, data, protocol, protocol.seed)
        with module.clock.paused(module.device):
            context = evaluation_context(sampler, self.features, data, protocol, module.steps)
            try:
                scores = self.evaluator(generated, context)
            except Exception as error:
                saved = self._save(trainer, module)
                if not isinstance(error, ValueError):  # a programming error, for example of a custom metric
                    raise
                raise UserError(
                    f"the scores of step {module.steps}: {error}; fix the metric or remove it{saved}"
                ) from error
        module.scores, module.scored_at = scores, module.steps

    def _report(self, trainer: pl.Trainer, module: GANModule) -> None:
        scores, data, protocol = module.scores, data_of(trainer), self.protocol
        self._scored_at = module.steps
        values = {f"score/{name}": value for name, value in scores.items()}
        values |= {f"floor/{name}": value for name, value in module.floor.items()}
        for baseline, known in module.baselines.items():
            values |= {f"baseline/{baseline}/{name}": value for name, value in known.items()}
        for logger in trainer.loggers:
            logger.log_metrics(values, step=module.steps)
        if trainer.is_global_zero:
            facts = describe_samples(module, module.ema.network, data, protocol)
            description = describe_protocol(protocol, self.features, self.metrics, **facts)
            remarks = module.weak_scores
            run = RunDirectory(Path(trainer.default_root_dir))
            facts_of_run = {"step": module.steps, "remarks": remarks, **run.initial_weights()}
            content = build_report(
                scores, {}, self.metrics, description, module.floor, module.baselines, **facts_of_run
            )
            write_json(run.path / "scores.json", content)

    def _save(self, trainer: pl.Trainer, module: GANModule) -> str:
        """Write a checkpoint unless it needs other processes; return a clause about it for the error message."""
        checkpoints = [callback for callback in callbacks_of(trainer) if isinstance(callback, Checkpoint)]
        if not checkpoints or trainer.world_size > 1:
            return ""
        checkpoints[0].act(trainer, module)
        return f", and resume from this step with {ganlab_line(['resume', as_path(trainer.default_root_dir)])}"

    def definition_hash(self, score: str) -> str:
        """Return a hash of a score's definition, the same in another version of ganlab; "" if it is not computed."""
        metrics = {name: metric for name, metric in self.metrics.items() if score in metric.scores}
        if not metrics:
            return ""
        description = describe_protocol(self.protocol, self.features, metrics)
        return hash_protocol({name: value for name, value in description.items() if name != "versions"})

    def higher_is_better(self, score: str) -> bool | None:
        """Return whether a higher score is better; None if the score has no direction or is not computed."""
        directions = {name: better for metric in self.metrics.values() for name, better in metric.scores.items()}
        return directions.get(score)


def describe_samples(module: GANModule, network: nn.Module, data: DataSet, protocol: Protocol) -> dict[str, object]:
    """Return the settings of a run's network and data that its scores depend on, for the protocol in score files."""
    settings: dict[str, object] = {}
    for layer in network.modules():
        if isinstance(layer, ReportsSettings):
            settings |= layer.score_settings()
    return {
        "weights": "live" if network is module.game.sampler else "ema",
        "truncation": module.game.latent.truncation,
        **settings,
        "data": data.fingerprint(),
        **data.score_settings(),
        "real_samples": real_samples(data, protocol.split, protocol).count,
        **({"conditions": data.condition_count(protocol.samples, protocol.split)} if data.spec.cond else {}),
    }
