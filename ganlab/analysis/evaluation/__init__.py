"""Scores a run's checkpoint against its data, or finished samples in files, under a protocol."""

from pathlib import Path

from omegaconf import DictConfig

from ganlab.analysis.evaluation.files import evaluate_files
from ganlab.analysis.evaluation.result import EvaluationResult
from ganlab.analysis.evaluation.run import evaluate_run
from ganlab.analysis.evaluation.statistics import evaluate_against_statistics
from ganlab.config.schema import Evaluation
from ganlab.core.errors import UserError
from ganlab.data.sample_files.feature_statistics import FeatureStatistics

__all__ = ["EvaluationResult", "evaluate", "evaluate_files", "evaluate_run"]

RUN_SETTINGS: tuple[str, ...] = ("checkpoint", "weights", "truncation", "data_root")
FILE_SETTINGS: tuple[str, ...] = ("train", "resolution", "fit", "frames", "grey_range", "rate", "length", "channels")


def evaluate(config: DictConfig) -> EvaluationResult:
    """Score what the settings of `ganlab evaluate` name; raises UserError if they or the samples are invalid."""
    sources = [name for name in ("run", "real", "fake") if config[name] is not None]
    match sources:
        case ["run"]:
            score = evaluate_run
        case ["real", "fake"]:
            score = evaluate_against_statistics if _has_statistics(config) else evaluate_files
        case _:
            settings = ", ".join(f"{name}={config[name]}" for name in sources) or "nothing"
            raise UserError(f"give run=DIR, or real=PATH and fake=PATH, got {settings}")
    _reject_unused_settings(config)
    try:
        return score(config)
    except (ValueError, OSError, ImportError) as error:  # of data, features and metrics, with messages for the user
        raise UserError(str(error)) from error


def _has_statistics(config: DictConfig) -> bool:
    """Return whether the real side is a file of statistics; raises UserError if it is damaged."""
    try:
        return FeatureStatistics.accepts(Path(config.real).expanduser())
    except ValueError as error:
        raise UserError(str(error)) from error


def _reject_unused_settings(config: DictConfig) -> None:
    """Raise UserError for settings that apply only to the other kind of evaluation."""
    defaults = Evaluation()
    if config.run is not None:
        unused, kind = FILE_SETTINGS, "finished samples (real=PATH fake=PATH)"
    else:
        unused, kind = RUN_SETTINGS, "a run (run=DIR)"
    for name in unused:
        if config[name] != getattr(defaults, name):
            raise UserError(f"{name}={config[name]} applies only to {kind}; remove it")
