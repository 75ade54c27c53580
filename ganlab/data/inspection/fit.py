"""What fitting to the resolution loses: pixels that are cut off, and images that are enlarged."""

import numpy as np

from ganlab.data.inspection.files import OriginalFiles
from ganlab.data.inspection.finding import Finding, Severity, count_text, percent

MUCH_CUT = 0.3  # share of an image's pixels: an aspect ratio of 1.43 on a square
EXTREME_CUT = 0.6  # an aspect ratio of 2.5
MUCH_ENLARGED = 1.25  # factor from which an image is visibly soft
FEW = 0.1  # share of images that may be cut or enlarged without a warning


def cut_shares(files: OriginalFiles, size: tuple[int, int]) -> np.ndarray:
    """Return the share of every image's pixels that data.fit=crop cuts off for a (height, width), shape (n,)."""
    aspect = files.sizes[:, 0] / files.sizes[:, 1] / (size[1] / size[0])
    return 1 - np.minimum(aspect, 1 / aspect)


def enlargements(files: OriginalFiles, size: tuple[int, int]) -> np.ndarray:
    """Return the factor by which every image is enlarged to fill (height, width), below 1 if it is reduced; (n,)."""
    return np.maximum(size[1] / files.sizes[:, 0], size[0] / files.sizes[:, 1])


def find_cut(files: OriginalFiles, size: tuple[int, int], fit: str) -> list[Finding]:
    """Return a finding if cropping cuts much off some images."""
    cut = cut_shares(files, size)
    much = cut > MUCH_CUT
    if fit != "crop" or not much.any():
        return []
    order = np.flatnonzero(much)[cut[much].argsort(kind="stable")[::-1]]
    worst, share = int(order[0]), float(much.mean())
    width, height = files.sizes[worst]
    severity = Severity.WARNING if share > FEW or cut[worst] > EXTREME_CUT else Severity.NOTE
    most = f"{files.names[worst]} ({width} by {height}, {percent(float(cut[worst]))})"
    sentence = (
        f"cropping cuts off {percent(float(cut.mean()))} of the pixels on average, and more than {percent(MUCH_CUT)} "
        f"of {count_text(int(much.sum()), 'image')}, most of {most}"
    )
    lines = tuple(f"{files.names[row]}: {percent(float(cut[row]))} cut off" for row in order.tolist())
    facts = {"mean_cut": float(cut.mean()), "largest_cut": float(cut.max())}
    rows, title = files.rows[order], "from which cropping cuts off most, as they are trained on"
    return [Finding("cut", severity, share, sentence, ("data.fit=pad",), rows, 0, title, lines, facts)]


def find_enlarged(files: OriginalFiles, size: tuple[int, int]) -> list[Finding]:
    """Return a finding if images are smaller than the resolution."""
    factors = enlargements(files, size)
    much = factors > MUCH_ENLARGED
    if not much.any():
        return []
    order = np.flatnonzero(much)[factors[much].argsort(kind="stable")[::-1]]
    worst, share = int(order[0]), float(much.mean())
    width, height = files.sizes[worst]
    sentence = (
        f"smaller than the resolution: {count_text(int(much.sum()), 'image')} ({percent(share)}), most of all "
        f"{files.names[worst]} ({width} by {height}, enlarged {factors[worst]:.1f} times); enlarged images are soft"
    )
    lines = tuple(f"{files.names[row]}: enlarged {factors[row]:.2f} times" for row in order.tolist())
    severity = Severity.WARNING if share > FEW else Severity.NOTE
    settings = tuple(f"data.resolution={side}" for side in (fitting_resolution(files),) if side < min(size))
    facts = {"largest_enlargement": float(factors.max())}
    rows, title = files.rows[order], "that are enlarged most"
    return [Finding("enlarged", severity, share, sentence, settings, rows, 0, title, lines, facts)]


def fitting_resolution(files: OriginalFiles) -> int:
    """Return the largest power of two from 16 to 256 that enlarges at most a tenth of the images visibly."""
    fitting = [
        side for side in (16, 32, 64, 128, 256) if (enlargements(files, (side, side)) > MUCH_ENLARGED).mean() <= FEW
    ]
    return fitting[-1] if fitting else 16
