"""Advice on settings, from what was found about a set of images."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from ganlab.analysis.inspection.neighbours import SYMMETRIC, Neighbourhood
from ganlab.data.image import ImageDataSet
from ganlab.data.inspection.files import OriginalFiles
from ganlab.data.inspection.finding import Finding
from ganlab.data.inspection.fit import fitting_resolution

FEW = 5000  # training images below which discriminators learn them by heart (Karras et al. 2020)
BATCHES = {32: 64, 64: 64, 128: 32, 256: 16}  # by resolution: what fits 8 GB with the shipped networks
SMALLEST_EPOCH = 8  # batches


@final
@dataclass(frozen=True)
class Advice:
    """A setting, and why."""

    setting: str
    reason: str


def advise(
    data: ImageDataSet,
    files: OriginalFiles | None,
    found: Neighbourhood | None,
    findings: Sequence[Finding],
    is_augmented: bool,
) -> list[Advice]:
    """Return settings that can be pasted after `ganlab train`, each with its reason.

    `is_augmented` says whether the composed experiment augments what the discriminator sees.
    """
    advice = []
    resolution = min(data.images.shape[1:])
    if files is not None and len(files) and (fitting := fitting_resolution(files)) != resolution:
        cost = f"; a step takes about {(fitting / resolution) ** 2:g} times as long" if fitting > resolution else ""
        reason = f"the largest that enlarges at most a tenth of the images{cost}"
        advice.append(Advice(f"data.resolution={fitting}", reason))
        resolution = fitting
    named = {setting for each in advice for setting in (each.setting.partition("=")[0],)}
    for finding in findings:
        for setting in finding.settings:
            if setting.partition("=")[0] not in named:
                named.add(setting.partition("=")[0])
                advice.append(Advice(setting, f"see {finding.name}"))
    if found is not None and len(data) >= 100:
        symmetric = found.asymmetry <= SYMMETRIC
        text = f"mirror images are {found.asymmetry:.2f} times as far from the other images as the images are"
        advice.append(Advice(f"data.flip={str(symmetric).lower()}", text))
    if len(data) < FEW and not is_augmented:
        advice.append(
            Advice("augment=ada", f"{len(data):,} training images are few, and a discriminator memorises few")
        )
    size = next((size for side, size in BATCHES.items() if resolution <= side), 8)
    while size > 8 and len(data) < SMALLEST_EPOCH * size:
        size //= 2
    advice.append(Advice(f"batch_size={size}", f"for {resolution} pixels and {len(data):,} training images"))
    return advice
