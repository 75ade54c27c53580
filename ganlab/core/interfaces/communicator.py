"""Communication between the processes of one run at every step, and its form for a single process."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import final

from torch import Tensor, nn


class Communicator(ABC):
    """Collective operations between the processes of a run, each of which has its part of every batch.

    Every process must call the same methods in the same order; they raise PeerUnreachableError if another process does
    not respond.
    """

    rank: int  # of this process, from 0
    count: int  # of processes

    @abstractmethod
    def average_gradients(self, weights: Sequence[nn.Parameter], kind: str) -> None:
        """Replace the gradients by their means over all processes; `kind` names the loss terms that they belong to.

        A missing gradient counts as zero. A weight without a gradient in every process keeps none, as in a single
        process, so its optimizer does not update it; which weights these are is determined once for each kind.
        """

    @abstractmethod
    def sum_tensors(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors by their sums over all processes."""

    @abstractmethod
    def broadcast(self, tensors: Sequence[Tensor]) -> None:
        """Overwrite tensors with those of rank 0."""

    @abstractmethod
    def mean(self, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the means of scalars over all processes."""

    @abstractmethod
    def any_rank(self, flag: bool) -> bool:
        """Return whether the flag is true in any process."""


@final
class SingleProcess(Communicator):
    """The communicator of a run with one process."""

    rank, count = 0, 1

    def average_gradients(self, weights: Sequence[nn.Parameter], kind: str) -> None:
        """Do nothing."""

    def sum_tensors(self, tensors: Sequence[Tensor]) -> None:
        """Do nothing."""

    def broadcast(self, tensors: Sequence[Tensor]) -> None:
        """Do nothing."""

    def mean(self, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the scalars."""
        return dict(values)

    def any_rank(self, flag: bool) -> bool:
        """Return the flag."""
        return flag
