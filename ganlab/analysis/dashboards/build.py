"""Builds a project's W&B workspace and a sweep's W&B report, without a network connection."""

import json
from collections.abc import Sequence
from typing import Any

from ganlab.analysis.dashboards import panels
from ganlab.analysis.dashboards.names import STEP, LoggedNames
from ganlab.analysis.dashboards.panels import import_reports, import_workspaces
from ganlab.core import private_api


def build_workspace(project: str, entity: str, names: LoggedNames) -> Any:
    """Return the workspace of a project's runs."""
    ws = import_workspaces()
    sections = {
        "Scores": panels.score_panels(names),
        "Losses": panels.loss_panels(names),
        "D/G balance": panels.balance_panels(),
        "Samples": panels.sheet_panels(),
        "Speed": panels.speed_panels(),
    }
    return ws.Workspace(
        entity=entity,
        project=project,
        name="ganlab",
        sections=[
            ws.Section(name=title, panels=section_panels, is_open=True) for title, section_panels in sections.items()
        ],
        settings=ws.WorkspaceSettings(x_axis=STEP),
    )


def build_report(project: str, entity: str, names: LoggedNames, sweep: str = "", parameters: Sequence[str] = ()) -> Any:
    """Return the report of a sweep, or of all runs of the project if `sweep` is empty."""
    ws, wr = import_workspaces(), import_reports()
    name = sweep or project

    def grid(grid_panels: Sequence[Any], grouping: Sequence[str] = ()) -> Any:
        # A run set without a project uses that of the report; with a project, the package would query the server.
        filters = ws.And(ws.Metric("Group") == sweep) if sweep else ""
        run_set = wr.Runset(name=name, filters=filters, groupby=list(grouping))
        return wr.PanelGrid(runsets=[run_set], panels=list(grid_panels))

    by_configuration = [f"config.{panels.CONFIGURATION}"]
    settings = list(parameters) or list(panels.PARAMETERS)
    grids = {
        "Scores": grid(panels.score_panels(names), by_configuration),
        f"Importance for {names.optimized}": grid(panels.importance_panels(names, settings)),
        "Losses": grid(panels.loss_panels(names), by_configuration),
        "D/G balance": grid(panels.balance_panels(), by_configuration),
        "Samples": grid(panels.sheet_panels()),
    }
    blocks = []
    for title, panel_grid in grids.items():
        if panel_grid.panels:
            blocks += [wr.H2(title), panel_grid]
    return wr.Report(
        project=project,
        entity=entity,
        title=f"ganlab: {name}",
        description="Scores are means over seeds with their standard errors; seeds of one configuration are one group.",
        width="fluid",
        blocks=blocks,
    )


def to_dict(page: Any) -> dict[str, Any]:
    """Return a workspace or report in the form that W&B stores."""
    content: dict[str, Any] = json.loads(
        private_api.workspace_model(page).model_dump_json(by_alias=True, exclude_none=True)
    )
    return content
