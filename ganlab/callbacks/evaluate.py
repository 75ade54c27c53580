import logging
from collections.abc import Callable
from pathlib import Path

import pytorch_lightning as pl
import torch
from torch import nn

from ganlab.callbacks.checkpoint import Checkpoint
from ganlab.callbacks.periodic import Periodic
from ganlab.core.errors import UserError
from ganlab.core.interfaces import ReportsSettings
from ganlab.data import DataSet
from ganlab.engine.module import GANModule
from ganlab.features import Cache, Features
from ganlab.games.sampler import Sampler
from ganlab.metrics import BaseMetric, Evaluator, Processes
from ganlab.metrics.scoring.scoring import (
    Makers,
    build_measures,
    describe,
    digest,
    fakes_of,
    reals_of,
    report,
    subject_of,
)
from ganlab.protocols import Protocol
from ganlab.runs.directory import write_json

log = logging.getLogger(__name__)


class Evaluate(Periodic):
    """Scores the kept generator against held-out samples for choosing, and writes scores.json with their protocol.

    The protocol's report split stays unseen: `ganlab evaluate` scores with it. A metric that the feature space or the
    data cannot serve is left out and named. Nothing here touches the randomness or the weights of training.
    """

    shows_weights = True

    def __init__(
        self, features: Callable[[DataSet], Features], metrics: Makers, protocol: Protocol, every: int = 0
    ) -> None:
        super().__init__(every)
        self.make_features, self.make_metrics, self.protocol = features, metrics, protocol.selection()
        self.measures: dict[str, BaseMetric] = {}

    def setup(self, trainer: pl.Trainer, module: GANModule, stage: str) -> None:  # type: ignore[override]
        """Build the feature network and the metrics, so that what is missing is told before training."""
        if not self.make_metrics:
            return
        data = trainer.datamodule.data  # type: ignore[attr-defined]
        split = self.protocol.split
        try:
            next(iter(data.reals(1, split=split)))
        except ValueError as error:
            raise UserError(f"protocol.selection_split={split}: {error}") from error
        with torch.random.fork_rng(devices=[]):
            for turn in (True, False):  # the first process may have to train or download the features
                if trainer.is_global_zero is turn:
                    self.features = self._features(data)
                trainer.strategy.barrier()
            try:
                self.measures, left_out = build_measures(self.make_metrics, self.features, data)
            except ValueError as error:
                raise UserError(str(error)) from error
        for sentence in left_out if trainer.is_global_zero else ():
            log.warning("left out: %s", sentence)
        splits, wanted = {"held_out": split, "train": "train"}, {each.reference for each in self.measures.values()}
        self.evaluator = Evaluator(
            self.features.to(module.device),
            self.measures,
            {name: reals_of(data, each, self.protocol) for name, each in splits.items() if name in wanted},
            self.protocol.batch_size,
            Cache(),
            Processes(trainer.global_rank, trainer.world_size, trainer.strategy.broadcast),
        )

    def _features(self, data: DataSet) -> Features:
        try:
            return self.make_features(data)
        except (ValueError, OSError, ImportError) as error:
            raise UserError(f"features: {error}") from error

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Score, log and write."""
        if not self.measures:
            return
        data, protocol = trainer.datamodule.data, self.protocol  # type: ignore[attr-defined]
        self.features.to(module.device)
        sampler = Sampler(module.game, module.ema.network, data.spec, data.decode)
        fakes = fakes_of(sampler, protocol, protocol.seed)
        with module.clock.paused(module.device):
            subject = subject_of(sampler, self.features, data, protocol, module.steps)
            try:
                scores = self.evaluator(fakes, subject)
            except Exception as error:
                saved = self._save(trainer, module)
                if not isinstance(error, ValueError):  # such as of a metric of one's own
                    raise
                raise UserError(
                    f"the scores of step {module.steps}: {error}; drop that metric, or mend it{saved}"
                ) from error
        module.scores, module.scored_at = scores, module.steps
        for logger in trainer.loggers:
            logger.log_metrics({f"score/{name}": value for name, value in scores.items()}, step=module.steps)
        if trainer.is_global_zero:
            facts = describe(
                protocol, self.features, self.measures, **run_facts(module, module.ema.network, data, protocol)
            )
            content = report(scores, {}, self.measures, facts, step=module.steps)
            write_json(Path(trainer.default_root_dir) / "scores.json", content)

    def _save(self, trainer: pl.Trainer, module: GANModule) -> str:
        """Save what is trained where no other process has to take part, and say so."""
        savers = [each for each in trainer.callbacks if isinstance(each, Checkpoint)]  # type: ignore[attr-defined]
        if not savers or trainer.world_size > 1:
            return ""
        savers[0].act(trainer, module)
        return f", and go on from this step with run_dir={trainer.default_root_dir}"

    def meaning(self, score: str) -> str:
        """Return a digest of what a score means, the same in another version; "" where nobody computes it."""
        mine = {name: each for name, each in self.measures.items() if score in each.scores}
        if not mine:
            return ""
        facts = describe(self.protocol, self.features, mine)
        return digest({name: value for name, value in facts.items() if name != "versions"})

    def higher_is_better(self, score: str) -> bool | None:
        """Tell the direction of a score, None where it has none or nobody computes it."""
        directions = {name: better for each in self.measures.values() for name, better in each.scores.items()}
        return directions.get(score)


def run_facts(module: GANModule, network: nn.Module, data: DataSet, protocol: Protocol) -> dict[str, object]:
    """Return what a protocol says of the samples of a run's network and of its data."""
    disclosed = [part.score_settings() for part in network.modules() if isinstance(part, ReportsSettings)]
    return {
        "weights": "live" if network is module.game.sampler else "ema",
        "truncation": module.game.latent.truncation,
        **{name: value for facts in disclosed for name, value in facts.items()},
        "data": data.fingerprint(),
        "real_samples": reals_of(data, protocol.split, protocol).count,
    }
