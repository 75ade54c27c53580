"""Parts that are not ganlab's own do once, before training, what they will do at every step of it."""

from ganlab.config.forward_check.run import run_forward_checks

__all__ = ["run_forward_checks"]
