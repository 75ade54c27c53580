"""The inspection of a set of images: everything that is found, worst first, and the advice that follows."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from omegaconf import DictConfig, open_dict

from ganlab.analysis.inspection.advice import Advice, advise
from ganlab.analysis.inspection.neighbours import find_contradicted, find_neighbours, find_outliers
from ganlab.analysis.inspection.pace import measure_pace, pace_text
from ganlab.analysis.inspection.pair_targets import PairTargets
from ganlab.analysis.inspection.spaces import choose_features
from ganlab.augments import Identity
from ganlab.config.targets import instantiate
from ganlab.core.errors import UserError
from ganlab.data.dataset import SPLITS
from ganlab.data.duplicates.search import find_near_duplicates
from ganlab.data.image import ImageDataSet
from ganlab.data.image_pairs import ImagePairs
from ganlab.data.inspection.colour import find_grey
from ganlab.data.inspection.detail import find_lost_detail, measure_lost_detail
from ganlab.data.inspection.files import OriginalFiles, find_damaged, find_modes, survey_files
from ganlab.data.inspection.finding import Finding, worst_first
from ganlab.data.inspection.fit import find_cut, find_enlarged
from ganlab.data.inspection.plain import find_blank
from ganlab.data.inspection.repeated import find_repeated
from ganlab.data.inspection.statistics import measure_images
from ganlab.data.splits import seeded_permutation
from ganlab.training.build import build_data


@final
@dataclass(frozen=True)
class Examination:
    """What was found about a data set; `inspected` of its images were looked at."""

    data: ImageDataSet
    files: OriginalFiles | None
    inspected: int
    findings: list[Finding]
    advice: list[Advice]
    features: str
    seconds_per_step: float | None = None
    pace: str = ""  # a line about it

    def facts(self) -> dict[str, Any]:
        """Return counts, sizes and classes for report.json."""
        data = self.data
        facts: dict[str, Any] = {
            "images": len(data.images),
            "inspected": self.inspected,
            "splits": {name: len(data.split(name)) for name in SPLITS},
            "shape": list(data.images.shape),
            "features": self.features,
            "seconds_per_step": self.seconds_per_step,
            "fingerprint": data.fingerprint(),
        }
        if data.labels is not None:
            counts = data.labels.bincount(minlength=data.classes_available).tolist()
            names = data.class_names or [str(number) for number in range(len(counts))]
            facts["classes"] = dict(zip(names, counts, strict=True))
        if self.files is not None and len(self.files):
            facts["files"] = _describe_files(self.files)
        return facts


def examine(config: DictConfig, most: int, steps: int = 0) -> Examination:
    """Read the data of a composed configuration and look at no more than `most` images (0: all); changes nothing.

    Of pairs of images, the targets are looked at. `steps` training steps are timed. Files that cannot be read are
    listed. Raises UserError if the data are no images, or if there is none to read.
    """
    trained = _read(config)
    data = PairTargets(trained) if isinstance(trained, ImagePairs) else trained
    rows = _choose_rows(data, most)
    files = survey_files(data)
    statistics = measure_images(data, rows)
    try:
        features = choose_features(config, data)
        found = find_neighbours(statistics, features)
    except (ValueError, OSError, ImportError) as error:  # of features, with messages for the user
        raise UserError(f"features: {error}") from error
    pairs = find_near_duplicates(statistics.thumbnails, None if found is None else found.proposals())
    findings = [*find_blank(statistics), *find_repeated(statistics, pairs), *find_grey(statistics)]
    if found is not None:
        findings += [*find_contradicted(statistics, found), *find_outliers(statistics, found)]
    if files is not None:
        findings += _of_files(config, data, files)
    findings = worst_first(findings)
    is_augmented = not isinstance(instantiate(config.augment), Identity)
    advice = advise(data, files, found, findings, is_augmented)
    seconds = measure_pace(config, trained, steps)
    pace = "" if seconds is None else pace_text(config, seconds)
    return Examination(data, files, len(rows), findings, advice, features.name, seconds, pace)


def _read(config: DictConfig) -> ImageDataSet | ImagePairs:
    if "on_error" in config.data:
        with open_dict(config):
            config.data.on_error = "skip"  # damaged files are a finding
    data = build_data(config)
    if not isinstance(data, ImageDataSet | ImagePairs):
        raise UserError(f"data: {type(data).__name__} has no images, and ganlab inspect looks at images only")
    return data


def _choose_rows(data: ImageDataSet, most: int) -> torch.Tensor:
    """Return table indices in ascending order, at random if there are more than `most`."""
    count = len(data.images)
    chosen = seeded_permutation(count, "inspection")[: most or None] if most and most < count else torch.arange(count)
    return chosen.sort().values


def _of_files(config: DictConfig, data: ImageDataSet, files: OriginalFiles) -> list[Finding]:
    findings = find_damaged(files)
    if not len(files):
        return findings
    _, height, width = data.images.shape
    fit = str(config.data.get("fit", "crop"))
    findings += find_modes(files, data.images.shape[0])
    findings += find_cut(files, (height, width), fit) + find_enlarged(files, (height, width))
    return findings + find_lost_detail(measure_lost_detail(data, files), (height, width))


def _describe_files(files: OriginalFiles) -> dict[str, Any]:
    sizes, aspect = files.sizes, files.sizes[:, 0] / files.sizes[:, 1]
    return {
        "readable": len(files),
        "damaged": len(files.damaged),
        "width": _range(sizes[:, 0]),
        "height": _range(sizes[:, 1]),
        "aspect_ratio": _range(aspect),
        "modes": dict(Counter(files.modes).most_common()),
        "formats": dict(Counter(files.formats).most_common()),
    }


def _range(values: np.ndarray) -> list[float]:
    """Return the smallest, the median and the largest."""
    return [round(float(value), 3) for value in (values.min(), np.median(values), values.max())]
