import numpy as np
import pytest
import torch

from ganlab.data import Digits, Ring, SineWaves


def test_a_sheet_of_digits_is_a_legible_grid() -> None:
    images = torch.full((64, 1, 8, 8), -1.0)
    images[9] = 1
    sheet = Digits(resolution=8).sample_sheet(images)
    assert (sheet.mode, min(sheet.size) >= 500) == ("L", True)
    side = (sheet.width - 2) // 8
    tiles = np.asarray(sheet)
    assert tiles[side + 4, side + 4] == 255  # the tenth image is the second of the second row
    assert tiles[4, 4] == 0


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_sheets_of_any_count_and_kind(channels: int, mode: str) -> None:
    for count in (1, 5):
        assert Digits(resolution=8).sample_sheet(torch.zeros(count, channels, 10, 14)).mode == mode


@pytest.mark.parametrize("shape", [(4, 2, 8, 8), (0, 3, 8, 8)])
def test_no_images_and_other_channels_are_refused(shape: tuple[int, ...]) -> None:
    count, channels, *_ = shape
    with pytest.raises(ValueError, match=f"at least one image of 1, 3 or 4 channels, got {count} of {channels}"):
        Digits(resolution=8).sample_sheet(torch.zeros(shape))


def test_the_axes_of_points_do_not_depend_on_the_samples() -> None:
    data = Ring()
    near, far = data.sample_sheet(data.modes), data.sample_sheet(data.modes * 100)
    assert near.size == far.size
    assert data.density.extent == pytest.approx((-1.23, 1.23, -1.23, 1.23), abs=0.05)
    orange = [
        int(((pixels := np.asarray(sheet).astype(int))[..., 0] - pixels[..., 2] > 20).sum()) for sheet in (near, far)
    ]
    assert orange[0] > 50 * (orange[1] + 1)


def test_sheets_of_sequences_have_one_size() -> None:
    data = SineWaves(channels=2)
    for count in (1, 7, 40):
        assert data.sample_sheet(data.reference(count).sample).size == (800, 600)
