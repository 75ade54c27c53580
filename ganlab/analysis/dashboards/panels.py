"""Panels of workspace and report: every name in them is one that a run logs."""

import warnings
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from ganlab.analysis.dashboards.names import BALANCE, COSTS, HISTOGRAMS, LEARNING_RATES, SHEET, STEP, LoggedNames
from ganlab.core.errors import UserError

# The config key that is the same for all seeds of a configuration; see ganlab/loggers/public_config.py.
CONFIGURATION = "ganlab.configuration"
# Settings that sweeps often vary.
PARAMETERS = ("optimizer.generator.lr", "optimizer.discriminator.lr", "batch_size", "loss._target_")
COLUMNS, WIDTH, HEIGHT = 3, 8, 6  # of panels in a report's grid, which is 24 units wide


def score_panels(names: LoggedNames) -> list[Any]:
    """Return panels of the scores over steps and of the best score: means over seeds with their standard errors."""
    wr = import_reports()
    interval = {"groupby": wr.Config(CONFIGURATION), "groupby_aggfunc": "mean", "groupby_rangefunc": "stderr"}
    over_steps = [_lines(name, [f"score/{name}"], **interval) for name in names.scores]
    best = [
        wr.BarPlot(title=f"best {name}", metrics=[f"best/{name}"], **interval)
        for name in names.scores
        if name == names.optimized
    ]
    return arrange([*best, *over_steps])


def loss_panels(names: LoggedNames) -> list[Any]:
    """Return a panel for every term of every player's loss."""
    return arrange([_lines(name, [name]) for name in names.losses])


def balance_panels() -> list[Any]:
    """Return panels that show whether D and G are in balance."""
    lines = [_lines(title, metrics) for title, metrics in BALANCE.items()]
    return arrange([*lines, *(_lines(f"D's outputs, {name}", [name]) for name in HISTOGRAMS)])


def sheet_panels() -> list[Any]:
    """Return a panel of the sample sheets, of the same latents over steps."""
    wr = import_reports()
    full_width = wr.Layout(w=24, h=12)
    return [wr.MediaBrowser(title="samples", media_keys=[SHEET], num_columns=COLUMNS, layout=full_width)]


def speed_panels() -> list[Any]:
    """Return panels of speed, memory and learning rates."""
    return arrange([*(_lines(name, [name]) for name in COSTS), _lines("learning rates", LEARNING_RATES)])


def importance_panels(names: LoggedNames, parameters: Sequence[str]) -> list[Any]:
    """Return panels of the settings' importance for the best score, none if the optimized score is not logged."""
    wr = import_reports()
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


def arrange(panels: Sequence[Any]) -> list[Any]:
    """Arrange panels in rows."""
    wr = import_reports()
    for number, panel in enumerate(panels):
        row, column = divmod(number, COLUMNS)
        panel.layout = wr.Layout(x=WIDTH * column, y=HEIGHT * row, w=WIDTH, h=HEIGHT)
    return list(panels)


def _lines(title: str, metrics: Sequence[str], **grouping: Any) -> Any:
    return import_reports().LinePlot(title=title, x=STEP, y=list(metrics), title_x="step", **grouping)


def import_workspaces() -> ModuleType:
    """Return the module of workspaces; raises UserError if the package is not installed."""
    return _import_packages()[0]


def import_reports() -> ModuleType:
    """Return the module of reports and panels; raises UserError if the package is not installed."""
    return _import_packages()[1]


def _import_packages() -> tuple[ModuleType, ModuleType]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of its use of pydantic
            import wandb_workspaces.reports.v2 as reports
            import wandb_workspaces.workspaces as workspaces
    except ImportError as error:
        raise UserError(f"dashboards need wandb-workspaces ({error}); run: pip install 'ganlab[dashboard]'") from error
    return workspaces, reports
