"""Sheets of points: the density is scipy's, samples are where their coordinates say, modes are marked and counted."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from ganlab.data import Grid, Moons, Ring
from ganlab.kinds import PointKind, Sheet
from ganlab.kinds.density import BINS, SMOOTHING, Density, rgb
from ganlab.kinds.lettering import wrap
from ganlab.kinds.point import BELOW, CLASS_COLOURS, FOUND, LEFT, MISSED, SIDE, PointBackdrop

ORANGE = np.array([228, 87, 46])
KIND = PointKind()


def corner(x: float, y: float) -> torch.Tensor:
    return torch.tensor([[x, y]])


def axes(picture) -> np.ndarray:
    """Return the pixels inside of the axes."""
    return np.asarray(picture).astype(int)[-BELOW - SIDE : -BELOW, LEFT : LEFT + SIDE]


def painted(picture) -> np.ndarray:
    """Return where the pixels of the axes are closer to the samples' colour than to any blue."""
    pixels = axes(picture)
    return pixels[..., 0] - pixels[..., 2] > 60


def near(picture, colour: str) -> int:
    """Return how many pixels have about this colour."""
    return int((np.abs(axes(picture) - rgb(colour)).sum(-1) < 12).sum())


def first_line(monkeypatch, sheet, backdrop=None) -> list[str]:
    lines = []
    monkeypatch.setattr("ganlab.kinds.point.add_header", lambda picture, facts: lines.extend(facts) or picture)
    KIND.draw(sheet, backdrop)
    return lines


@pytest.fixture(scope="module")
def unit_square():
    return PointBackdrop(Density(torch.tensor([[-1.0, -1.0], [1.0, 1.0]])))


def test_the_density_is_a_gaussian_filter_of_the_histogram() -> None:
    points = Ring().reference(5000).sample
    density = Density(points)
    left, right, bottom, top = density.extent
    counts, _, _ = np.histogram2d(*points.numpy().T, BINS, [(left, right), (bottom, top)])
    assert np.abs(density.heights - gaussian_filter(counts.T, SMOOTHING)).max() < 1e-12


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (-1.0, 1.0), (0.9, -0.3)])
def test_a_sample_is_painted_at_its_place(unit_square, x: float, y: float) -> None:
    rows, columns = np.nonzero(painted(KIND.draw(Sheet(corner(x, y)), unit_square)))
    left, right, bottom, top = unit_square.density.extent
    assert columns.mean() + 0.5 == pytest.approx((x - left) / (right - left) * SIDE, abs=0.5)
    assert rows.mean() + 0.5 == pytest.approx((top - y) / (top - bottom) * SIDE, abs=0.5)


def test_samples_on_one_another_are_darker_and_their_order_is_of_no_matter(unit_square) -> None:
    one, many = (KIND.draw(Sheet(corner(0, 0).repeat(count, 1)), unit_square) for count in (1, 9))
    distances = [np.abs(axes(sheet)[SIDE // 2, SIDE // 2] - ORANGE).sum() for sheet in (one, many)]
    assert distances[1] <= 3 < distances[0]
    points = torch.rand(50, 2, generator=torch.Generator().manual_seed(0))
    first, second = (KIND.draw(Sheet(each), unit_square).tobytes() for each in (points, points.flip(0)))
    assert first == second


def test_samples_at_the_border_and_outside_do_not_show_elsewhere(unit_square, monkeypatch) -> None:
    right = unit_square.density.extent[1]
    _, columns = np.nonzero(painted(KIND.draw(Sheet(corner(right, 0.0)), unit_square)))
    assert columns.min() > SIDE - 10
    outside = Sheet(torch.tensor([[9.0, 9.0], [-9.0, 0.0], [torch.nan, 0.0]]))
    assert not painted(KIND.draw(outside, unit_square)).any()
    assert first_line(monkeypatch, outside, unit_square) == ["3 samples", "3 outside the axes"]


def test_no_sample_at_all_is_a_sheet_of_the_density(unit_square) -> None:
    assert not painted(KIND.draw(Sheet(torch.zeros(0, 2)), unit_square)).any()


def test_modes_are_found_by_a_sample_within_three_standard_deviations(monkeypatch) -> None:
    data = Grid()
    inside, outside = (data.modes[:24] + torch.tensor([factor * data.sigma, 0.0]) for factor in (2.99, 3.01))
    for samples, found in ((data.modes, 25), (inside, 24), (outside, 0), (torch.full((3, 2), torch.nan), 0)):
        facts = first_line(monkeypatch, Sheet(samples), data.backdrop)
        assert facts[1] == f"{found} of 25 modes found"
        picture = data.kind.draw(Sheet(samples), data.backdrop)
        assert (near(picture, FOUND) > 50) == (found > 0)
        assert (near(picture, MISSED) > 50) == (found < 25)


def test_a_mode_is_marked_at_its_place() -> None:
    data = Ring(modes=1)
    picture = data.draw_sheet(Sheet(torch.tensor([[1.05, 0.0]])))
    rows, columns = np.nonzero(np.abs(axes(picture) - rgb(MISSED)).sum(-1) < 12)
    left, right, bottom, top = data.backdrop.density.extent
    assert columns.mean() == pytest.approx((1 - left) / (right - left) * SIDE, abs=1)
    assert rows.mean() == pytest.approx(top / (top - bottom) * SIDE, abs=1)


def test_classes_have_their_own_colours() -> None:
    data = Moons(labels=True)
    labels = torch.tensor([0, 1]).repeat_interleave(200)
    picture = data.draw_sheet(Sheet(torch.tensor([[-1.0, -1.0], [2.0, -1.0]])[labels], labels=labels))
    place = {colour: np.nonzero(np.abs(axes(picture) - rgb(colour)).sum(-1) < 12)[1] for colour in CLASS_COLOURS[:2]}
    first, second = place.values()
    assert len(first) > 10
    assert first.max() < second.min()
    assert near(data.draw_sheet(Sheet(data.reference(300).sample)), CLASS_COLOURS[1]) == 0


def test_points_of_more_dimensions_show_the_first_two(monkeypatch) -> None:
    points = torch.rand(40, 5, generator=torch.Generator().manual_seed(0))
    assert KIND.draw(Sheet(points)).size == KIND.draw(Sheet(points[:, :2])).size
    assert np.array_equal(axes(KIND.draw(Sheet(points))), axes(KIND.draw(Sheet(points[:, :2]))))
    assert first_line(monkeypatch, Sheet(points)) == ["40 samples", "coordinates 1 and 2 of 5"]


def test_the_axes_do_not_depend_on_the_samples() -> None:
    data = Ring()
    close, far = data.sample_sheet(data.modes), data.sample_sheet(data.modes * 100)
    assert data.backdrop.density.extent == pytest.approx((-1.23, 1.23, -1.23, 1.23), abs=0.05)
    numbers = [np.asarray(picture)[-BELOW:] for picture in (close, far)]
    assert np.array_equal(*numbers)


def test_the_legend_and_the_title_end_before_the_border() -> None:
    data = Ring(modes=8, labels=True)
    samples = torch.cat([data.modes, torch.full((1, 2), 50.0)])
    sheet = Sheet(samples, "generated samples", "step 100,000,000", torch.arange(9) % 8)
    picture = np.asarray(data.draw_sheet(sheet).convert("L"))
    assert (picture[: -BELOW - SIDE - 2, -4:] == 255).all()
    assert len(wrap(sheet.facts("8 of 8 modes found", "1 outside the axes"), 640)) == 1


def test_drawing_imports_neither_matplotlib_nor_scipy() -> None:
    program = """
import sys
import torch
import ganlab.commands
from ganlab.data import Digits, Dirac, Ring, SineWaves
for data in (Ring(), Digits(resolution=8), Dirac(), SineWaves()):
    data.sample_sheet(data.decoded_samples(9).sample)
print([name for name in ("matplotlib", "scipy.ndimage", "scipy.signal") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
