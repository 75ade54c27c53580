"""Files of pictures, written whole or not at all."""

from pathlib import Path

from PIL import Image

from ganlab.core.file_replacement import replaced


def save_picture(picture: Image.Image, path: Path) -> None:
    """Write a PNG in place of an earlier file of that name, which stays if writing fails."""
    with replaced(path) as file:
        picture.save(file, format="PNG")
