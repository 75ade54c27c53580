import pytest
import torch

from ganlab.corruptions.filling import fill_by_diffusion
from ganlab.layers.hole_filling import fill_smoothly


def ramp(height, width):
    rows, columns = torch.meshgrid(torch.linspace(-0.5, 0.5, height), torch.linspace(-0.4, 0.4, width), indexing="ij")
    return (rows + columns).expand(1, 2, height, width)


def hidden(images, rows, columns):
    visible = torch.ones_like(images[:, :1])
    visible[..., rows, columns] = 0
    return visible


@pytest.mark.parametrize(("height", "width"), [(24, 24), (21, 38), (5, 9)])
def test_a_ramp_is_continued_and_visible_pixels_are_kept(height, width):
    images = ramp(height, width)
    visible = hidden(images, slice(height // 3, height // 2), slice(width // 3, width // 2))
    filled = fill_smoothly(images * visible + 7 * (1 - visible), visible)
    assert torch.equal(filled[visible.expand_as(filled) > 0], images[visible.expand_as(filled) > 0])
    assert (filled - images).abs().max() < 0.06


def test_a_large_hole_is_close_to_the_solution_of_the_heat_equation():
    images = ramp(48, 48).sin() + ramp(48, 48).square()
    visible = hidden(images, slice(10, 38), slice(12, 36))
    filled = fill_smoothly(images, visible)
    converged = fill_by_diffusion(torch.cat([images, 2 * visible - 1], 1))
    assert (filled - converged).abs().max() < 0.05


def test_filled_values_are_between_the_lowest_and_the_highest_visible_ones():
    images = torch.rand(3, 1, 20, 20, generator=torch.Generator().manual_seed(0))
    visible = (torch.rand(3, 1, 20, 20, generator=torch.Generator().manual_seed(1)) < 0.1).float()
    filled = fill_smoothly(images, visible)
    for image, shown, made in zip(images, visible, filled, strict=True):
        assert image[shown > 0].min() <= made.min()
        assert made.max() <= image[shown > 0].max()


def test_an_image_without_a_visible_pixel_becomes_grey():
    images = torch.ones(1, 3, 8, 8)
    assert not fill_smoothly(images, torch.zeros(1, 1, 8, 8)).any()
