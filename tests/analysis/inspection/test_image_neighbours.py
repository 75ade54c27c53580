"""Wrong labels and outliers, in the pixels of thumbnails."""

import torch

from ganlab.analysis.inspection.neighbours import find_contradicted, find_neighbours, find_outliers
from ganlab.analysis.inspection.spaces import Thumbnails
from ganlab.data import ImageDataSet
from ganlab.data.inspection.statistics import measure_images
from ganlab.data.readers.image_storage import InMemoryImages

WRONG, STRANGE = 7, 33


class Stripes(ImageDataSet):
    """Noisy horizontal (class 0) and vertical (class 1) stripes, one with the wrong label, and one other picture."""

    channels, classes = 1, 2

    def __init__(self, labels: bool = True) -> None:
        generator = torch.Generator().manual_seed(0)
        rows = torch.arange(16).expand(16, -1) // 2 % 2 * 160
        images = torch.stack([rows.T if number % 2 == 0 else rows for number in range(40)])[:, None].float()
        images += 60 * torch.rand(images.shape, generator=generator)
        images[STRANGE] = 255 * torch.rand(1, 16, 16, generator=generator).round()
        numbers = torch.arange(40) % 2
        numbers[WRONG] = 0
        table = InMemoryImages(images.to(torch.uint8))
        super().__init__(table, numbers, 2, 40, conditional=labels, flip=False, validation=0, limit=0)
        self.class_names = ["across", "down"]


def test_a_label_that_neighbours_contradict_and_an_outlier() -> None:
    data = Stripes()
    statistics = measure_images(data, torch.arange(40))
    found = find_neighbours(statistics, Thumbnails(data))
    assert found is not None
    (finding,) = find_contradicted(statistics, found)
    assert finding.images[0] == f"image {WRONG}: labelled across, 10 of 10 neighbours are down"
    assert int(finding.rows[0]) == WRONG
    (outliers,) = find_outliers(statistics, found)
    assert int(outliers.rows[0]) == STRANGE


def test_two_images_have_no_neighbourhood() -> None:
    data = Stripes()
    assert find_neighbours(measure_images(data, torch.arange(2)), Thumbnails(data)) is None
