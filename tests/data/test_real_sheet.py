"""Sheets of real samples: training samples, by class if the networks are conditional."""

import torch
from PIL import Image

from ganlab.core.interfaces import Batch, Spec
from ganlab.data import DataSet, Digits, Distribution, Grid, Ring
from ganlab.data.real_sheet import real_sheet
from ganlab.kinds import Sheet


def test_samples_are_in_the_coordinates_of_the_data() -> None:
    data = Grid()
    sheet = real_sheet(data, 500)
    assert len(sheet) == 500
    assert torch.cdist(sheet.samples, data.modes).min(1).values.max() < 6 * data.sigma
    assert sheet.labels is None


def test_conditional_data_shows_equally_many_of_each_class() -> None:
    sheet = real_sheet(Ring(labels=True), 100)
    assert sheet.labels.tolist() == [label for label in range(8) for _ in range(12)]
    nearest = torch.cdist(sheet.samples, Ring().modes).argmin(1)
    assert nearest.equal(sheet.labels)


def test_a_rare_class_has_fewer_rows_and_the_search_ends() -> None:
    class Rare(Distribution):
        def __init__(self) -> None:
            super().__init__((2,), 1.0, ("rare",), True, 3)

        def draw(self, count, random):
            labels = random.integers("labels", 2, (count,))  # class 2 never occurs
            return Batch(torch.zeros(count, 2), labels)

    assert real_sheet(Rare(), 30).labels.tolist() == [0] * 10 + [1] * 10


def test_only_the_images_of_a_sheet_are_decoded(monkeypatch) -> None:
    data, decoded = Digits(resolution=8, labels=True), []
    take = data.images.take
    monkeypatch.setattr(data.images, "take", lambda indices: decoded.extend(indices.tolist()) or take(indices))
    sheet = real_sheet(data, 64)
    assert len(decoded) == len(sheet) == 60
    assert set(decoded) <= set(data.split("train").tolist())
    assert data.labels[torch.tensor(decoded)].sort().values.equal(sheet.labels)
    assert not torch.equal(real_sheet(data, 64, seed=1).samples, sheet.samples)


def test_few_images_are_all_shown() -> None:
    assert len(real_sheet(Digits(resolution=8, limit=5), 64)) == 5


def test_a_data_set_may_draw_its_own_picture() -> None:
    class Own(DataSet):
        spec = Spec((2,))

        def split(self, name):
            return torch.arange(4)

        def labelled_batch(self, indices, random):
            return Batch(torch.zeros(len(indices), 2))

        def real_samples(self, count=0, seed=0, split="train", chunk=256):
            return iter([Batch(torch.zeros(4, 2))])

        def fingerprint(self):
            return ""

    class Black(Own):
        def sample_sheet(self, samples):
            return Image.new("L", (300, 8 * len(samples)))

    sheet = Sheet(torch.zeros(4, 2), "generated samples", "step 7")
    picture = Black().draw_sheet(sheet)
    assert picture.size == (300, 32 + 26)  # with a line that says what it is
    assert picture.crop((0, 26, 300, 58)).getextrema() == (0, 0)
    assert Own().draw_sheet(sheet).size == Ring().draw_sheet(sheet).size
    assert Own().sample_sheet(torch.zeros(4, 2)).mode == "RGB"
