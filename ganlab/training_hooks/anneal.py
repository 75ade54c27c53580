import logging
import math
from collections.abc import Collection, Iterable, Mapping, Sequence

import pytorch_lightning as pl
from torch.optim import Optimizer

from ganlab.core.errors import UserError
from ganlab.ema import HalfLife
from ganlab.engine.module import GANModule

log = logging.getLogger(__name__)


class Anneal(pl.Callback):
    """Anneals settings from a first to a last value along half a cosine over the first `samples` real samples.

    `weights` are those of regularizers, by name; `beta2` is that of every player's optimizer; `half_life_samples` is
    that of the EMA, to be used with `ema.ramp_up=0`. All pairs are [first, last]; None changes nothing. A value is a
    function of the number of samples so far, so there is no state to save (Huang et al. 2024, R3GAN, anneal all of
    these). Raises ValueError for less than one sample or a value that is not a pair, and UserError for a regularizer,
    EMA or optimizer setting that the run does not have.
    """

    def __init__(
        self,
        samples: int,
        weights: Mapping[str, Sequence[float]] | None = None,
        beta2: Sequence[float] | None = None,
        half_life_samples: Sequence[float] | None = None,
    ) -> None:
        if samples < 1:
            raise ValueError(f"samples must be at least 1, got {samples}")
        self.samples = samples
        self.weights = {name: _pair(f"weights.{name}", ends) for name, ends in (weights or {}).items()}
        self.beta2 = None if beta2 is None else _pair("beta2", beta2)
        self.half_life = None if half_life_samples is None else _pair("half_life_samples", half_life_samples)

    def value(self, ends: tuple[float, float], samples: int) -> float:
        """Return the value after `samples` real samples."""
        first, last = ends
        return last + (first - last) * (1 + math.cos(math.pi * min(samples / self.samples, 1.0))) / 2

    def unsupported_reason(self, terms: Collection[str], ema: object, optimizers: Iterable[Optimizer]) -> str | None:
        """Return a sentence about a setting to anneal that a run with these components does not have, else None."""
        unknown = [name for name in self.weights if name not in terms]
        if unknown:
            return (
                f"training_hook.anneal.weights names '{unknown[0]}', and this run's regularizers are "
                f"{', '.join(terms) or 'none'}; add it to regularizer or remove it here"
            )
        if self.half_life and not isinstance(ema, HalfLife):
            return "training_hook.anneal.half_life_samples needs an average of weights; use ema=half_life"
        if self.beta2 and any("betas" not in group for optimizer in optimizers for group in optimizer.param_groups):
            return "training_hook.anneal.beta2 is Adam's, and this run has another optimizer; use optimizer=adam"
        return None

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Raise UserError if the run does not have a setting to anneal."""
        if reason := self.unsupported_reason(module.game.terms(), module.ema, trainer.optimizers):
            raise UserError(reason)
        if not (self.weights or self.beta2 or self.half_life):
            log.warning("training_hook.anneal changes nothing: set its weights, beta2 or half_life_samples")

    def on_train_batch_start(self, trainer: pl.Trainer, module: GANModule, *args: object) -> None:  # type: ignore[override]
        """Set the values for this step."""
        terms = module.game.terms()
        for name, ends in self.weights.items():
            terms[name].weight = self.value(ends, module.samples)
        if self.beta2:
            beta2 = self.value(self.beta2, module.samples)
            for optimizer in trainer.optimizers:
                for group in optimizer.param_groups:
                    group["betas"] = (group["betas"][0], beta2)
        if self.half_life and isinstance(module.ema, HalfLife):
            module.ema.half_life_samples = self.value(self.half_life, module.samples)


def _pair(name: str, ends: Sequence[float]) -> tuple[float, float]:
    if len(ends) != 2:
        raise ValueError(f"{name} must be a pair [first, last], got {[*ends]}")
    return ends[0], ends[1]
