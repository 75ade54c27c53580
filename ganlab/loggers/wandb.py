"""Weights & Biases logger: one W&B run per run directory, across restarts, online or offline."""

import os
import re
import secrets
import shlex
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from pytorch_lightning.loggers.logger import Logger, rank_zero_experiment
from pytorch_lightning.utilities.rank_zero import rank_zero_only
from torch import Tensor

from ganlab.core.errors import UserError, suggest
from ganlab.core.file_replacement import replace_text
from ganlab.loggers.artifacts import ARTIFACTS, upload_artifact
from ganlab.loggers.display import close_run, finite_values, log_histograms, log_image, log_summary
from ganlab.loggers.wandb_account import has_account
from ganlab.loggers.wandb_limits import check_limits
from ganlab.runs.damaged_files import set_aside
from ganlab.runs.directory import RunDirectory

STEP = "ganlab/step"  # the x axis of all metrics; W&B's `_step` counts calls and restarts at 0 when a run is resumed
MODES = ("auto", "online", "offline", "disabled")
RESUMABLE = 130  # exit code of a run that was stopped, or that rolls back to a checkpoint, and will be resumed
# Variables that name one run. They would join this run with another one, or move it out of its directory.
RUN_VARIABLES = (
    *("WANDB_RUN_ID", "WANDB_NAME", "WANDB_RUN_NAME", "WANDB_RESUME", "WANDB_DIR"),
    *("WANDB_RESUME_FROM", "WANDB_FORK_FROM", "WANDB_JOB_TYPE", "WANDB_RUN_JOB_TYPE"),
)
ID = re.compile(r"[\w-]{1,128}")  # of a W&B run
# By the state in status.json; any other state is a failure.
EXIT_CODES = {"finished": 0, "preempted": RESUMABLE, "running": RESUMABLE}


class WandB(Logger):
    """Logs to one W&B run, whose id is saved in the run directory's `wandb_id`; a resumed run continues it.

    `mode` auto is online if there is an account, and offline if there is none or if W&B cannot be reached within
    `init_timeout_seconds`; the environment variable WANDB_MODE overrides it. `group` defaults to the sweep's name.
    Raises UserError for settings that W&B rejects or that do not exist, and if it rejects a run in mode online.
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
        _check_choices("mode", [mode], MODES)
        _check_choices("artifacts", artifacts, ARTIFACTS)
        check_limits(project, tags, init_timeout_seconds)
        self.directory = RunDirectory(Path(save_dir))
        self.mode, self.artifacts, self.init_timeout_seconds = mode, list(artifacts), init_timeout_seconds
        sweep = self.directory.sweep
        kind = "sweep" if sweep or os.environ.get("WANDB_SWEEP_ID") else "train"
        title = name or "/".join(self.directory.path.resolve().parts[-2:])
        named = {"project": project, "entity": entity, "name": title, "group": group or sweep}
        self._run_settings: dict[str, Any] = named | {"job_type": job_type or kind, "tags": list(tags)}
        self._config: dict[str, Any] = {}
        self._run: Any = None

    @property
    def name(self) -> str:
        """The project."""
        return str(self._run_settings["project"])

    @property
    def version(self) -> str | None:
        """The id of the W&B run, None before it has been started."""
        return _read_id(self._id_file)

    @property
    def _id_file(self) -> Path:
        return self.directory.path / "wandb_id"

    @property
    def save_dir(self) -> str:
        """The run directory."""
        return str(self.directory.path)

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """The W&B run, started at first use; all ranks but 0 get a dummy."""
        if self._run is None:
            self._run = self._start()
        return self._run

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Store plain values for the config of the W&B run, which is not started yet."""
        self._config |= params

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log a row of numbers, or of W&B media objects."""
        self.experiment.log({**metrics, STEP: step})

    @rank_zero_only
    def finish(self) -> None:
        """Upload artifacts and finish the W&B run as finished, failed or preempted, according to status.json."""
        if self._run is None:
            return
        import wandb

        run, self._run = self._run, None
        code = EXIT_CODES.get(self.directory.status().get("state", ""), 1)
        try:
            for name in self.artifacts:
                upload_artifact(name, self.directory.path, run)
            if code == RESUMABLE:
                run.mark_preempting()
            run.finish(exit_code=code)
        except wandb.errors.Error as error:  # training is complete, so a failed upload is not an error of the run
            print(f"W&B upload incomplete ({error}); upload the run with: {self._sync_command}", file=sys.stderr)

    def _start(self) -> Any:
        import wandb

        mode = os.environ.get("WANDB_MODE") or self.mode
        if mode == "offline":
            return self._start_offline("it was requested")
        if mode == "auto" and not has_account():
            return self._start_offline("no account is configured here")
        try:
            run = self._init("online" if mode == "auto" else mode)
        except wandb.errors.Error as error:
            reason = " ".join(str(error).split())
            if mode != "auto":
                raise UserError(
                    f"logger.wandb: could not start a W&B run ({reason}); try logger.wandb.mode=offline"
                ) from error
            wandb.teardown()  # discards the run that could not be started
            return self._start_offline(f"it could not be reached ({reason})")
        if run.url:
            print(f"on W&B: {run.url}", file=sys.stderr)
        return run

    def _start_offline(self, reason: str) -> Any:
        print(f"W&B is offline, because {reason}; upload the run with: {self._sync_command}", file=sys.stderr)
        return self._init("offline")

    @property
    def _sync_command(self) -> str:
        return shlex.join(["wandb", "sync", str(self.directory.path / "wandb")])

    def _init(self, mode: str) -> Any:
        import wandb

        self.directory.path.mkdir(parents=True, exist_ok=True)
        run_id = None if mode == "disabled" else self._load_or_create_id()
        with _variables_of(run_id):
            run = wandb.init(
                **self._run_settings,
                id=run_id,
                config=self._config,
                dir=self.save_dir,
                mode=mode,  # type: ignore[arg-type]
                resume="allow",
                reinit="create_new",
                settings=wandb.Settings(console="off", silent=True, init_timeout=self.init_timeout_seconds),
            )
        run.define_metric(STEP)
        run.define_metric("*", step_metric=STEP)
        return run

    def _load_or_create_id(self) -> str:
        """Return the id of this directory's W&B run and save it.

        An id in the environment is used once, for the run that one of W&B's sweep agents starts: a variable that a
        shell has left would join runs.
        """
        known = self.version
        if known is None and self._id_file.exists():
            set_aside(self._id_file, "it holds no id of a W&B run")
        from_agent = os.environ.get("WANDB_RUN_ID") if os.environ.get("WANDB_SWEEP_ID") else None
        chosen = from_agent if from_agent and not self.directory.sweep else None
        run_id = known or chosen or secrets.token_hex(6)
        if run_id != known:
            replace_text(self._id_file, f"{run_id}\n")
        return run_id


def _read_id(file: Path) -> str | None:
    """Return the id in a file, None if there is none."""
    if not file.is_file():
        return None
    text = file.read_text(errors="replace").strip()
    return text if ID.fullmatch(text) else None


@contextmanager
def _variables_of(run_id: str | None) -> Iterator[None]:
    """Remove variables that name another run; under one of W&B's agents a variable counts more than an argument."""
    removed = {name: os.environ.pop(name) for name in RUN_VARIABLES if name in os.environ}
    if run_id is not None:
        os.environ["WANDB_RUN_ID"] = run_id
    try:
        yield
    finally:
        os.environ.pop("WANDB_RUN_ID", None)
        os.environ.update(removed)


def _check_choices(setting: str, values: Sequence[str], choices: Collection[str]) -> None:
    for value in [value for value in values if value not in choices]:
        advice = f"choose {', '.join(choices)}{suggest(value, choices)}"
        raise UserError(f"logger.wandb.{setting}: there is no '{value}'; {advice}")


@log_image.register
def _(logger: WandB, name: str, image: Image.Image, step: int) -> None:
    import wandb

    logger.log_metrics({name: wandb.Image(image)}, step)


@log_histograms.register
def _(logger: WandB, values: Mapping[str, Tensor], step: int) -> None:
    import wandb

    if row := {name: wandb.Histogram(finite.tolist()) for name, finite in finite_values(values)}:
        logger.log_metrics(row, step)


@log_summary.register
@rank_zero_only
def _(logger: WandB, values: Mapping[str, float]) -> None:
    logger.experiment.summary.update(dict(values))


@close_run.register
def _(logger: WandB) -> None:
    logger.finish()
