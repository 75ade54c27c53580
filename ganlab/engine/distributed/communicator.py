"""What the processes of one run tell each other at every step."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, final

import torch
from torch import Tensor, distributed, nn

from ganlab.core.errors import TrainingError

# A reduction copies its tensors into one piece of memory of this size, so that large models need no second copy.
BUCKET_BYTES = 32 * 2**20


class PeerUnreachableError(TrainingError):
    """Another process of the run does not answer."""


class Communicator(ABC):
    """Makes one training of several processes, each of which has its part of every batch.

    Every process must call the same methods in the same order; they raise Unreachable where another does not answer.
    """

    @abstractmethod
    def average_gradients(self, weights: Sequence[nn.Parameter], kind: str) -> None:
        """Replace the gradients by their means over all processes; `kind` names what they are gradients of.

        A weight without a gradient counts as zero. One that has none in any process keeps none, as in one process
        alone, so that its optimizer leaves it alone: who has some is asked at the first of each kind.
        """

    @abstractmethod
    def sum_tensors(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors by their sums over all processes."""

    @abstractmethod
    def broadcast(self, tensors: Sequence[Tensor]) -> None:
        """Overwrite tensors with the first process's."""

    @abstractmethod
    def mean(self, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the means of scalars over all processes."""

    @abstractmethod
    def any_rank(self, flag: bool) -> bool:
        """Tell whether it is so in any process."""


@final
class SingleProcess(Communicator):
    """The only process."""

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


@final
class ProcessGroup(Communicator):
    """The processes of torch's default group."""

    def __init__(self, bucket_bytes: int = BUCKET_BYTES) -> None:
        self.bucket_bytes = bucket_bytes
        self.count = distributed.get_world_size()
        # Flags are of the CPU: no process shall wait for its device to answer yes or no.
        self._flags: Any = None if distributed.get_backend() == "gloo" else distributed.new_group(backend="gloo")
        self._idle: dict[str, list[int]] = {}  # weights that had no gradient anywhere, by kind

    @torch.no_grad()
    def average_gradients(self, weights: Sequence[nn.Parameter], kind: str) -> None:
        """Sum over the processes in buckets and divide."""
        idle = self._idle_of(weights, kind)
        for weight in weights:
            if weight.grad is None:
                weight.grad = torch.zeros_like(weight)
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        self._through(gradients, distributed.all_reduce)
        torch._foreach_div_(gradients, self.count)
        for i in idle:
            if not gradients[i].any():  # the sum, by which all processes decide alike
                weights[i].grad = None

    @torch.no_grad()
    def sum_tensors(self, tensors: Sequence[Tensor]) -> None:
        """Sum in buckets."""
        self._through(tensors, distributed.all_reduce)

    @torch.no_grad()
    def broadcast(self, tensors: Sequence[Tensor]) -> None:
        """Broadcast in buckets."""
        self._through(tensors, lambda flat: distributed.broadcast(flat, 0))

    def mean(self, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Sum all at once and divide."""
        if not values:
            return {}
        joined = torch.stack([value.detach().double() for value in values.values()])
        self._through([joined], distributed.all_reduce)
        return dict(zip(values, (joined / self.count).unbind(), strict=True))

    def any_rank(self, flag: bool) -> bool:
        """Take the larger of the flags."""
        return bool(self._largest([flag])[0])

    def _idle_of(self, weights: Sequence[nn.Parameter], kind: str) -> list[int]:
        if kind not in self._idle:
            given = self._largest([weight.grad is not None for weight in weights])
            self._idle[kind] = [i for i, anywhere in enumerate(given) if not anywhere]
        return self._idle[kind]

    def _largest(self, flags: Sequence[bool]) -> list[int]:
        found = torch.tensor(flags, dtype=torch.uint8)
        with _Answering():
            distributed.all_reduce(found, distributed.ReduceOp.MAX, self._flags)
        return found.tolist()

    def _through(self, tensors: Sequence[Tensor], collective: Callable[[Tensor], object]) -> None:
        with _Answering():
            for bucket in buckets(tensors, self.bucket_bytes):
                if len(bucket) == 1 and bucket[0].is_contiguous():
                    collective(bucket[0])
                    continue
                flat = torch.cat([tensor.reshape(-1) for tensor in bucket])
                collective(flat)
                pieces = flat.split([tensor.numel() for tensor in bucket])
                torch._foreach_copy_(bucket, [piece.view_as(t) for piece, t in zip(pieces, bucket, strict=True)])


def buckets(tensors: Sequence[Tensor], limit_bytes: int) -> Iterator[list[Tensor]]:
    """Yield the tensors in groups of one type, each of at most so many bytes or of a single larger tensor."""
    kinds: dict[torch.dtype, list[Tensor]] = {}
    for tensor in tensors:
        kinds.setdefault(tensor.dtype, []).append(tensor)
    for same in kinds.values():
        bucket: list[Tensor] = []
        for tensor in same:
            if bucket and sum(each.nbytes for each in bucket) + tensor.nbytes > limit_bytes:
                yield bucket
                bucket = []
            bucket.append(tensor)
        yield bucket


class _Answering:
    """Tells in words that a collective failed: torch raises a RuntimeError of its backend's."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, RuntimeError):
            raise PeerUnreachableError(
                f"another process of this run does not answer ({str(error).splitlines()[0]}); its own messages say "
                "why, and the same command goes on from the last checkpoint"
            ) from error
