"""Files of pictures, written whole or not at all."""

import os
from pathlib import Path

from PIL import Image


def save_picture(picture: Image.Image, path: Path) -> None:
    """Write a PNG in place of an earlier file of that name, which stays if writing fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.tmp")
    try:
        picture.save(draft, format="PNG")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
