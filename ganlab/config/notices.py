"""Lines on stderr about settings that are valid but may surprise; each is printed once per process."""

import logging

log = logging.getLogger(__name__)
_said: set[str] = set()


def notify(sentence: str) -> None:
    """Log a sentence unless this process has logged it before, as a sweep would for each of its jobs."""
    if sentence not in _said:
        _said.add(sentence)
        log.warning("%s", sentence)
