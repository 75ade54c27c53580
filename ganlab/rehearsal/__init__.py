"""Parts that are not ganlab's own do once, before training, what they will do at every step of it."""

from ganlab.rehearsal.director import rehearse

__all__ = ["rehearse"]
