from collections.abc import Iterator

import torch
from support.metric_sources import Pictures, Points

from ganlab.features import Identity
from ganlab.features.random_convolution import RandomConvolution
from ganlab.metrics import Authenticity, Evaluator, Samples
from ganlab.metrics.scoring.neighbours import find_neighbour_images
from ganlab.metrics.scoring.samples import ScoredBatch


def samples(values: list[float], image: bool = True, size: int = 2) -> Samples:
    table = torch.tensor(values)[:, None]
    table = table.to(torch.uint8)[:, :, None, None].expand(-1, 1, size, size) if image else table

    def batches(first: int, stride: int) -> Iterator[ScoredBatch]:
        return (ScoredBatch(table[start : start + 2]) for start in range(2 * first, len(table), 2 * stride))

    return Samples(batches, len(table))


def test_each_generated_image_is_followed_by_its_nearest_training_images() -> None:
    space = Identity(Pictures(shape=(1, 2, 2)))
    evaluator = Evaluator(space, {"authenticity": Authenticity(space)}, {"train": samples([10, 20, 30, 40])}, 2)
    sheet = find_neighbour_images(evaluator, samples([19, 33, 50]), rows=2, count=3)
    assert sheet is not None
    assert (sheet.dtype, sheet.shape) == (torch.uint8, (2, 4, 1, 2, 2))
    assert sheet[:, :, 0, 0, 0].tolist() == [[19, 20, 10, 30], [33, 30, 40, 20]]
    more = find_neighbour_images(evaluator, samples([19, 33]), rows=8, count=9)
    assert more is not None
    assert more.shape == (2, 5, 1, 2, 2)


def test_none_without_images_or_without_a_metric_of_training_samples() -> None:
    plane = Identity(Points(width=1))
    points = Evaluator(plane, {"authenticity": Authenticity(plane)}, {"train": samples([1, 2], image=False)}, 2)
    assert find_neighbour_images(points, samples([1.0], image=False), rows=1, count=1) is None
    space = Identity(Pictures(shape=(1, 2, 2)))
    assert find_neighbour_images(Evaluator(space, {}, {}, 2), samples([1.0]), rows=1, count=1) is None


def test_none_if_generated_and_training_images_have_different_shapes() -> None:
    space = RandomConvolution(Pictures(shape=(1, 2, 2)))
    evaluator = Evaluator(space, {"authenticity": Authenticity(space)}, {"train": samples([10, 20], size=4)}, 2)
    assert find_neighbour_images(evaluator, samples([19, 33], size=8), rows=2, count=1) is None
