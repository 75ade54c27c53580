"""Communication between the processes of torch's default group."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, final

import torch
from torch import Tensor, distributed, nn

from ganlab.core.errors import TrainingError
from ganlab.core.interfaces.communicator import Communicator

# A reduction copies its tensors into buffers of this size, so a large model needs no second copy of all gradients.
BUCKET_BYTES = 32 * 2**20


class PeerUnreachableError(TrainingError):
    """Another process of the run does not respond."""


@final
class ProcessGroup(Communicator):
    """The processes of torch's default group."""

    def __init__(self, bucket_bytes: int = BUCKET_BYTES) -> None:
        self.bucket_bytes = bucket_bytes
        self.rank, self.count = distributed.get_rank(), distributed.get_world_size()
        # Flags are exchanged on the CPU, so no process has to wait for its device.
        self._flags: Any = None if distributed.get_backend() == "gloo" else distributed.new_group(backend="gloo")
        self._unused: dict[str, list[int]] = {}  # indices of weights without a gradient in every process, by kind

    @torch.no_grad()
    def average_gradients(self, weights: Sequence[nn.Parameter], kind: str) -> None:
        """Sum over the processes in buckets and divide."""
        unused = self._find_unused(weights, kind)
        for weight in weights:
            if weight.grad is None:
                weight.grad = torch.zeros_like(weight)
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        self._apply(gradients, distributed.all_reduce)
        torch._foreach_div_(gradients, self.count)
        for i in unused:
            if not gradients[i].any():  # the sum is the same in all processes, so all of them decide the same
                weights[i].grad = None

    @torch.no_grad()
    def sum_tensors(self, tensors: Sequence[Tensor]) -> None:
        """Sum in buckets."""
        self._apply(tensors, distributed.all_reduce)

    @torch.no_grad()
    def broadcast(self, tensors: Sequence[Tensor]) -> None:
        """Broadcast in buckets."""
        self._apply(tensors, lambda flat: distributed.broadcast(flat, 0))

    def mean(self, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Sum all at once and divide."""
        if not values:
            return {}
        stacked = torch.stack([value.detach().double() for value in values.values()])
        self._apply([stacked], distributed.all_reduce)
        return dict(zip(values, (stacked / self.count).unbind(), strict=True))

    def any_rank(self, flag: bool) -> bool:
        """Return the maximum of the flags."""
        return bool(self._maximum([flag])[0])

    def _find_unused(self, weights: Sequence[nn.Parameter], kind: str) -> list[int]:
        if kind not in self._unused:
            used = self._maximum([weight.grad is not None for weight in weights])
            self._unused[kind] = [i for i, in_any_process in enumerate(used) if not in_any_process]
        return self._unused[kind]

    def _maximum(self, flags: Sequence[bool]) -> list[int]:
        maximum = torch.tensor(flags, dtype=torch.uint8)
        with _PeerErrors():
            distributed.all_reduce(maximum, distributed.ReduceOp.MAX, self._flags)
        return maximum.tolist()

    def _apply(self, tensors: Sequence[Tensor], collective: Callable[[Tensor], object]) -> None:
        with _PeerErrors():
            for bucket in buckets(tensors, self.bucket_bytes):
                if len(bucket) == 1 and bucket[0].is_contiguous():
                    collective(bucket[0])
                    continue
                flat = torch.cat([tensor.reshape(-1) for tensor in bucket])
                collective(flat)
                parts = flat.split([tensor.numel() for tensor in bucket])
                torch._foreach_copy_(bucket, [part.view_as(t) for part, t in zip(parts, bucket, strict=True)])


def buckets(tensors: Sequence[Tensor], limit_bytes: int) -> Iterator[list[Tensor]]:
    """Yield the tensors in groups of one dtype, each of at most `limit_bytes` or with a single larger tensor."""
    by_dtype: dict[torch.dtype, list[Tensor]] = {}
    for tensor in tensors:
        by_dtype.setdefault(tensor.dtype, []).append(tensor)
    for group in by_dtype.values():
        bucket: list[Tensor] = []
        for tensor in group:
            if bucket and sum(member.nbytes for member in bucket) + tensor.nbytes > limit_bytes:
                yield bucket
                bucket = []
            bucket.append(tensor)
        yield bucket


class _PeerErrors:
    """Turns the RuntimeError of a failed collective, which has the backend's message, into PeerUnreachableError."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, RuntimeError):
            raise PeerUnreachableError(
                f"another process of this run does not respond ({str(error).splitlines()[0]}); see its own messages "
                "for the reason, and run the same command to resume from the last checkpoint"
            ) from error
