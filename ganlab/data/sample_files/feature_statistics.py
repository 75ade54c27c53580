"""Mean and covariance of features of real samples, as pytorch-fid and clean-fid keep them in a .npz."""

from hashlib import sha256
from pathlib import Path
from typing import final

import numpy as np

from ganlab.core.plain_files import read_plain
from ganlab.data.readers.array_layouts import STATISTICS, hold_statistics
from ganlab.data.readers.numpy_archive import NumpyArchive
from ganlab.data.readers.numpy_file import list_arrays


@final
class FeatureStatistics:
    """The arrays mu (d,) and sigma (d, d), float64, of a file; raises ValueError for anything else."""

    def __init__(self, path: Path) -> None:
        arrays = list_arrays(path)
        shapes = [arrays[name].shape for name in STATISTICS]
        if len(shapes[0]) != 1 or shapes[1] != shapes[0] * 2:
            raise ValueError(
                f"{path} must hold a mean mu of shape (d,) and a covariance sigma of shape (d, d), got {shapes[0]} and "
                f"{shapes[1]}; write it again with pytorch-fid or clean-fid"
            )
        self.mean, self.covariance = (np.array(arrays[name].open(), dtype=np.float64) for name in STATISTICS)
        if not (np.isfinite(self.mean).all() and np.isfinite(self.covariance).all()):
            raise ValueError(f"{path} holds numbers that are not finite; write it again from the real images")
        if not np.allclose(self.covariance, self.covariance.T, atol=1e-6 * float(np.abs(self.covariance).max())):
            raise ValueError(f"{path} must hold a symmetric covariance sigma; write it again from the real images")
        self.path = path

    @classmethod
    def accepts(cls, path: Path) -> bool:
        """Return whether a file holds statistics and no samples; raises ValueError if it is damaged."""
        return NumpyArchive.accepts(path) and hold_statistics(list_arrays(path))

    def fingerprint(self) -> str:
        """Return a SHA-256 of the file, in hexadecimal."""
        return sha256(read_plain(self.path)).hexdigest()
