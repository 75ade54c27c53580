"""`ganlab ls`: lists runs and sweeps, as in `ganlab ls outputs/ring`."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from ganlab.commands import flags
from ganlab.commands.exit_codes import guarded
from ganlab.commands.key_value import KeyValueArguments
from ganlab.core.byte_counts import format_bytes
from ganlab.core.process_end import end_process
from ganlab.core.shell_lines import without_directory
from ganlab.runs.inventory import STATES, RunSummary, Summary, SweepSummary, all_runs, list_directory
from ganlab.sweeps.results.tables import align_columns

HELP = """ganlab ls: list runs and sweeps with their state, step, best score and size

usage: ganlab ls [DIR ...] [state=STATE] [format=table]

  DIR     a directory that contains runs at any depth, a sweep, whose jobs are listed, or a run; by default outputs
  state   only runs in this state, also those of sweeps: running, finished, failed, preempted, lost, waiting or pruned
  format  table or json

The best score is that of checkpoints/best.ckpt (optimized_metric). A run is lost if its process is gone without having
written why. Below the table are the commands that resume what has not finished. The exit code is 0.
"""
SETTINGS = {"state": "", "format": "table"}
CHOICES = {"state": STATES, "format": ("table", "json")}
DEFAULT = "outputs"
OPTIONAL = ("init_from", "reason")  # columns that are left out if they are empty
MAX_LINES = 10  # commands that are listed below the table


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    if flags.answer(arguments, HELP):
        return 0
    args = KeyValueArguments("ls", SETTINGS, arguments, takes_paths=True)
    state, output_format = args.choice("state", STATES), args.choice("format", CHOICES["format"])
    args.raise_if_invalid()
    paths = [Path(path) for path in args.paths or [DEFAULT] if args.paths or Path(DEFAULT).is_dir()]
    summaries: list[Summary] = [summary for path in paths for summary in list_directory(path)]
    if state:
        summaries = [run for run in all_runs(summaries) if run.state == state]
    print(_as_json(summaries) if output_format == "json" else _as_table(summaries, args.paths or [DEFAULT], state))
    return 0


def _as_json(summaries: Sequence[Summary]) -> str:
    kinds = {RunSummary: "run", SweepSummary: "sweep"}
    return json.dumps([{"kind": kinds[type(summary)], **asdict(summary)} for summary in summaries], indent=2)


def _as_table(summaries: Sequence[Summary], places: Iterable[str], state: str) -> str:
    if not summaries:
        which = f"no run that is {state}" if state else "no run; ganlab train starts one"
        return f"{', '.join(places)}: {which}"
    rows = [["state", "step", "best", "size", "run", "init_from", "reason"]]
    rows += [_sweep_row(each) if isinstance(each, SweepSummary) else _run_row(each) for each in summaries]
    filled = [column for column, name in enumerate(rows[0]) if name not in OPTIONAL or any(r[column] for r in rows[1:])]
    rows = [[row[column] for column in filled] for row in rows]
    width = None if sys.stdout.isatty() else sys.maxsize  # what is not read by a person is not cut
    return "\n".join([*align_columns(rows, width), _count(summaries), *_resume_lines(summaries)])


def _run_row(run: RunSummary) -> list[str]:
    step = "-" if run.step is None else str(run.step)
    if run.iterations is not None and run.step != run.iterations:
        step += f"/{run.iterations}"
    best = "-" if run.best is None else f"{run.score} {run.best:.4g} at {run.best_step}"
    return [run.state, step, best, format_bytes(run.size_bytes), run.path, run.init_from, run.reason]


def _sweep_row(sweep: SweepSummary) -> list[str]:
    states = ", ".join(f"{sweep.states[state]} {state}" for state in STATES if sweep.states.get(state))
    best = "-" if sweep.best is None else f"{sweep.score} {sweep.best:.4g} in {sweep.best_run}"
    count = sum(sweep.states.values())
    return [
        states or "no job",
        f"{count} job{'' if count == 1 else 's'}",
        best,
        format_bytes(sweep.size_bytes),
        sweep.path,
        "",
        "",
    ]


def _count(summaries: Sequence[Summary]) -> str:
    sweeps = sum(isinstance(summary, SweepSummary) for summary in summaries)
    counts = {"run": len(summaries) - sweeps, "sweep": sweeps}
    texts = [f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items() if count]
    return f"{' and '.join(texts)}, {format_bytes(sum(summary.size_bytes for summary in summaries))}"


def _resume_lines(summaries: Sequence[Summary]) -> list[str]:
    lines = list(dict.fromkeys(without_directory(summary.resume) for summary in summaries if summary.resume))
    if not lines:
        return []
    more = len(lines) - MAX_LINES
    rest = [f"  … and {more} more; format=json has all of them"] if more > 0 else []
    return ["resume with:", *(f"  {line}" for line in lines[:MAX_LINES]), *rest]


if __name__ == "__main__":
    end_process(guarded(main, sys.argv[1:]))
