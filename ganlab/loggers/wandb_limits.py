"""Limits of W&B's settings, which W&B itself checks only when a run starts."""

from collections.abc import Sequence

from ganlab.core.errors import UserError

PROJECT_CHARACTERS = 128
RESERVED = "/\\#?%:"
TAG_CHARACTERS = 64


def check_limits(project: str, tags: Sequence[str], init_timeout_seconds: float) -> None:
    """Raise UserError for a project or tag that W&B rejects, and for a time that is not above 0."""
    reserved = [character for character in RESERVED if character in project]
    if reserved:
        raise UserError(
            f"logger.wandb.project must not contain {' '.join(RESERVED)}, got '{project}'; a team is set by "
            "logger.wandb.entity=TEAM"
        )
    if len(project) > PROJECT_CHARACTERS:
        raise UserError(
            f"logger.wandb.project must have at most {PROJECT_CHARACTERS} characters, got {len(project)}; shorten it"
        )
    for tag in tags:
        if not 0 < len(tag) <= TAG_CHARACTERS:
            raise UserError(f"logger.wandb.tags must each have 1 to {TAG_CHARACTERS} characters, got '{tag}'")
    if init_timeout_seconds <= 0:
        raise UserError(f"logger.wandb.init_timeout_seconds must be above 0, got {init_timeout_seconds:g}")
