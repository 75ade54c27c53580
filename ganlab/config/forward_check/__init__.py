"""One forward check of custom components before training, on a synthetic batch."""

from ganlab.config.forward_check.run import run_forward_checks

__all__ = ["run_forward_checks"]
