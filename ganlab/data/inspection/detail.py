"""How much detail is lost by reducing the originals to the resolution, measured by enlarging them again."""

from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageOps

from ganlab.core.progress import progress
from ganlab.core.random import derive
from ganlab.data.image import ImageDataSet
from ganlab.data.inspection.files import OriginalFiles
from ganlab.data.inspection.finding import Finding, Severity, percent
from ganlab.data.readers.decode_image import ImageDecoder, open_image, without_pillow_limits
from ganlab.data.readers.frame_names import file_of

SAMPLE = 64  # images that are measured
LARGEST = 512  # pixels on a side: larger originals are reduced first
RESOLUTIONS = (16, 32, 64, 128, 256)
MUCH_LOST = 0.1  # share of the variance


def measure_lost_detail(data: ImageDataSet, files: OriginalFiles) -> Mapping[int, float]:
    """Return, by resolution, the mean share of the variance that is lost; empty without images that are larger."""
    generator = np.random.default_rng(derive("detail"))
    chosen = generator.permutation(len(files))[:SAMPLE]
    lost: dict[int, list[float]] = {}
    assert data.archive is not None
    with without_pillow_limits():
        for row in progress(sorted(chosen.tolist()), "measuring detail", "image"):
            with open_image(data.archive.read(file_of(files.names[row]))) as image:
                side = min(*image.size, LARGEST)
                if side <= RESOLUTIONS[0]:
                    continue
                square = _to_square(image, side)
            for resolution in RESOLUTIONS:
                lost.setdefault(resolution, []).append(_lost_share(square, resolution))
    return {resolution: float(np.mean(values)) for resolution, values in lost.items()}


def find_lost_detail(lost: Mapping[int, float], size: tuple[int, int]) -> list[Finding]:
    """Return a note on what the resolution loses and what others would."""
    if not lost:
        return []
    nearest = min(lost, key=lambda resolution: abs(resolution - min(size)))
    listed = ", ".join(f"{percent(share)} at {resolution}" for resolution, share in lost.items())
    share = lost[nearest]
    severity = Severity.WARNING if share > MUCH_LOST else Severity.NOTE
    sentence = f"reducing loses this share of the images' contrast as detail: {listed} pixels"
    facts = {"lost": {str(resolution): round(value, 5) for resolution, value in lost.items()}}
    better = [resolution for resolution, value in lost.items() if value <= MUCH_LOST and resolution > min(size)]
    settings = (f"data.resolution={better[0]}",) if severity == Severity.WARNING and better else ()
    return [Finding("detail", severity, share, sentence, settings, facts=facts)]


def _to_square(image: Image.Image, side: int) -> Image.Image:
    white = ImageDecoder((4, 4), 3, "crop", image.width * image.height, (0.0, 65535.0))
    return ImageOps.fit(white.convert(image), (side, side), Image.Resampling.BICUBIC)


def _lost_share(image: Image.Image, resolution: int) -> float:
    if resolution >= image.width:
        return 0.0
    reduced = image.resize((resolution, resolution), Image.Resampling.BICUBIC)
    again = np.asarray(reduced.resize(image.size, Image.Resampling.BICUBIC), np.float64)
    original = np.asarray(image, np.float64)
    return float(((original - again) ** 2).mean() / max(original.var(), 1.0))
