"""Evaluation protocols: everything that two scores must share to be comparable."""

from ganlab.protocols.protocol import Protocol

__all__ = ["Protocol"]
