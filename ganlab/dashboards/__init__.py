from ganlab.dashboards.build import report, spec, workspace
from ganlab.dashboards.names import Names

__all__ = ["Names", "report", "spec", "workspace"]
