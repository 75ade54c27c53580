"""Pictures, arrays and tensors of any kind through a translator."""

import numpy as np
import pytest
import torch
from PIL import Image
from support.translators import Convolution, Identity, translator

from ganlab.core.interfaces import Spec
from ganlab.games.pictures import apply, convert_channels, to_levels
from ganlab.generators import ResidualUNet

ORIENTATION = 0x0112
RANDOM = np.random.default_rng(0)
COLOUR = RANDOM.integers(0, 256, (12, 20, 3), dtype=np.uint8)


@pytest.fixture
def same():
    return translator(Identity())


@pytest.fixture
def double():
    return translator(Identity(2))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA"])
def test_pictures_keep_their_pixels_and_opacity(same, mode):
    picture = Image.fromarray(COLOUR).convert(mode)
    if mode.endswith("A"):
        picture.putalpha(Image.fromarray(COLOUR[:, :, 0]))
    output = apply(same, picture)
    assert output.mode == mode.replace("L", "RGB").replace("RGBA", "RGBA")
    assert np.array_equal(np.array(output), np.array(picture.convert(output.mode)))


def test_a_grey_generator_makes_grey_pictures_as_training_read_them():
    grey = translator(Identity(), channels=(1, 1))
    output = apply(grey, Image.fromarray(COLOUR))
    assert output.mode == "L"
    assert np.array_equal(np.array(output), np.array(Image.fromarray(COLOUR).convert("L")))
    with_opacity = Image.fromarray(COLOUR).convert("RGBA")
    with_opacity.putalpha(7)
    assert apply(grey, with_opacity).mode == "LA"
    assert set(np.array(apply(grey, with_opacity))[:, :, 1].flat) == {7}


def test_opacity_is_enlarged_with_the_picture(double):
    picture = Image.fromarray(COLOUR).convert("RGBA")
    opacity = np.zeros((12, 20), np.uint8)
    opacity[:, 10:] = 255
    picture.putalpha(Image.fromarray(opacity))
    output = apply(double, picture)
    assert output.size == (40, 24)
    enlarged = np.array(output)[:, :, 3]
    assert (enlarged[:, :16] == 0).all()
    assert (enlarged[:, 24:] == 255).all()


def test_a_generator_that_reads_opacity_gets_it():
    fill = translator(Convolution(inputs=4), channels=(4, 3))
    opaque, open_hole = Image.fromarray(COLOUR).convert("RGBA"), Image.fromarray(COLOUR).convert("RGBA")
    open_hole.putalpha(0)
    assert apply(fill, opaque).mode == "RGB"
    assert np.array_equal(np.array(apply(fill, opaque)), np.array(apply(fill, Image.fromarray(COLOUR))))
    assert not np.array_equal(np.array(apply(fill, opaque)), np.array(apply(fill, open_hole)))


def test_erased_parts_are_filled_and_the_rest_stays():
    network = ResidualUNet(Spec((3, 8, 8), (4, 8, 8)), width=4, depth=1, guess="filled")
    fill = translator(network, channels=(4, 3))
    picture = Image.fromarray(COLOUR)
    assert np.array_equal(np.array(apply(fill, picture)), COLOUR)
    opacity = np.full((12, 20), 255, np.uint8)
    opacity[4:9, 5:12] = 0
    picture.putalpha(Image.fromarray(opacity))
    output = np.array(apply(fill, picture))
    assert np.array_equal(output[opacity > 0], COLOUR[opacity > 0])
    assert not np.array_equal(output[opacity == 0], COLOUR[opacity == 0])


@pytest.mark.parametrize("turn", range(1, 9))
def test_pictures_are_upright(same, turn, tmp_path):
    picture = Image.fromarray(COLOUR)
    exif = picture.getexif()
    exif[ORIENTATION] = turn
    picture.save(tmp_path / "turned.png", exif=exif)
    with Image.open(tmp_path / "turned.png") as turned:
        output = apply(same, turned)
    expected = {
        1: COLOUR,
        2: COLOUR[:, ::-1],
        3: COLOUR[::-1, ::-1],
        4: COLOUR[::-1],
        5: COLOUR.transpose(1, 0, 2),
        6: COLOUR.transpose(1, 0, 2)[:, ::-1],
        7: COLOUR.transpose(1, 0, 2)[::-1, ::-1],
        8: COLOUR.transpose(1, 0, 2)[::-1],
    }
    assert np.array_equal(np.array(output), expected[turn])
    assert ORIENTATION not in output.getexif()


def test_palettes_sixteen_bits_and_print_colours_are_read(same, tmp_path):
    deep = np.array([[0, 257, 65535], [128 * 257, 1000, 30000]], np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    with Image.open(tmp_path / "deep.png") as picture:
        output = np.array(apply(same, picture))
    assert (output[:, :, 0] == [[0, 1, 255], [128, round(1000 / 257), round(30000 / 257)]]).all()
    palette = Image.fromarray(COLOUR).quantize(8)
    assert np.array_equal(np.array(apply(same, palette)), np.array(palette.convert("RGB")))
    palette.info["transparency"] = 0
    assert apply(same, palette).mode == "RGBA"
    printed = Image.fromarray(COLOUR).convert("CMYK")
    assert np.array_equal(np.array(apply(same, printed)), np.array(printed.convert("RGB")))
    assert apply(same, Image.fromarray(COLOUR).convert("1")).mode == "RGB"
    for mode in ("I", "F"):
        with pytest.raises(ValueError, match="greys of 32 bits"):
            apply(same, Image.fromarray(COLOUR).convert("L").convert(mode))


def test_a_colour_profile_is_kept_where_it_fits(same):
    picture, printed = Image.fromarray(COLOUR), Image.fromarray(COLOUR).convert("CMYK")
    picture.info["icc_profile"] = printed.info["icc_profile"] = b"profile"
    assert apply(same, picture).info["icc_profile"] == b"profile"
    assert "icc_profile" not in apply(same, printed).info
    assert "icc_profile" not in apply(translator(Identity(), channels=(1, 1)), picture).info


def test_arrays_come_back_as_arrays_of_their_type(double):
    output = apply(double, COLOUR)
    assert output.dtype == np.uint8
    assert np.array_equal(output, COLOUR.repeat(2, 0).repeat(2, 1))
    floats = (COLOUR / 255).astype(np.float64)
    assert apply(double, floats).dtype == np.float64
    assert np.allclose(apply(double, floats), floats.repeat(2, 0).repeat(2, 1), atol=1e-6)
    grey = translator(Identity(), channels=(1, 1))
    assert np.array_equal(apply(grey, COLOUR[:, :, 0]), COLOUR[:, :, 0])
    assert apply(grey, COLOUR[:, :, :1]).shape == (12, 20, 1)
    with_opacity = np.concatenate([COLOUR, COLOUR[:, :, :1]], 2)
    assert apply(double, with_opacity).shape == (24, 40, 4)


def test_tensors_come_back_as_tensors_in_their_range(double):
    levels = torch.from_numpy(COLOUR).permute(2, 0, 1)
    assert torch.equal(apply(double, levels), levels.repeat_interleave(2, 1).repeat_interleave(2, 2))
    values = levels.float() / 127.5 - 1
    output = apply(double, torch.stack([values, -values]))
    assert output.shape == (2, 3, 24, 40)
    assert torch.allclose(output[0], values.repeat_interleave(2, 1).repeat_interleave(2, 2), atol=1e-6)


def test_a_list_gives_a_list(same):
    first, second = apply(same, [COLOUR, Image.fromarray(COLOUR)])
    assert isinstance(first, np.ndarray)
    assert isinstance(second, Image.Image)
    assert apply(same, []) == []


@pytest.mark.parametrize(
    ("images", "error", "sentence"),
    [
        ("photo.png", TypeError, "a PIL image, an array or a tensor, got str"),
        (None, TypeError, "got NoneType"),
        (COLOUR.astype(np.int32), ValueError, "holds uint8, or floats from 0 to 1, got int32"),
        (COLOUR.astype(float), ValueError, "values must be from 0 to 1, got 0 to 255"),
        (np.full((4, 4), np.nan), ValueError, "values must be from 0 to 1, got nan"),
        (COLOUR.transpose(2, 0, 1)[None], ValueError, r"height, width, channels\), got \(1, 3, 12, 20\)"),
        (np.zeros((4, 0, 3)), ValueError, r"got \(4, 0, 3\)"),
        (torch.full((3, 4, 4), 2.0), ValueError, "values must be from -1 to 1, got 2 to 2"),
        (torch.zeros(3, 4, 4, dtype=torch.int64), ValueError, "got torch.int64"),
        (torch.zeros(4, 4), ValueError, r"has the shape \(3, height, width\), got \(4, 4\)"),
    ],
)
def test_other_inputs_are_named(same, images, error, sentence):
    with pytest.raises(error, match=sentence):
        apply(same, images)


def test_outputs_that_are_not_finite_are_one_sentence():
    with pytest.raises(ValueError, match="use an earlier checkpoint"):
        to_levels(torch.tensor([float("nan")]))
    with pytest.raises(ValueError, match="an image of 3 channels cannot become one of 5"):
        convert_channels(torch.zeros(3, 1, 1), 5)
