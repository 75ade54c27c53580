from pathlib import Path

from ganlab.core.errors import AlarmError
from ganlab.recovery.base import Recovery
from ganlab.runs.directory import RunDirectory


class Stop(Recovery):
    """Ends the run with the alarm as its error."""

    def on_alarm(self, alarm: AlarmError, run: RunDirectory, step: int) -> Path | None:
        """Raise the alarm."""
        raise alarm
