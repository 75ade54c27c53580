"""Settings of one's own images that are found from the images: `data.resolution=auto` and others."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ganlab.data.image_classes import find_classes, known_classes
from ganlab.data.readers.archive import Archive
from ganlab.data.readers.file_list import FileList
from ganlab.data.readers.image_listing import list_images
from ganlab.data.readers.open import open_archive
from ganlab.data.readers.survey import COLOUR, survey

AUTO = "auto"
SIDES = (32, 64, 128, 256)  # pixels
LEAST_PER_CLASS = 10  # images; with fewer, a class is learned from almost nothing
FOUND = ("resolution", "channels", "labels")


def find_settings(settings: Mapping[str, Any], largest_side: int) -> dict[str, object]:
    """Return the values of the settings of `ImageFolder` that are "auto".

    The resolution is the largest of 32, 64, 128 and 256 that at least half of the images have on both sides, and at
    most `largest_side`; images smaller than 32 pixels are enlarged. Channels are 1 if all images are grey, else 3.
    Labels are true if the images have at least two classes, of ten images on average. Raises ValueError for a path
    without images.
    """
    wanted = [name for name in FOUND if settings.get(name) == AUTO]
    if not wanted:
        return {}
    archive = open_archive(settings["path"])
    files = list_images(archive, settings["path"])
    values: dict[str, object] = {}
    if "resolution" in wanted or "channels" in wanted:
        found = _find_shape(archive, files, settings["max_pixels"], largest_side)
        values |= {name: value for name, value in found.items() if name in wanted}
    if "labels" in wanted:
        values["labels"] = _has_classes(archive, files)
    return values


def _find_shape(archive: Archive, files: FileList, max_pixels: int, largest_side: int) -> dict[str, object]:
    facts = survey(archive, files.images, max_pixels).facts
    facts = facts[facts["frames"] > 0]  # without those that cannot be read, which are reported later
    if not len(facts):
        return {"resolution": SIDES[0], "channels": 3}
    side = float(np.median(np.minimum(facts["height"], facts["width"])))
    fitting = [each for each in SIDES if each <= min(side, largest_side)]
    return {"resolution": max(fitting, default=SIDES[0]), "channels": 3 if (facts["kind"] == COLOUR).any() else 1}


def _has_classes(archive: Archive, files: FileList) -> bool:
    names, numbers = find_classes(archive, files, files.images)
    enough = len(files.images) >= LEAST_PER_CLASS * len(names)
    return len(names) > 1 and enough and known_classes(names, numbers, files.images)
