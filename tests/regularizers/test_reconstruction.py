"""The reconstruction term, with a discriminator whose maps are the image itself."""

import pytest
import torch
from support.small_runs import QUIET, assert_same, go, state
from torch import nn

from ganlab.core.interfaces import DiscriminatorOutput, Spec
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.random import Random
from ganlab.regularizers import Reconstruction
from ganlab.regularizers.reconstruction import _quarters

IMAGES = torch.rand(6, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1


def term_for(*shapes: tuple[int, int, int], size: int = 16) -> Reconstruction:
    term = Reconstruction()
    term.build_on_maps(Spec((3, size, size)), shapes)
    return term


def view_of(images: torch.Tensor, *maps: torch.Tensor, random: Random | None = None) -> BatchView:
    output = DiscriminatorOutput(torch.zeros(len(images)), (*maps, torch.zeros(len(images), 2)), {"input": images})
    return BatchView(
        real=torch.full_like(images, 9.0),  # the term must read what the discriminator received
        generate=lambda: images,
        discriminator=lambda samples: output,
        player="discriminator",
        random=random or Random(1).seek(3),
    )


def test_quarters_are_cut_per_image() -> None:
    parts = _quarters(IMAGES, torch.tensor([0, 1, 2, 3, 0, 3]))
    assert parts.shape == (6, 3, 8, 8)
    corners = ((0, 0), (0, 8), (8, 0), (8, 8), (0, 0), (8, 8))
    for image, part, (top, left) in zip(IMAGES, parts, corners, strict=True):
        assert torch.equal(part, image[:, top : top + 8, left : left + 8])


def test_the_error_is_that_of_the_decoded_images_at_half_the_size() -> None:
    whole = nn.functional.avg_pool2d(IMAGES, 2)
    term = term_for((3, 8, 8), (3, 16, 16))
    term.decoders = nn.ModuleList([nn.Identity(), nn.Identity()])
    # The first maps are the whole image at half the size, off by 0.25; of the second ones, a quarter is compared.
    torch.testing.assert_close(term.penalty(view_of(IMAGES, whole + 0.25, IMAGES)), torch.full((6,), 0.125))
    term = term_for((3, 8, 8), (3, 16, 16))
    term.decoders = nn.ModuleList([nn.Identity(), nn.Identity()])
    torch.testing.assert_close(term.penalty(view_of(IMAGES, whole, IMAGES - 0.5)), torch.full((6,), 0.25))


def test_microbatches_cut_the_quarters_of_the_whole_batch() -> None:
    term = term_for((3, 8, 8), (3, 16, 16))
    term.decoders = nn.ModuleList([nn.Identity(), nn.Identity()])
    maps = (torch.zeros(6, 3, 8, 8), torch.zeros(6, 3, 16, 16))
    together = term.penalty(view_of(IMAGES, *maps, random=Random(5).seek(2)))
    parts = [
        term.penalty(view_of(IMAGES[rows], *(map[rows] for map in maps), random=Random(5).seek(2, part, 2)))
        for part, rows in enumerate((slice(0, 3), slice(3, 6)))
    ]
    torch.testing.assert_close(torch.cat(parts), together)


def test_decoders_fit_the_maps_and_are_trained() -> None:
    term = term_for((4, 16, 16), (8, 8, 8), (5, 8, 8), size=64)
    maps = [torch.randn(6, *shape, requires_grad=True) for shape in ((4, 16, 16), (8, 8, 8), (5, 8, 8))]
    images = torch.rand(6, 3, 64, 64)
    term.penalty(view_of(images, *maps)).sum().backward()
    assert all(values.grad is not None and values.grad.abs().sum() > 0 for values in maps)
    assert all(weight.grad is not None for weight in term.parameters())


def test_a_discriminator_without_maps_is_refused(tmp_path) -> None:
    with pytest.raises(
        ValueError, match=r"regularizer\.reconstruction requires the discriminator's feature maps, which"
    ):
        go(tmp_path / "run", *QUIET, "data=digits", "regularizer=[reconstruction]", "iterations=1")
    with pytest.raises(ValueError, match="width must be at least 1, got 0"):
        Reconstruction(width=0)


def test_resuming_gives_the_same_decoders(tmp_path) -> None:
    small = [*QUIET, "data=digits", "data.resolution=16", "trainer=smoke", "generator=fastgan", "generator.width=2"]
    small += ["discriminator=fastgan", "discriminator.width=2", "regularizer=[reconstruction]", "augment=diffaugment"]
    go(tmp_path / "whole", *small, "iterations=4")
    go(tmp_path / "cut", *small, "iterations=2")
    go(tmp_path / "cut", *small, "iterations=4")
    assert_same(state(tmp_path / "cut"), state(tmp_path / "whole"))
