"""Sheets of images: the pixels of every sample at its place, by class if classes are known."""

import numpy as np
import pytest
import torch

from ganlab.data import Digits
from ganlab.kinds import ImageKind, Sheet
from ganlab.kinds.image import write_png

HEADER = 26  # pixels of one line
KIND = ImageKind()


def pixels(sheet):
    """Return the picture of a sheet of grey images without its header."""
    return np.asarray(KIND.draw(sheet))[HEADER:]


def flat_images(count, side=8):
    """Return images of one grey each; those of later samples are brighter."""
    return torch.linspace(-1, 0.5, count)[:, None, None, None].expand(-1, 1, side, side)


def grey(images, index):
    return round((float(images[index, 0, 0, 0]) + 1) * 127.5)


def test_a_sheet_of_digits_is_a_legible_grid() -> None:
    images = torch.full((64, 1, 8, 8), -1.0)
    images[9] = 1
    picture = Digits(resolution=8).sample_sheet(images)
    assert (picture.mode, min(picture.size) >= 500) == ("L", True)
    side = (picture.width - 2) // 8
    tiles = np.asarray(picture)[HEADER:]
    assert tiles[side + 4, side + 4] == 255  # the tenth image is the second of the second row
    assert tiles[4, 4] == 0


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_sheets_of_any_count_and_number_of_channels(channels: int, mode: str) -> None:
    for count in (1, 5):
        assert KIND.draw(Sheet(torch.zeros(count, channels, 10, 14))).mode == mode


@pytest.mark.parametrize("shape", [(4, 2, 8, 8), (0, 3, 8, 8)])
def test_no_images_and_other_channels_are_refused(shape: tuple[int, ...]) -> None:
    count, channels, *_ = shape
    with pytest.raises(ValueError, match=f"at least one image of 1, 3 or 4 channels, got {count} of {channels}"):
        KIND.draw(Sheet(torch.zeros(shape)))


def test_the_first_line_says_what_is_shown() -> None:
    named = Sheet(torch.zeros(64, 1, 8, 8), "generated samples", "step 1,250")
    assert named.facts("one row per class") == ["step 1,250", "64 generated samples", "one row per class"]
    assert Sheet(torch.zeros(1, 2), "real samples").facts("") == ["1 real sample"]
    untitled = Sheet(named.samples, named.noun)
    assert not np.array_equal(np.asarray(KIND.draw(named))[:HEADER], np.asarray(KIND.draw(untitled))[:HEADER])
    assert np.array_equal(pixels(named), pixels(untitled))


def test_labelled_images_are_ordered_by_class_with_their_names() -> None:
    images = flat_images(12)
    labels = torch.tensor([2, 0, 1] * 4)
    picture = pixels(Sheet(images, labels=labels, class_names=["a", "b", "c"]))
    plain = pixels(Sheet(images, columns=4))
    margin = picture.shape[1] - plain.shape[1]
    assert margin > 12  # for the names
    side = (plain.shape[1] - 2) // 4
    rows = [[int(picture[row * side + 9, margin + column * side + 9]) for column in range(4)] for row in range(3)]
    assert rows == [[grey(images, index) for index in range(start, 12, 3)] for start in (1, 2, 0)]
    for row in range(3):  # a name in dark letters to the left of each row, and nothing outside its row's middle
        name = picture[row * side + side // 2 - 8 : row * side + side // 2 + 8, :margin]
        assert name.min() < 128
        assert (picture[row * side : row * side + side // 2 - 9, :margin] == 255).all()


def test_classes_with_one_image_each_have_captions() -> None:
    images = flat_images(9)
    picture = pixels(Sheet(images, labels=torch.arange(9).flip(0)))
    plain = pixels(Sheet(images))
    assert picture.shape[1] == plain.shape[1]
    assert picture.shape[0] == plain.shape[0] + 3 * 15
    assert picture[9, 9] == grey(images, 8)  # of class 0


def test_rows_in_the_given_order_are_named_if_they_hold_one_class() -> None:
    images = flat_images(8)
    one_each = pixels(Sheet(images, labels=torch.tensor([1, 1, 1, 1, 0, 0, 0, 0]), columns=4))
    mixed = pixels(Sheet(images, labels=torch.arange(8), columns=4))
    margin = one_each.shape[1] - mixed.shape[1]
    assert margin > 12
    unlabelled = pixels(Sheet(images, columns=4))
    assert np.array_equal(one_each[:, margin:], unlabelled)
    assert mixed.shape[0] == unlabelled.shape[0] + 2 * 15  # a caption below each image


def test_long_names_and_titles_are_shortened_not_cut_off() -> None:
    names = ["a name of a class that is much longer than a picture can show", "b"]
    images = flat_images(8)
    picture = KIND.draw(Sheet(images, title="a title " * 50, labels=torch.arange(8) // 4, class_names=names))
    right = np.asarray(picture)[:, -3:]
    assert (right[: 2 * 20] == 255).all()  # no letter touches the border of the two lines
    assert picture.width < KIND.draw(Sheet(images, columns=4)).width + 170


def test_equal_samples_give_equal_pictures() -> None:
    sheet = Sheet(flat_images(9), "generated samples", "step 3", torch.arange(9) % 3)
    assert KIND.draw(sheet).tobytes() == KIND.draw(sheet).tobytes()


def test_written_images_have_their_pixels(tmp_path) -> None:
    from PIL import Image

    images = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(0)) * 2 - 1
    for number, image in enumerate((images[0], images[1, :1])):
        write_png(image, tmp_path / f"{number}.png")
        read = torch.from_numpy(np.array(Image.open(tmp_path / f"{number}.png"))).float()
        expected = (image.permute(1, 2, 0).squeeze(2) + 1) * 127.5
        torch.testing.assert_close(read, expected, atol=0.51, rtol=0)
