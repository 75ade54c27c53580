"""Planted copies of photographs are found, and distinct pictures are not confused."""

from random import Random

import numpy as np
import pytest
import torch
from PIL import Image
from support.planted_duplicates import COPIES, photograph_parts

from ganlab.data import Digits
from ganlab.data.duplicates.alignment import align
from ganlab.data.duplicates.layouts import propose_pairs
from ganlab.data.duplicates.search import NearDuplicates, find_near_duplicates, reduce_images

SIDE = 142  # pixels of 24 distinct parts of two photographs


def to_table(images: list[Image.Image]) -> torch.Tensor:
    resized = [np.asarray(image.resize((64, 64), Image.Resampling.BICUBIC)) for image in images]
    return reduce_images(torch.from_numpy(np.stack(resized)).permute(0, 3, 1, 2), 32)


@pytest.fixture(scope="module")
def parts() -> list[Image.Image]:
    return photograph_parts(SIDE)


@pytest.fixture(scope="module")
def planted(parts: list[Image.Image]) -> tuple[int, NearDuplicates]:
    random = Random(0)
    images = [*parts, *(copy(part, random) for copy in COPIES.values() for part in parts)]
    return len(parts), find_near_duplicates(to_table(images))


@pytest.mark.parametrize("kind", [*COPIES])
def test_planted_copies_are_found_with_the_original_or_another_copy(planted, kind: str) -> None:
    count, found = planted
    first = (list(COPIES).index(kind) + 1) * count
    copies = set(range(first, first + count))
    right = {row for pair in found.pairs.tolist() for row in pair if pair[0] % count == pair[1] % count}
    assert len(copies & right) >= 0.95 * count


def test_distinct_pictures_are_no_duplicates(planted) -> None:
    count, found = planted
    wrong = {row for pair in found.pairs.tolist() for row in pair if pair[0] % count != pair[1] % count}
    assert len(wrong) <= 0.01 * count * (1 + len(COPIES))


def test_a_mirror_image_is_named_as_such(parts) -> None:
    table = to_table(parts[:6])
    found = find_near_duplicates(torch.cat([table, table[:1].flip(-1), table[1:2]]))
    pairs = {tuple(pair): bool(turned) for pair, turned in zip(found.pairs.tolist(), found.mirrored, strict=True)}
    assert pairs == {(0, 6): True, (1, 7): False}
    assert found.correlation.tolist() == pytest.approx([1, 1], abs=1e-5)


def test_the_bound_is_stricter_where_unrelated_pictures_are_alike(planted) -> None:
    data = Digits(validation=0, test=0)
    digits = reduce_images(data.images.take(torch.arange(300)), 32)
    found = find_near_duplicates(digits)
    assert planted[1].threshold == pytest.approx(0.96)
    assert found.threshold > 0.985
    assert len(found.pairs.unique()) <= 0.02 * len(digits)


def test_plain_images_are_only_equal_to_themselves() -> None:
    shades = torch.tensor([10, 10, 200], dtype=torch.uint8)
    found = find_near_duplicates(shades[:, None, None, None].expand(-1, 3, 32, 32).contiguous())
    assert found.pairs.tolist() == [[0, 1]]


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_images_have_no_pairs(count: int) -> None:
    assert len(find_near_duplicates(torch.zeros(count, 1, 32, 32, dtype=torch.uint8))) == 0


def test_pairs_do_not_depend_on_the_size_of_blocks() -> None:
    table = torch.randint(0, 256, (50, 1, 32, 32), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    assert torch.equal(propose_pairs(table, block=7), propose_pairs(table))


def test_the_correlation_of_a_shifted_part_is_that_of_its_overlap() -> None:
    noise = torch.randint(0, 256, (1, 3, 32, 38), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    table = torch.cat([noise[..., :32], noise[..., 6:]])
    correlation, mirrored = align(table, torch.tensor([[0, 1]]))
    assert correlation.item() > 0.98  # the border is smoothed
    assert not mirrored.item()
