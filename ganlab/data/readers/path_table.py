"""`PathTable`, many paths in two tensors instead of one Python object each."""

from collections.abc import Iterable, Iterator
from typing import final

import numpy as np
import torch
from torch import Tensor

CHUNK = 4096  # paths decoded at a time
ENCODING = ("utf-8", "surrogatepass")  # restores every path, also one that is not valid in the file system's encoding


@final
class PathTable:
    """Paths in a fixed order, as their bytes one after another.

    Worker processes share the two tensors, which the garbage collector and reference counts never touch.

    >>> table = PathTable.of(["cat/1.png", "dog/2.png"])
    >>> len(table), table[1], list(table)
    (2, 'dog/2.png', ['cat/1.png', 'dog/2.png'])
    """

    def __init__(self, text: Tensor, ends: Tensor) -> None:
        self.text, self.ends = text, ends  # uint8 (bytes,), and int64 (n,) with the position after every path

    @classmethod
    def of(cls, paths: Iterable[str]) -> "PathTable":
        """Return a table of paths."""
        encoded = [path.encode(*ENCODING) for path in paths]
        ends = np.fromiter(map(len, encoded), np.int64, len(encoded)).cumsum()
        return cls(torch.from_numpy(np.frombuffer(bytearray().join(encoded), np.uint8)), torch.from_numpy(ends))

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, index: int) -> str:
        start = int(self.ends[index - 1]) if index else 0
        return self.text[start : int(self.ends[index])].numpy().tobytes().decode(*ENCODING)

    def __iter__(self) -> Iterator[str]:
        start = 0
        for part in self.ends.split(CHUNK):
            first, text = start, self.text[start : int(part[-1])].numpy().tobytes() if len(part) else b""
            for end in part.tolist():
                yield text[start - first : end - first].decode(*ENCODING)
                start = end

    def take(self, rows: Tensor) -> "PathTable":
        """Return the table of the paths at `rows` (m,)."""
        return PathTable.of(self[row] for row in rows.tolist())

    def equals(self, other: "PathTable") -> bool:
        """Return whether both tables hold the same paths in the same order."""
        return torch.equal(self.ends, other.ends) and torch.equal(self.text, other.text)
