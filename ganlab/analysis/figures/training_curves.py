"""kind=curves: scores and losses over training, from the metrics.csv of runs, finished or not."""

from collections.abc import Mapping, Sequence

from ganlab.analysis.figures.curves import CurveOptions, CurvePanel, draw_curves, floor_of
from ganlab.analysis.figures.histories import FILE, History, column_of, read_history, score_names
from ganlab.analysis.figures.line_protocols import differing_protocol_fields, read_score_files, score_range
from ganlab.analysis.figures.request import Drawing, FigureRequest
from ganlab.analysis.figures.runs import group_seeds, read_started_runs
from ganlab.analysis.figures.series import Series, summarise_seeds
from ganlab.core.errors import UserError, suggest

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
    histories = {label: members for label, members in histories.items() if members}
    panels = []
    for name in _choose(request.metrics, known):
        panel, sentences = _build_panel(name, histories, request)
        panels.append(panel)
        notes += sentences
    drawn = {series.label for panel in panels for series in panel.series}
    labels = [label for label in histories if label in drawn]
    if len(labels) > MAX_GROUPS:
        raise UserError(
            f"these runs are {len(labels)} configurations, and a figure can show {MAX_GROUPS}; give fewer directories"
        )
    options = CurveOptions(request.x, request.band, request.scale, request.size, labels)
    return Drawing(draw_curves(panels, options), list(dict.fromkeys(notes)))


def _build_panel(
    name: str, histories: Mapping[str, Sequence[History]], request: FigureRequest
) -> tuple[CurvePanel, list[str]]:
    """Return the lines of a metric, and sentences about what they lack; raises UserError if no run has a value."""
    known = [history for members in histories.values() for history in members]
    column, files = column_of(name, known), {label: read_score_files(members) for label, members in histories.items()}
    series: list[Series] = []
    notes = []
    for label, members in histories.items():
        bounds = score_range(name, files[label])
        line, sentences = summarise_seeds(label, members, column, request.x, request.band, bounds)
        series += [line] if line else []
        notes += sentences if line else [*sentences, f"left out: {label}: without {name}"]
    if not series:
        raise UserError(f"no run has a value of '{name}' yet; choose {', '.join(score_names(known))}")
    differing = differing_protocol_fields(name, {line.label: files[line.label] for line in series})
    if differing:
        fields = ", ".join(differing)
        notes.append(f"{name} was measured under protocols that differ in {fields}, so its lines are not comparable")
    return CurvePanel(name, series, floor_of(column, known), differing), notes


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
