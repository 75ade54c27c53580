"""All accesses to private attributes of other libraries; no other module of ganlab touches any.

Tested with pytorch-lightning 2.6.6, torch 2.15.0, torchmetrics 1.9.0, hydra-core 1.3.8, optuna 5.0.0 and
wandb-workspaces 0.4.13 (constraints.txt). Each function states why no public name suffices.
"""

import atexit
import threading
from collections.abc import Callable, Sequence
from typing import Any


def lightning_optimizers(strategy: Any) -> Sequence[Any]:
    """Return a strategy's optimizers; the public `self.optimizers()` is slower at every update."""
    optimizers: Sequence[Any] = strategy._lightning_optimizers
    return optimizers


def count_optimizer_step(trainer: Any) -> None:
    """Add 1 to a Trainer's `global_step`, as Lightning's wrapper of an optimizer does around a step."""
    progress = trainer.fit_loop.epoch_loop.manual_optimization.optim_step_progress
    progress.increment_ready()
    progress.increment_completed()


def unscale_before_step(optimizer: Any) -> None:
    """Make a fused torch optimizer expect gradients that are already unscaled.

    Otherwise it undoes the loss scale of 16-bit training inside its step, after gradients were clipped and logged.
    """
    optimizer._step_supports_amp_scaling = False


def disable_sigterm_broadcast(trainer: Any) -> None:
    """Stop Lightning from broadcasting at every batch whether a SIGTERM arrived: `GANModule` agrees on stopping."""
    trainer.fit_loop.epoch_loop._broadcast_sigterm_tensor = _nothing


def disable_signal_handlers(trainer: Any) -> None:
    """Keep Lightning from installing signal handlers.

    They broadcast between processes at any moment, end the process by an exception before it can save, and on SLURM
    requeue the job a second time.
    """
    trainer._signal_connector.register_signal_handlers = _nothing


def mark_metric_updated(metric: Any) -> None:
    """Let a torchmetrics metric be computed without an update: a process without samples contributes zeros."""
    metric._update_count = 1


def keep_metric_local(metric: Any) -> None:
    """Let one process compute a torchmetrics metric alone; the public setting is an argument that not all take."""
    metric._to_sync = False


def untrained_lpips(network: str) -> Any:
    """Return LPIPS with its trained linear layers and a random backbone; the public class downloads the backbone."""
    from torchmetrics.functional.image.lpips import _LPIPS

    return _LPIPS(pretrained=True, net=network, pnet_rand=True)  # type: ignore[arg-type]


def accept_plugins(plugins: Any, accept: Callable[[str], bool]) -> None:
    """Let Hydra instantiate launchers and sweepers outside the `hydra_plugins` namespace if `accept(target)`."""
    vars(plugins)["is_in_toplevel_plugins_module"] = accept


def trial_id(frozen_trial: Any) -> int:
    """Return the storage's number of an Optuna trial, by which a running trial is resumed."""
    number: int = frozen_trial._trial_id
    return number


def workspace_model(page: Any) -> Any:
    """Return the pydantic model of a W&B page; the public method only sends it to the server."""
    return page._to_model()


def join_threads() -> None:
    """Wait for all threads that are not daemons, as Python does before it ends."""
    vars(threading)["_shutdown"]()


def run_exit_handlers() -> None:
    """Run what was registered with atexit, as Python does before it ends."""
    atexit._run_exitfuncs()


def _nothing(*arguments: object) -> None:
    """Do nothing."""
