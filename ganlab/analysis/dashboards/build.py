"""A project's workspace and a sweep's report, built without a network."""

import json
from collections.abc import Sequence
from typing import Any

from ganlab.analysis.dashboards import panels
from ganlab.analysis.dashboards.names import STEP, Names
from ganlab.analysis.dashboards.panels import reports, workspaces
from ganlab.core import private_api


def workspace(project: str, entity: str, names: Names) -> Any:
    """Return the workspace in which to watch the runs of a project."""
    ws = workspaces()
    sections = {
        "Scores": panels.score_panels(names),
        "Losses": panels.loss_panels(names),
        "D's balance": panels.balance_panels(),
        "Samples": panels.sheet_panels(),
        "Speed": panels.speed_panels(),
    }
    return ws.Workspace(
        entity=entity,
        project=project,
        name="ganlab",
        sections=[ws.Section(name=title, panels=inner, is_open=True) for title, inner in sections.items()],
        settings=ws.WorkspaceSettings(x_axis=STEP),
    )


def report(project: str, entity: str, names: Names, sweep: str = "", parameters: Sequence[str] = ()) -> Any:
    """Return the report of a sweep, or of the whole project."""
    ws, wr = workspaces(), reports()
    what = sweep or project

    def grid(inner: Sequence[Any], grouping: Sequence[str] = ()) -> Any:
        # A run set without a project is of the report's own; with one, the package would ask the server for it.
        filters = ws.And(ws.Metric("Group") == sweep) if sweep else ""
        return wr.PanelGrid(runsets=[wr.Runset(name=what, filters=filters, groupby=list(grouping))], panels=list(inner))

    by_configuration = [f"config.{panels.CONFIGURATION}"]
    chosen = list(parameters) or list(panels.PARAMETERS)
    parts = {
        "Scores": grid(panels.score_panels(names), by_configuration),
        f"What decides {names.optimized}": grid(panels.importance_panels(names, chosen)),
        "Losses": grid(panels.loss_panels(names), by_configuration),
        "D's balance": grid(panels.balance_panels(), by_configuration),
        "Samples": grid(panels.sheet_panels()),
    }
    return wr.Report(
        project=project,
        entity=entity,
        title=f"ganlab: {what}",
        description="Scores are means over seeds with their standard errors; seeds of one configuration are one group.",
        width="fluid",
        blocks=[block for title, each in parts.items() if each.panels for block in (wr.H2(title), each)],
    )


def spec(page: Any) -> dict[str, Any]:
    """Return a workspace or report as W&B stores it."""
    content: dict[str, Any] = json.loads(
        private_api.workspace_model(page).model_dump_json(by_alias=True, exclude_none=True)
    )
    return content
