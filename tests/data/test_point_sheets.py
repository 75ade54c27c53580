"""Sample sheets of points: the density is scipy's, samples are where their coordinates say, ticks are round numbers."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from ganlab.data import Ring
from ganlab.data.point_sheets import BINS, BOX, SMOOTHING, Density, scatter
from ganlab.data.point_sheets import _ticks as ticks

ORANGE = np.array([228, 87, 46])


def corner(x: float, y: float) -> torch.Tensor:
    return torch.tensor([[x, y]])


def painted(sheet) -> np.ndarray:
    """Return where the pixels of the axes are closer to the samples' colour than to any blue."""
    pixels = np.asarray(sheet).astype(int)[BOX[1] : BOX[3], BOX[0] : BOX[2]]
    return pixels[..., 0] - pixels[..., 2] > 60


@pytest.fixture(scope="module")
def unit_square():
    return Density(torch.tensor([[-1.0, -1.0], [1.0, 1.0]]))


def test_the_density_is_a_gaussian_filter_of_the_histogram() -> None:
    points = Ring().reference(5000).sample
    density = Density(points)
    left, right, bottom, top = density.extent
    counts, _, _ = np.histogram2d(*points.numpy().T, BINS, [(left, right), (bottom, top)])
    assert np.abs(density.heights - gaussian_filter(counts.T, SMOOTHING)).max() < 1e-12


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (-1.0, 1.0), (0.9, -0.3)])
def test_a_sample_is_painted_at_its_place(unit_square, x: float, y: float) -> None:
    rows, columns = np.nonzero(painted(scatter(corner(x, y), unit_square)))
    left, right, bottom, top = unit_square.extent
    width = BOX[2] - BOX[0]
    assert columns.mean() + 0.5 == pytest.approx((x - left) / (right - left) * width, abs=0.5)
    assert rows.mean() + 0.5 == pytest.approx((top - y) / (top - bottom) * width, abs=0.5)


def test_samples_on_one_another_are_darker_and_their_order_is_of_no_matter(unit_square) -> None:
    one, many = scatter(corner(0, 0), unit_square), scatter(corner(0, 0).repeat(9, 1), unit_square)
    middle = ((BOX[0] + BOX[2]) // 2, (BOX[1] + BOX[3]) // 2)
    distances = [np.abs(np.array(sheet.getpixel(middle)) - ORANGE).sum() for sheet in (one, many)]
    assert distances[1] <= 3 < distances[0]
    points = torch.rand(50, 2, generator=torch.Generator().manual_seed(0))
    assert scatter(points, unit_square).tobytes() == scatter(points.flip(0), unit_square).tobytes()


def test_samples_at_the_border_and_outside_do_not_show_elsewhere(unit_square) -> None:
    right = unit_square.extent[1]
    _, columns = np.nonzero(painted(scatter(corner(right, 0.0), unit_square)))
    assert columns.min() > BOX[2] - BOX[0] - 10
    assert not painted(scatter(torch.tensor([[9.0, 9.0], [-9.0, 0.0], [torch.nan, 0.0]]), unit_square)).any()


def test_no_sample_at_all_is_a_sheet_of_the_density(unit_square) -> None:
    assert not painted(scatter(torch.zeros(0, 2), unit_square)).any()


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (-1.2, 1.2, ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
        (0, 60, ["0", "10", "20", "30", "40", "50", "60"]),
        (-0.01, 0.014, ["-0.010", "-0.005", "0.000", "0.005", "0.010"]),
        (-6.6, 8.1, ["-5.0", "-2.5", "0.0", "2.5", "5.0", "7.5"]),
    ],
)
def test_ticks_are_round_numbers(low: float, high: float, labels: list[str]) -> None:
    values, written = zip(*ticks(low, high), strict=True)
    assert list(written) == labels
    assert [float(label) for label in labels] == pytest.approx(values)


def test_drawing_imports_neither_matplotlib_nor_scipy() -> None:
    program = """
import sys
import ganlab.commands
from ganlab.data import Digits, Ring
Ring().sample_sheet(Ring().reference(9).sample)
Digits(resolution=8).sample_sheet(Digits(resolution=8).decode(__import__("torch").zeros(4, 1, 8, 8)))
print([name for name in ("matplotlib", "scipy.ndimage", "scipy.signal") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
