"""Which losses and scores a dashboard plots: those of a run that is already there, or of the default experiment."""

import csv
from dataclasses import dataclass
from pathlib import Path

from ganlab.core.errors import UserError
from ganlab.runs.directory import RunDirectory

STEP = "ganlab/step"
SHEET = "sheet"
SPREADS = ("discriminator_outputs/real", "discriminator_outputs/fake")
RATES = ("discriminator/lr", "generator/lr")
COSTS = ("samples_per_second", "memory_mib")
# What a run logs of its players beside the terms of their losses.
BALANCE = {
    "D's mean output": ("discriminator/real", "discriminator/fake"),
    "what D tells right": ("discriminator/accuracy",),
    "gradient norms": ("discriminator/gradient_norm", "generator/gradient_norm"),
    "weight norms": ("discriminator/weight_norm", "generator/weight_norm"),
}


@dataclass(frozen=True)
class Names:
    """Loss terms as they are logged, scores without their prefix, and the score that runs are chosen by."""

    losses: tuple[str, ...] = ("discriminator/adversarial", "discriminator/r1", "generator/adversarial")
    scores: tuple[str, ...] = ("fid", "inception_score", "inception_score_std")
    optimized: str = "fid"

    @classmethod
    def of(cls, directory: Path) -> "Names":
        """Read them from a run's metrics.csv and config.yaml; raises UserError where there are none."""
        run = RunDirectory(directory)
        rows, config = directory / "metrics.csv", run.config
        if not rows.exists() or not config.exists():
            raise UserError(f"run={directory} holds no metrics.csv and config.yaml; give the directory of a run")
        with rows.open(newline="") as file:
            columns = next(csv.reader(file), [])
        settings = run.read_config("give the directory of another run")
        others = {*RATES, *(name for names in BALANCE.values() for name in names)}
        players = tuple(f"{player}/" for player in settings.optimizer)
        return cls(
            losses=tuple(name for name in columns if name.startswith(players) and name not in others),
            scores=tuple(name.removeprefix("score/") for name in columns if name.startswith("score/")),
            optimized=str(settings.optimized_metric),
        )
