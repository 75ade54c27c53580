"""Colour emoji from a font: thousands of small colour pictures without a download."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ganlab.data.image import ImageDataSet
from ganlab.data.readers.bitmap_font import read_bitmap_glyphs
from ganlab.data.readers.download import find_folder
from ganlab.data.readers.image_storage import InMemoryImages

FILE = "NotoColorEmoji.ttf"
FOLDERS = ("/usr/share/fonts/truetype/noto", "/usr/share/fonts/noto", "/usr/share/fonts/google-noto-emoji")
SMALLEST = 8  # pixels on a side


class Emoji(ImageDataSet):
    """The distinct pictures of Noto Color Emoji, on white, at most 136 pixels of detail on a side.

    Debian 12's font has 3,916 of them; variants of one person in other skin colours count as distinct, so a picture of
    the report split often resembles one for training. `path` is the font or its folder; None searches the folders in
    which Linux distributions install it, then `data_root`. Raises ValueError if the font is missing or has no colour
    bitmaps, and for a resolution below 8.
    """

    channels = 3

    def __init__(
        self,
        data_root: str,
        path: str | None = None,
        resolution: int = 32,
        flip: bool = False,
        validation: float = 0.1,
        test: float = 0.1,
        limit: int = 0,
        duplicates: str = "keep",
    ) -> None:
        if resolution < SMALLEST:
            raise ValueError(f"resolution must be at least {SMALLEST}, got {resolution}")
        images = _read_distinct(_find_font(data_root, path), resolution)
        super().__init__(
            InMemoryImages(images),
            None,
            0,
            len(images),
            conditional=False,
            flip=flip,
            validation=validation,
            test=test,
            limit=limit,
            duplicates=duplicates,
        )

    @classmethod
    def complete_settings(cls, settings: dict[str, object]) -> dict[str, object]:
        """Return the settings, with the constructor's defaults for those that are left out; there are no labels."""
        return super().complete_settings(settings) | {"labels": False}


def _find_font(data_root: str, path: str | None) -> Path:
    """Return the font's file; raises ValueError if there is none."""
    if path is not None:
        file = Path(path).expanduser()
        file = file / FILE if file.is_dir() else file
        if not file.is_file():
            raise ValueError(f"path must be {FILE} or its folder, got {path}")
        return file
    root = Path(data_root).expanduser()
    folder = find_folder([FILE], [*map(Path, FOLDERS), root / "emoji", root])
    if folder is None:
        raise ValueError(
            f"{FILE} is not on this machine: install the package fonts-noto-color-emoji (Debian, Ubuntu), or set "
            "data.path to the file"
        )
    return folder / FILE


def _read_distinct(path: Path, resolution: int) -> Tensor:
    """Return each distinct picture once, in the font's order: uint8 (n, 3, resolution, resolution)."""
    images = {image.tobytes(): image for image in read_bitmap_glyphs(path, resolution)}
    return torch.from_numpy(np.stack(list(images.values()))).permute(0, 3, 1, 2).contiguous()
