"""The worst findings that take next to no time, printed before training."""

from hashlib import sha256

import torch
from torch import Tensor

from ganlab.data.dataset import DataSet
from ganlab.data.duplicates.search import NearDuplicates
from ganlab.data.duplicates.stored import load_near_duplicates
from ganlab.data.image import ImageDataSet
from ganlab.data.inspection.colour import find_grey
from ganlab.data.inspection.files import survey_files
from ganlab.data.inspection.finding import Finding, Severity, worst_first
from ganlab.data.inspection.fit import find_cut, find_enlarged
from ganlab.data.inspection.plain import find_blank
from ganlab.data.inspection.repeated import find_repeated
from ganlab.data.inspection.statistics import ImageStatistics, measure_images
from ganlab.data.splits import seeded_permutation

LINES = 3
MOST_BYTES = 1 << 28  # of all pixels: more takes seconds
MOST_MEASURED, MOST_FILES = 1000, 200  # images and headers
LEAST_PASSES = 20  # over the data: a pass of training takes far longer than a look
ADVICE = "look at them with ganlab inspect and the same settings"


def quick_lines(data: DataSet, samples: int) -> list[str]:
    """Return at most three lines about the data of a run on `samples` real samples, worst first.

    There are none for data other than images in memory, or if the look would take a noticeable share of the run.
    """
    if not isinstance(data, ImageDataSet) or data.needs_workers:
        return []
    count = len(data.images)
    if samples < LEAST_PASSES * count or count * torch.Size(data.images.shape).numel() > MOST_BYTES:
        return []
    findings = [finding for finding in worst_first(_find(data)) if finding.severity >= Severity.WARNING]
    lines = [f"{finding.severity.name.lower()}: {finding.sentence}" for finding in findings[:LINES]]
    return [*lines[:-1], f"{lines[-1]} ({ADVICE})"] if lines else []


def _find(data: ImageDataSet) -> list[Finding]:
    measured = measure_images(data, seeded_permutation(len(data.images), "look")[:MOST_MEASURED].sort().values)
    findings = [*find_blank(measured), *find_grey(measured)]
    if data.duplicates_dropped is None:
        found = load_near_duplicates(data.images) or _equal_images(data)
        findings += find_repeated(_all_rows(data), found)
    files = survey_files(data, MOST_FILES)
    if files is not None and len(files):
        _, height, width = data.images.shape
        findings += [*find_cut(files, (height, width), data.fit), *find_enlarged(files, (height, width))]
    return findings


def _all_rows(data: ImageDataSet) -> ImageStatistics:
    """Return statistics that only name the images."""
    nothing = torch.empty(0)
    return ImageStatistics(data, torch.arange(len(data.images)), nothing, nothing, nothing, nothing)


def _equal_images(data: ImageDataSet) -> NearDuplicates:
    """Return each image with the first one that has the same pixels."""
    first: dict[bytes, int] = {}
    pairs = list[tuple[int, int]]()
    for part in torch.arange(len(data.images)).split(1024):
        for row, image in zip(part.tolist(), data.images.take(part).numpy(), strict=True):
            earlier = first.setdefault(sha256(image.data).digest(), row)
            if earlier != row:
                pairs.append((earlier, row))
    table: Tensor = torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2)
    return NearDuplicates(table, torch.ones(len(pairs)), torch.zeros(len(pairs), dtype=torch.bool), 1.0)
