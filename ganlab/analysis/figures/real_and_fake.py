"""kind=real_and_fake: real samples next to generated ones, drawn in the same way."""

from typing import Any

from PIL import Image

from ganlab.analysis.comparison.runs import Run
from ganlab.analysis.figures.blocks import note_block
from ganlab.analysis.figures.request import Drawing, FigureRequest
from ganlab.analysis.figures.runs import label_runs, read_started_runs
from ganlab.analysis.figures.style import WIDTHS
from ganlab.analysis.figures.tiles import TileRow, draw_tiles
from ganlab.core.errors import UserError
from ganlab.runs.directory import RunDirectory
from ganlab.runs.json_files import read_json_if_valid

SPLITS = ("test", "validation", "train")  # the first that has samples
DEFAULT_COUNT, SEED = 64, 0
MAX_ROWS = 6
RESTORE = "restore it from the machine where the run was trained"


def draw_real_and_fake(request: FigureRequest) -> Drawing:
    """Draw a sheet of real and one of generated samples for each run.

    Raises UserError if a run has no exported generator, or if its data cannot be read.
    """
    runs = read_started_runs(request.paths)
    labels = label_runs(runs)
    finished = [run for run in runs if (run.path / "generator.safetensors").exists()]
    notes = [
        f"left out: {run.path}: it has not finished, so it has no generator" for run in runs if run not in finished
    ]
    if not finished:
        raise UserError("no run has finished, and a generator is written when a run ends; give a finished run")
    if len(finished) > MAX_ROWS:
        notes.append(f"the figure shows the first {MAX_ROWS} of {len(finished)} runs; give fewer directories")
    rows, splits = [], []
    for run in finished[:MAX_ROWS]:
        row, split = _draw_run(run, labels[run.path], request.n)
        rows.append(row)
        splits.append(split)
    width = WIDTHS[request.size]
    note = (
        f"real samples of the {' and '.join(dict.fromkeys(splits))} split, generated ones of seed {SEED}; not selected"
    )
    return Drawing(draw_tiles(rows, width, [note_block(note, width)]), notes)


def _draw_run(run: Run, label: str, requested: int) -> tuple[TileRow, str]:
    """Return the pictures of a run, and the split of its real samples."""
    from ganlab.data.condition_source import ConditionSource
    from ganlab.training.build import build_data  # imported here because curves and scores need no torch
    from ganlab.training.export import load

    config = RunDirectory(run.path).read_config(RESTORE)
    try:
        data = build_data(config)
    except (ValueError, OSError) as error:
        raise UserError(f"the data of {run.path} cannot be read ({error})") from error
    count = requested or int(((run.config or {}).get("callback") or {}).get("samples", {}).get("count", DEFAULT_COUNT))
    split = next(split for split in SPLITS if _has_samples(data, split))
    cond = ConditionSource(data, split)(count) if data.spec.cond else None  # in the order of the real samples
    generated: Image.Image = data.sample_sheet(load(run.path).sample(count, SEED, cond))
    step = read_json_if_valid(run.path / "generator.json").get("steps")
    title = "generated" if step is None else f"generated, step {step:,}"
    return TileRow(label, ["real", title], [_real_sheet(data, split, count), generated]), split


def _has_samples(data: Any, split: str) -> bool:
    try:
        return next(iter(data.real_samples(1, split=split)), None) is not None
    except ValueError:
        return False


def _real_sheet(data: Any, split: str, count: int) -> Image.Image:
    import torch

    from ganlab.data.dataset import normalize

    batches = [normalize(batch).sample for batch in data.real_samples(count, SEED, split)]
    sheet: Image.Image = data.sample_sheet(data.decode(torch.cat(batches)))
    return sheet
