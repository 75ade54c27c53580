"""Photographs that scikit-learn ships, cut into distinct parts, and copies of them as they occur in folders."""

from collections.abc import Callable, Mapping
from io import BytesIO
from random import Random

from PIL import Image, ImageOps
from sklearn.datasets import load_sample_images

Copy = Callable[[Image.Image, Random], Image.Image]


def crop(image: Image.Image, random: Random) -> Image.Image:
    """Keep 80 to 90 % of the sides, at any place."""
    kept = random.uniform(0.8, 0.9)
    width, height = (round(side * kept) for side in image.size)
    left, top = random.randint(0, image.width - width), random.randint(0, image.height - height)
    return image.crop((left, top, left + width, top + height))


def mirror(image: Image.Image, random: Random) -> Image.Image:
    return ImageOps.mirror(image)


def compress(image: Image.Image, random: Random) -> Image.Image:
    file = BytesIO()
    image.save(file, "JPEG", quality=30)
    return Image.open(file).convert("RGB")


def brighten(image: Image.Image, random: Random) -> Image.Image:
    factor = random.choice((0.95, 1.05))
    return image.point(lambda value: min(255, round(value * factor)))


def crop_and_mirror(image: Image.Image, random: Random) -> Image.Image:
    return crop(mirror(image, random), random)


COPIES: Mapping[str, Copy] = {
    "crop": crop,
    "mirror": mirror,
    "compress": compress,
    "brighten": brighten,
    "crop and mirror": crop_and_mirror,
}


def photograph_parts(side: int) -> list[Image.Image]:
    """Return the squares of a grid over both photographs, without overlap."""
    squares = []
    for pixels in load_sample_images().images:
        photograph = Image.fromarray(pixels)
        for top in range(0, photograph.height - side + 1, side):
            for left in range(0, photograph.width - side + 1, side):
                squares.append(photograph.crop((left, top, left + side, top + side)))
    return squares
