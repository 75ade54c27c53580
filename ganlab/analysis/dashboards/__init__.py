from ganlab.analysis.dashboards.build import build_report, build_workspace, to_dict
from ganlab.analysis.dashboards.names import LoggedNames

__all__ = ["LoggedNames", "build_report", "build_workspace", "to_dict"]
