"""The overrides that compose an experiment; those for one's own images have a folder of small pictures."""

from pathlib import Path
from tempfile import mkdtemp

import numpy as np
from PIL import Image

from ganlab.config import conf_directory

FOLDER: list[Path] = []  # made once per process


def recipe_lines(name: str) -> list[str]:
    """Return `experiment=NAME`, with the path of a folder if the experiment reads one."""
    text = (conf_directory() / "experiment" / f"{name}.yaml").read_text()
    return [f"experiment={name}", *([f"data.path={_pictures()}"] if "override /data: image_folder" in text else [])]


def _pictures() -> Path:
    if not FOLDER:
        FOLDER.append(Path(mkdtemp(prefix="pictures_")))
        numbers = np.random.default_rng(0)
        for index in range(60):
            Image.fromarray(numbers.integers(0, 256, (40, 36, 3), np.uint8)).save(FOLDER[0] / f"{index:02}.png")
    return FOLDER[0]
