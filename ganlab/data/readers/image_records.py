"""`ImageRecords`, what an earlier opening found out about image files."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ganlab.data.readers.path_table import PathTable

DIGEST_BYTES = 32  # of a SHA-256
STAMP_NUMBERS = 4  # of `Archive.stamps`
GRANULARITY_NS = 2_000_000_000  # of time stamps on the coarsest file system, FAT


@dataclass(frozen=True)
class ImageRecords:
    """For every image its path, the file's stamp (n, 4) and the SHA-256 of its pixels, uint8 of shape (n, 32).

    The stamp of an image without a valid digest is negative.
    """

    names: PathTable
    stamps: Tensor
    digests: Tensor

    def find(self, names: PathTable, stamps: Tensor) -> Tensor:
        """Return the record of every image whose file is unchanged, and -1 for the others, int64 of shape (m,)."""
        if self.names.equals(names):
            rows = torch.arange(len(names))
        else:
            number_of = {name: number for number, name in enumerate(self.names)}
            # A zip can have a name twice; the second image has no record then.
            rows = torch.tensor([number_of.pop(name, -1) for name in names], dtype=torch.int64)
        if not len(self.names):
            return rows
        unchanged = (self.stamps[rows] == stamps).all(1) & (stamps[:, 0] >= 0) & (rows >= 0)
        return torch.where(unchanged, rows, -1)


def discard_recent(stamps: Tensor, now_ns: int) -> Tensor:
    """Return stamps (n, 4) with -1 for files that have changed just before the time `now_ns`.

    Such a file may change again without another time stamp, because those of a file system are coarse.
    """
    recent = stamps[:, 1:3].max(1).values >= now_ns - GRANULARITY_NS
    return stamps.masked_fill(recent[:, None], -1)
