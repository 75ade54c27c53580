"""The panels that workspace and report share: every name in them is one that a run logs."""

import warnings
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from ganlab.analysis.dashboards.names import BALANCE, COSTS, RATES, SHEET, SPREADS, STEP, Names
from ganlab.core.errors import UserError

# The key of the config that is the same for all seeds of a configuration; see ganlab/loggers/public.py.
CONFIGURATION = "ganlab.configuration"
# Of what a sweep varies more often than not.
PARAMETERS = ("optimizer.generator.lr", "optimizer.discriminator.lr", "batch_size", "loss._target_")
COLUMNS, WIDTH, HEIGHT = 3, 8, 6  # of a report's grid, which is 24 wide


def score_panels(names: Names) -> list[Any]:
    """Return scores over steps, and the best of each configuration: means over seeds with their standard errors."""
    wr = reports()
    interval = {"groupby": wr.Config(CONFIGURATION), "groupby_aggfunc": "mean", "groupby_rangefunc": "stderr"}
    over_steps = [_lines(name, [f"score/{name}"], **interval) for name in names.scores]
    best = [
        wr.BarPlot(title=f"best {name}", metrics=[f"best/{name}"], **interval)
        for name in names.scores
        if name == names.optimized
    ]
    return placed([*best, *over_steps])


def loss_panels(names: Names) -> list[Any]:
    """Return every term of every player's loss."""
    return placed([_lines(name, [name]) for name in names.losses])


def balance_panels() -> list[Any]:
    """Return what shows whether D and G are a match for each other."""
    lines = [_lines(title, metrics) for title, metrics in BALANCE.items()]
    return placed([*lines, *(_lines(f"D's outputs, {name}", [name]) for name in SPREADS)])


def sheet_panels() -> list[Any]:
    """Return the sample sheets, of the same latents over steps."""
    wr = reports()
    whole = wr.Layout(w=24, h=12)
    return [wr.MediaBrowser(title="samples", media_keys=[SHEET], num_columns=COLUMNS, layout=whole)]


def speed_panels() -> list[Any]:
    """Return what a run costs, and how its learning rates go."""
    return placed([*(_lines(name, [name]) for name in COSTS), _lines("rates", RATES)])


def importance_panels(names: Names, parameters: Sequence[str]) -> list[Any]:
    """Return which settings decide the best score, nothing where there is none."""
    wr = reports()
    if names.optimized not in names.scores:
        return []
    best = f"best/{names.optimized}"
    columns = [wr.ParallelCoordinatesPlotColumn(metric=wr.Config(name)) for name in parameters]
    return [
        wr.ParameterImportancePlot(with_respect_to=best, layout=wr.Layout(w=24, h=8)),
        wr.ParallelCoordinatesPlot(
            columns=[*columns, wr.ParallelCoordinatesPlotColumn(metric=wr.SummaryMetric(best))],
            layout=wr.Layout(y=8, w=24, h=10),
        ),
    ]


def placed(panels: Sequence[Any]) -> list[Any]:
    """Lay panels out in rows."""
    wr = reports()
    for number, panel in enumerate(panels):
        row, column = divmod(number, COLUMNS)
        panel.layout = wr.Layout(x=WIDTH * column, y=HEIGHT * row, w=WIDTH, h=HEIGHT)
    return list(panels)


def _lines(title: str, metrics: Sequence[str], **grouping: Any) -> Any:
    return reports().LinePlot(title=title, x=STEP, y=list(metrics), title_x="step", **grouping)


def workspaces() -> ModuleType:
    """Return the module of workspaces; raises UserError where the package is not installed."""
    return _imported()[0]


def reports() -> ModuleType:
    """Return the module of reports and panels; raises UserError where the package is not installed."""
    return _imported()[1]


def _imported() -> tuple[ModuleType, ModuleType]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # its own way with pydantic
            import wandb_workspaces.reports.v2 as reports
            import wandb_workspaces.workspaces as workspaces
    except ImportError as error:
        raise UserError(f"dashboards need wandb-workspaces ({error}); run: pip install 'ganlab[dashboard]'") from error
    return workspaces, reports
