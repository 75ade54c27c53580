"""Which arrays of a .npz are the samples, and which their classes, by the names that other programs use."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np

from ganlab.data.readers.numpy_file import ArrayInFile, list_arrays

LABELS = ("labels", "label")
# Pairs of samples and classes with parts: MedMNIST's, Keras', and that of arrays named by part alone.
PART_LAYOUTS = (("{}_images", "{}_labels"), ("x_{}", "y_{}"), ("X_{}", "y_{}"), ("{}_data", "{}_labels"))
PARTS = ("train", "val", "valid", "validation", "test")
NUMBERED = ("arr_0", "arr_1")  # the samples and classes of guided diffusion, as numpy names arrays without a name
# Mean and covariance of features: pytorch-fid's and clean-fid's, and those that guided diffusion adds to its images.
STATISTICS = ("mu", "sigma")
MORE_STATISTICS = (*STATISTICS, "mu_s", "sigma_s")


@final
@dataclass(frozen=True)
class SampleArrays:
    """The arrays of samples and of their classes in a file."""

    samples: ArrayInFile
    labels: ArrayInFile | None

    def classes(self) -> np.ndarray | None:
        """Return the class number of every sample, int64 of shape (n,), None if there are none.

        Raises ValueError unless there is one integer of at least 0 for each sample.
        """
        if self.labels is None:
            return None
        count, labels = self.samples.shape[0], self.labels
        if labels.shape in ((count,), (count, 1)) and labels.dtype.kind in "iu":
            numbers = np.asarray(labels.open()).reshape(-1)
            if numbers.min() >= 0 and numbers.max() <= np.iinfo(np.int64).max:
                return numbers.astype(np.int64)
        raise ValueError(
            f"labels in {labels.path} must be one integer of at least 0 for each of its {count} samples, got "
            f"{labels.dtype} of shape {labels.shape}; write one number for each sample, or leave the array out"
        )


def find_sample_arrays(path: Path, part: str = "") -> SampleArrays:
    """Return the arrays of samples and classes of one part.

    Raises ValueError if the part or the arrays are unclear, and if there are no samples.
    """
    found = _find_arrays(path, part)
    if not found.samples.size:
        raise ValueError(f"{path} holds no samples, but an array of shape {found.samples.shape}")
    return found


def hold_statistics(arrays: Mapping[str, ArrayInFile]) -> bool:
    """Return whether the arrays of a file are statistics of features alone."""
    return set(STATISTICS) <= set(arrays) <= set(MORE_STATISTICS)


def _find_arrays(path: Path, part: str) -> SampleArrays:
    arrays = list_arrays(path)
    if hold_statistics(arrays):
        raise ValueError(
            f"{path} holds the mean and covariance of features (mu, sigma), not samples; it can be the real side of "
            "ganlab evaluate"
        )
    arrays = {name: array for name, array in arrays.items() if name not in MORE_STATISTICS}
    parts = _parts(arrays)
    if parts:
        if not part and len(parts) > 1:
            raise ValueError(
                f"{path} holds the parts {', '.join(parts)}; choose one of them, such as {path}/{next(iter(parts))}"
            )
        if part and part not in parts:
            raise ValueError(f"{path} has no part {part!r}; it has {', '.join(parts)}")
        return parts[part or next(iter(parts))]
    if part:
        raise ValueError(f"{path} has no parts, so {path}/{part} does not exist; give {path}")
    return _whole(path, arrays)


def _whole(path: Path, arrays: Mapping[str, ArrayInFile]) -> SampleArrays:
    if set(arrays) == set(NUMBERED) and arrays["arr_1"].dtype.kind in "iu" and len(arrays["arr_1"].shape) == 1:
        return SampleArrays(arrays["arr_0"], arrays["arr_1"])
    label = next((name for name in LABELS if name in arrays), "")
    samples = [array for name, array in arrays.items() if name != label or len(arrays) == 1]
    if len(samples) != 1:
        names = ", ".join(name for name in arrays if name != label) or "none"
        raise ValueError(
            f"{path} must hold one array of samples and, if there are labels, one array 'labels'; besides 'labels' it "
            f"holds: {names}"
        )
    return SampleArrays(samples[0], arrays[label] if label and len(arrays) > 1 else None)


def _parts(arrays: Mapping[str, ArrayInFile]) -> dict[str, SampleArrays]:
    """Return samples and classes by part, in the order of training, validation and test."""
    return {
        part: SampleArrays(arrays[samples.format(part)], arrays.get(labels.format(part)))
        for part in PARTS
        for samples, labels in PART_LAYOUTS
        if samples.format(part) in arrays
    }
