"""Scores under a protocol: of a run's checkpoint against its data, or of finished samples in files."""

from omegaconf import DictConfig

from ganlab.analysis.evaluation.files import evaluate_files
from ganlab.analysis.evaluation.result import Evaluated
from ganlab.analysis.evaluation.run import evaluate_run
from ganlab.config.schema import Evaluation
from ganlab.core.errors import UserError

__all__ = ["Evaluated", "evaluate", "evaluate_files", "evaluate_run"]


def evaluate(config: DictConfig) -> Evaluated:
    """Score what a configuration of `ganlab evaluate` names; raises UserError where that cannot be done."""
    chosen = [name for name in ("run", "real", "fake") if config[name] is not None]
    match chosen:
        case ["run"]:
            work = evaluate_run
        case ["real", "fake"]:
            work = evaluate_files
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
    others = ("train",) if config.run is not None else ("checkpoint", "weights", "truncation", "data_root")
    for name in others:
        if config[name] != getattr(usual, name):
            kind = "finished samples: real=PATH fake=PATH" if config.run is not None else "a run: run=DIR"
            raise UserError(f"{name}={config[name]} is for {kind}; drop it")
