"""kind=curves: scores and losses over training, from the metrics.csv of runs, finished or not."""

from collections.abc import Sequence

from ganlab.analysis.figures.curves import CurveOptions, CurvePanel, draw_curves, floor_of
from ganlab.analysis.figures.histories import FILE, History, column_of, read_history, score_names
from ganlab.analysis.figures.request import Drawing, FigureRequest
from ganlab.analysis.figures.runs import group_seeds, read_started_runs
from ganlab.analysis.figures.series import Series, summarise_seeds
from ganlab.core.errors import UserError, suggest
from ganlab.core.score_range import UNBOUNDED, ScoreRange
from ganlab.runs.json_files import read_json_if_valid

MAX_GROUPS = 21  # that lines of different colours or dashes can show
LOSSES = ("discriminator/adversarial", "generator/adversarial")


def draw_training_curves(request: FigureRequest) -> Drawing:
    """Draw a panel for each metric and a line for each group of seeds; raises UserError if there is nothing to draw."""
    groups, notes = group_seeds(read_started_runs(request.paths))
    histories = {group.label: [history for run in group.runs if (history := read_history(run))] for group in groups}
    known = [history for members in histories.values() for history in members]
    if not known:
        raise UserError(f"these runs have no {FILE} yet, which training writes every log_every steps")
    notes += [f"left out: {group.label}: without {FILE}" for group in groups if not histories[group.label]]
    names = _choose(request.metrics, known)
    panels = []
    for name in names:
        column = column_of(name, known)
        series: list[Series] = []
        for label, members in histories.items():
            line, sentences = summarise_seeds(label, members, column, request.x, request.band, _range(name, members))
            series += [line] if line else []
            notes += sentences if line or not members else [*sentences, f"left out: {label}: without {name}"]
        if not series:
            raise UserError(f"no run has a value of '{name}' yet; choose {', '.join(score_names(known))}")
        panels.append(CurvePanel(name, series, floor_of(column, known)))
    drawn = {series.label for panel in panels for series in panel.series}
    labels = [label for label in histories if label in drawn]
    if len(labels) > MAX_GROUPS:
        raise UserError(
            f"these runs are {len(labels)} configurations, and a figure can show {MAX_GROUPS}; give fewer directories"
        )
    options = CurveOptions(request.x, request.band, request.scale, request.size, labels)
    return Drawing(draw_curves(panels, options), list(dict.fromkeys(notes)))


def _choose(requested: Sequence[str], histories: Sequence[History]) -> list[str]:
    """Return the names of the columns to draw; by default the score that the runs optimise, or their losses."""
    known = score_names(histories)
    for name in requested:
        if name not in known:
            raise UserError(
                f"there is no metric '{name}' in these runs; choose {', '.join(known)}{suggest(name, known)}"
            )
    if requested:
        return list(dict.fromkeys(requested))
    optimised = [str((history.run.config or {}).get("optimized_metric")) for history in histories]
    scores = [name for name in known if column_of(name, histories) != name]
    best = next((name for name in [*optimised, *scores] if name in scores), None)
    losses = [name for name in LOSSES if name in known]
    if not best and not losses:
        raise UserError(f"these runs have neither scores nor losses; choose metric={'|'.join(known)}")
    return [best] if best else losses


def _range(name: str, histories: Sequence[History]) -> ScoreRange:
    """Return the range of a score, as the runs' score files state it."""
    for history in histories:
        bounds = read_json_if_valid(history.run.path / "scores.json").get("ranges", {}).get(name)
        if bounds:
            low, high = bounds
            return low, high
    return UNBOUNDED
