"""What a run does after an alarm of a health or collapse monitor."""

from ganlab.recovery.base import Recovery
from ganlab.recovery.roll_back import RollBack
from ganlab.recovery.stop import Stop

__all__ = ["Recovery", "RollBack", "Stop"]
