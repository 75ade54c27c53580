from ganlab.analysis.dashboards.build import report, spec, workspace
from ganlab.analysis.dashboards.names import Names

__all__ = ["Names", "report", "spec", "workspace"]
