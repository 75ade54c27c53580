"""The package that describes W&B's pages, imported only when asked for."""

import warnings
from types import ModuleType

from ganlab.errors import UserError


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
