"""`ganlab plot`: figures of runs and sweeps for papers, such as `ganlab plot outputs/digits metric=fid`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from ganlab.commands import flags
from ganlab.commands.exit_codes import guarded
from ganlab.commands.key_value import KeyValueArguments
from ganlab.core.errors import UserError
from ganlab.core.paused_collections import paused_collections
from ganlab.core.process_end import end_process

HELP = """ganlab plot: draw a figure of runs or sweeps for a paper, as SVG, PDF or PNG

usage: ganlab plot DIR... [kind=curves] [metric=NAME,NAME] [x=step] [band=range] [scale=auto] [size=column]
                   [protocol=NAME] [count=5] [n=null] [output=KIND.svg]

  DIR       a run directory, a sweep, or a folder with runs at any depth
  kind      curves: scores or losses over training, a line for each configuration and a band over its seeds
            scores: final scores as points with their 95 % intervals, the rows of `ganlab compare`
            samples: sample sheets in the course of training, a row for each run
            real_and_fake: real samples next to generated ones, a row for each run
  metric    curves, scores: a panel for each of these scores; curves also draw columns of metrics.csv such as
            generator/adversarial; by default the score that the runs optimised
  x         curves: step, samples (real samples seen) or seconds (of training, without scoring)
  band      curves: range (lowest to highest seed), interval (95 % interval of the mean, Student's t) or none
  scale     curves, scores: linear, log, or auto, which is log for positive values over at least two decades
  size      column (3.3 inches wide) or page (6.9 inches wide)
  protocol  scores: read evaluations/NAME.json, as in `ganlab compare`
  count     samples: at most so many sheets of a run, evenly spread
  n         real_and_fake: number of samples; by default as many as the run's own sample sheets
  output    a file that ends in .svg, .pdf or .png

Runs that differ only in their seed are one line or row. Equal runs give equal bytes. What a line, a band or a point
means is written below the panels; what is left out is printed with its reason.
"""
SETTINGS = {
    "kind": "curves", "metric": "", "x": "step", "band": "range", "scale": "auto", "size": "column",
    "protocol": None, "count": "5", "n": None, "output": None,
}  # fmt: skip
CHOICES = {
    "kind": ("curves", "scores", "samples", "real_and_fake"),
    "x": ("step", "samples", "seconds"),
    "band": ("range", "interval", "none"),
    "scale": ("auto", "linear", "log"),
    "size": ("column", "page"),
}
# The settings that only some kinds read.
READ_BY = {
    "metric": ("curves", "scores"),
    "x": ("curves",),
    "band": ("curves",),
    "scale": ("curves", "scores"),
    "protocol": ("scores",),
    "count": ("samples",),
    "n": ("real_and_fake",),
}


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    if flags.answer(arguments, HELP):
        return 0
    args = KeyValueArguments("plot", SETTINGS, arguments, takes_paths=True)
    kind, x, band, scale, size = (args.choice(key, choices) for key, choices in CHOICES.items())
    count, n = args.count("count", 1), args.count("n", 1)
    args.issues += [
        f"{key}={args.values[key]} applies only to kind={' and kind='.join(kinds)}, not to kind={kind}; remove it"
        for key, kinds in READ_BY.items()
        if kind in CHOICES["kind"] and kind not in kinds and args.values[key] != SETTINGS[key]
    ]
    args.require("DIR is needed: run directories, sweeps, or folders with runs", args.paths)
    args.raise_if_invalid()
    with paused_collections():
        from ganlab.analysis.figures.kinds import KINDS
        from ganlab.analysis.figures.request import FigureRequest
        from ganlab.analysis.figures.style import figure_format, figure_style, missing_characters, save_figure

        path = Path(args.values["output"] or f"{kind}.svg")
        figure_format(path)
        if path.is_dir():
            raise UserError(f"output={path} is a directory; give a file in it, such as {path / f'{kind}.svg'}")
        metrics = [name for name in args["metric"].split(",") if name]
        protocol = args.values["protocol"]
        with figure_style():
            request = FigureRequest(args.paths, metrics, x, band, scale, size, protocol, count, n)
            drawing = KINDS[kind](request)
            save_figure(drawing.figure, path)
            missing = missing_characters(drawing.figure)
    for note in drawing.notes:
        print(note, file=sys.stderr)
    if missing:
        print(f"the font of figures lacks {missing}; boxes stand for them", file=sys.stderr)
    print(f"wrote {path}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    end_process(guarded(main, sys.argv[1:]))
