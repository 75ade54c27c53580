"""Whether a Trainer's backward passes and optimizer steps are torch's own, so it need not be asked at every update."""

import pytorch_lightning as pl
from pytorch_lightning.plugins import MixedPrecision, Precision
from pytorch_lightning.utilities.model_helpers import is_overridden

from ganlab.engine.profiler import NoProfiler
from ganlab.engine.trainer_access import callbacks_of, profiler_of

HOOKS = ("on_before_backward", "on_after_backward", "on_before_optimizer_step")


def steps_are_direct(trainer: pl.Trainer) -> bool:
    """Return whether the Trainer neither scales losses, nor measures times, nor has callbacks for updates."""
    plugin = trainer.precision_plugin
    scales = type(plugin) not in (Precision, MixedPrecision) or getattr(plugin, "scaler", None) is not None
    observed = any(is_overridden(hook, callback) for callback in callbacks_of(trainer) for hook in HOOKS)
    return isinstance(profiler_of(trainer), NoProfiler) and not scales and not observed
