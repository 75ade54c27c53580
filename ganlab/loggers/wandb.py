"""Weights & Biases: one W&B run per run directory, whatever its restarts, the network and the account."""

import os
import secrets
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from pytorch_lightning.loggers.logger import Logger, rank_zero_experiment
from pytorch_lightning.utilities.rank_zero import rank_zero_only
from torch import Tensor

from ganlab.core.errors import UserError, suggest
from ganlab.loggers.artifacts import ARTIFACTS, upload
from ganlab.loggers.display import end, finite, show_histograms, show_picture, summarise
from ganlab.loggers.wandb_account import has_account
from ganlab.runs.directory import RunDirectory

STEP = "ganlab/step"  # the axis of everything; W&B's own `_step` counts calls and begins anew with every restart
MODES = ("auto", "online", "offline", "disabled")
GOES_ON = 130  # the exit code of a run that was stopped, or goes back to a checkpoint, and is to be continued
# By the state of status.json; any other is a failure.
EXIT_CODES = {"finished": 0, "preempted": GOES_ON, "running": GOES_ON}


class WandB(Logger):
    """Logs to the W&B run whose id the run directory keeps in `wandb_id`, so that a continued run continues there.

    `mode` auto goes online where there is an account, and offline where there is none or W&B cannot be reached within
    `init_timeout_seconds`; WANDB_MODE decides before it. `group` is by default the sweep's name. Raises UserError for
    an unknown mode or artifact, and where W&B refuses a run that has to be online.
    """

    def __init__(
        self,
        save_dir: str,
        project: str = "ganlab",
        entity: str | None = None,
        name: str | None = None,
        mode: str = "auto",
        group: str | None = None,
        job_type: str | None = None,
        tags: Sequence[str] = (),
        artifacts: Sequence[str] = (),
        init_timeout_seconds: float = 30.0,
    ) -> None:
        super().__init__()
        _check("mode", [mode], MODES)
        _check("artifacts", artifacts, ARTIFACTS)
        self.directory = RunDirectory(Path(save_dir))
        self.mode, self.artifacts, self.init_timeout_seconds = mode, list(artifacts), init_timeout_seconds
        sweep = self.directory.sweep
        kind = "sweep" if sweep or os.environ.get("WANDB_SWEEP_ID") else "train"
        self._place = {
            "project": project,
            "entity": entity,
            "name": name or "/".join(self.directory.path.resolve().parts[-2:]),
            "group": group or sweep,
            "job_type": job_type or kind,
            "tags": list(tags),
        }
        self._facts: dict[str, Any] = {}
        self._run: Any = None

    @property
    def name(self) -> str:
        """The project."""
        return str(self._place["project"])

    @property
    def version(self) -> str | None:
        """The run's id, once there is one."""
        file = self.directory.path / "wandb_id"
        return file.read_text().strip() if file.exists() else None

    @property
    def save_dir(self) -> str:
        """The run directory."""
        return str(self.directory.path)

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """The W&B run, begun when first asked for; processes but the first get a dummy."""
        if self._run is None:
            self._run = self._begin()
        return self._run

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Keep a dict of plain values for the config of the run, which is yet to begin."""
        self._facts |= params

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log a row of numbers, or of what W&B has classes for."""
        self.experiment.log({**metrics, STEP: step})

    @rank_zero_only
    def end(self) -> None:
        """Upload artifacts and finish the run, as finished, failed or preempted by what status.json says."""
        if self._run is None:
            return
        import wandb

        run, self._run = self._run, None
        code = EXIT_CODES.get(self.directory.status().get("state", ""), 1)
        try:
            for name in self.artifacts:
                upload(name, self.directory.path, run)
            if code == GOES_ON:
                run.mark_preempting()
            run.finish(exit_code=code)
        except wandb.errors.Error as error:  # the training is done, whatever becomes of its picture on W&B
            print(f"W&B has not taken all of the run ({error}); upload it with: {self._sync}", file=sys.stderr)

    def _begin(self) -> Any:
        import wandb

        mode = os.environ.get("WANDB_MODE") or self.mode
        if mode == "offline" or (mode == "auto" and not has_account()):
            return self._offline("was asked for" if mode == "offline" else "no account is configured here")
        try:
            run = self._init("online" if mode == "auto" else mode)
        except wandb.errors.Error as error:
            reason = " ".join(str(error).split())
            if mode != "auto":
                raise UserError(f"logger.wandb: W&B began no run ({reason}); try logger.wandb.mode=offline") from error
            wandb.teardown()  # which forgets the run that it could not begin
            return self._offline(f"it could not be reached ({reason})")
        if run.url:
            print(f"on W&B: {run.url}", file=sys.stderr)
        return run

    def _offline(self, reason: str) -> Any:
        print(f"W&B is offline, as {reason}; upload the run with: {self._sync}", file=sys.stderr)
        return self._init("offline")

    @property
    def _sync(self) -> str:
        return f"wandb sync '{self.directory.path / 'wandb'}'"

    def _init(self, mode: str) -> Any:
        import wandb

        self.directory.path.mkdir(parents=True, exist_ok=True)
        run = wandb.init(
            **self._place,  # type: ignore[arg-type]
            id=None if mode == "disabled" else self._id(),
            config=self._facts,
            dir=self.save_dir,
            mode=mode,  # type: ignore[arg-type]
            resume="allow",
            reinit="create_new",
            settings=wandb.Settings(console="off", silent=True, init_timeout=self.init_timeout_seconds),
        )
        run.define_metric(STEP)
        run.define_metric("*", step_metric=STEP)
        return run

    def _id(self) -> str:
        """Return the id of this directory's run; W&B's agents choose ids themselves."""
        known = os.environ.get("WANDB_RUN_ID") or self.version or secrets.token_hex(6)
        (self.directory.path / "wandb_id").write_text(f"{known}\n")
        return known


def _check(setting: str, words: Sequence[str], known: Collection[str]) -> None:
    for word in [word for word in words if word not in known]:
        near = suggest(word, known)
        raise UserError(f"logger.wandb.{setting}: there is no '{word}'; choose {', '.join(known)}{near}")


@show_picture.register
def _(logger: WandB, name: str, picture: Image.Image, step: int) -> None:
    import wandb

    logger.log_metrics({name: wandb.Image(picture)}, step)


@show_histograms.register
def _(logger: WandB, values: Mapping[str, Tensor], step: int) -> None:
    import wandb

    if row := {name: wandb.Histogram(kept.tolist()) for name, kept in finite(values)}:
        logger.log_metrics(row, step)


@summarise.register
@rank_zero_only
def _(logger: WandB, facts: Mapping[str, float]) -> None:
    logger.experiment.summary.update(dict(facts))


@end.register
def _(logger: WandB) -> None:
    logger.end()
