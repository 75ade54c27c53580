"""kind=samples: the sample sheets of runs in the course of training, a row for each run."""

import re
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from ganlab.analysis.comparison.runs import Run
from ganlab.analysis.figures.blocks import note_block
from ganlab.analysis.figures.request import Drawing, FigureRequest
from ganlab.analysis.figures.runs import label_runs, read_started_runs
from ganlab.analysis.figures.style import WIDTHS
from ganlab.analysis.figures.tiles import TileRow, draw_tiles
from ganlab.core.errors import UserError

FOLDER = "samples"
SHEET = re.compile(r"\d+")  # the step is the name of the file
REAL = "real.png"  # a sheet of real samples
MAX_ROWS = 8


def draw_sample_history(request: FigureRequest) -> Drawing:
    """Draw at most `count` sheets of each run, spread over its steps; raises UserError if no run has a sheet."""
    runs = read_started_runs(request.paths)
    labels = label_runs(runs)
    sheets = {run.path: _sheets(run) for run in runs}
    notes = [f"left out: {run.path}: without sample sheets in {FOLDER}" for run in runs if not sheets[run.path]]
    shown = [run for run in runs if sheets[run.path]]
    if not shown:
        raise UserError(f"these runs have no sample sheets in {FOLDER}; train with callback=[samples] and sample_every")
    if len(shown) > MAX_ROWS:
        notes.append(f"the figure shows the first {MAX_ROWS} of {len(shown)} runs; give fewer directories")
        shown = shown[:MAX_ROWS]
    rows = [_row(run, labels[run.path], spread_over(sheets[run.path], request.count)) for run in shown]
    width = WIDTHS[request.size]
    weights = "generated from the same latents at every step, with the averaged (EMA) weights"
    return Drawing(draw_tiles(rows, width, [note_block(weights, width)]), notes)


def spread_over(files: Sequence[Path], count: int) -> list[Path]:
    """Return at most `count` files, evenly spread, with the first and the last one."""
    if count == 1 or len(files) == 1:
        return [files[-1]]
    count = min(count, len(files))
    return [files[round(i * (len(files) - 1) / (count - 1))] for i in range(count)]


def _sheets(run: Run) -> list[Path]:
    files = [file for file in (run.path / FOLDER).glob("*.png") if SHEET.fullmatch(file.stem)]
    return sorted(files, key=lambda file: int(file.stem))


def _row(run: Run, label: str, files: Sequence[Path]) -> TileRow:
    """Return the row of a run, with its sheet of real samples first if there is one."""
    titles = [f"step {int(file.stem):,}" for file in files]
    real = run.path / FOLDER / REAL
    if real.exists():
        files, titles = [real, *files], ["real", *titles]
    return TileRow(label, titles, [_read_picture(file) for file in files])


def _read_picture(file: Path) -> Image.Image:
    try:
        with Image.open(file, formats=["PNG"]) as picture:
            return picture.convert("RGB")
    except (OSError, ValueError, SyntaxError) as error:
        raise UserError(f"{file} cannot be read as a picture ({error}); remove it") from error
