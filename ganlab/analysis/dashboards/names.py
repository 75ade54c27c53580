"""Names of the losses and scores that a dashboard plots: of an existing run, or of the default experiment."""

import csv
from dataclasses import dataclass
from pathlib import Path

from ganlab.core.errors import UserError
from ganlab.runs.directory import RunDirectory

STEP = "ganlab/step"
SHEET = "sheet"
HISTOGRAMS = ("discriminator_outputs/real", "discriminator_outputs/fake")
LEARNING_RATES = ("discriminator/lr", "generator/lr")
COSTS = ("samples_per_second", "memory_mib")
# What a run logs for its players in addition to their loss terms, by panel.
BALANCE = {
    "D's mean output": ("discriminator/real", "discriminator/fake"),
    "D's accuracy": ("discriminator/accuracy",),
    "gradient norms": ("discriminator/gradient_norm", "generator/gradient_norm"),
    "weight norms": ("discriminator/weight_norm", "generator/weight_norm"),
}


@dataclass(frozen=True)
class LoggedNames:
    """Loss terms as they are logged, scores without their prefix, and the score that runs are selected by."""

    losses: tuple[str, ...] = ("discriminator/adversarial", "discriminator/r1", "generator/adversarial")
    scores: tuple[str, ...] = ("fid", "inception_score", "inception_score_std")
    optimized: str = "fid"

    @classmethod
    def from_run(cls, directory: Path) -> "LoggedNames":
        """Read the names from a run's metrics.csv and config.yaml; raises UserError if a file is missing."""
        run = RunDirectory(directory)
        rows, config = directory / "metrics.csv", run.config
        if not rows.exists() or not config.exists():
            raise UserError(f"run={directory} has no metrics.csv and config.yaml; give the directory of a run")
        with rows.open(newline="") as file:
            columns = next(csv.reader(file), [])
        settings = run.read_config("give the directory of another run")
        not_losses = {*LEARNING_RATES, *(name for names in BALANCE.values() for name in names)}
        players = tuple(f"{player}/" for player in settings.optimizer)
        return cls(
            losses=tuple(name for name in columns if name.startswith(players) and name not in not_losses),
            scores=tuple(name.removeprefix("score/") for name in columns if name.startswith("score/")),
            optimized=str(settings.optimized_metric),
        )
