"""The command that resumes a run, for its status.json and for people."""

from pathlib import Path

from ganlab.config.targets import allowed_packages
from ganlab.core.shell_lines import as_path, ganlab_line


def resume_line(run_dir: Path) -> str:
    """Return the command that resumes a run from its directory, in a shell in the present directory."""
    return ganlab_line(["resume", as_path(run_dir)], allowed_packages())
