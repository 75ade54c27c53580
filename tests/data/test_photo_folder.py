"""`data=photo_folder`: parts of photographs of different sizes in a folder, and pairs around it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from support.pair_checks import assert_batches_depend_on_step_alone, assert_rows_belong_together

from ganlab.config import compose, instantiate
from ganlab.core.errors import TrainingError
from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.corruptions import Downscale
from ganlab.data import Corrupted, PhotoFolder

SIZES = [(20, 33), (16, 16), (40, 17), (25, 30), (31, 16), (16, 50), (19, 19), (22, 28), (30, 30), (18, 44)]
ON_DISK = {"memory_limit_mib": 0}


def picture(number: int, height: int, width: int) -> np.ndarray:
    """Return a picture whose pixels are all different, and whose blue is its number."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows, columns, np.full_like(rows, number)], 2).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "photos"
    place.mkdir()
    for number, size in enumerate(SIZES):
        Image.fromarray(picture(number, *size)).save(place / f"{number}.png")
    return place


def open_folder(folder: Path, **settings: object) -> PhotoFolder:
    return PhotoFolder(str(folder), **({"resolution": 8, "flip": False} | settings))  # type: ignore[arg-type]


@pytest.mark.parametrize("place", [{}, ON_DISK], ids=["in memory", "on disk"])
def test_training_parts_are_cut_at_random_places_in_the_photographs_own_scale(folder: Path, place: dict) -> None:
    data = open_folder(folder, **place)
    assert data.spec == Spec((3, 8, 8)) == PhotoFolder.preview(path=str(folder), resolution=8)
    assert data.needs_workers == bool(place)
    rows = data.split("train").repeat(3)
    parts = data.batch(rows, Random(1)).sample
    for row, part in zip(rows.tolist(), parts, strict=True):
        top, left, number = part[:, 0, 0].tolist()
        assert data.image_name(row) == f"part {row}, of {number}.png"
        cut = picture(number, *SIZES[number])[top : top + 8, left : left + 8]
        assert torch.equal(part, torch.from_numpy(cut).permute(2, 0, 1))
    corners = {tuple(part[:2, 0, 0].tolist()) for part in parts}
    assert len(corners) > 100
    assert torch.equal(parts, open_folder(folder).batch(rows, Random(1)).sample)


def test_parts_for_scores_tile_the_photographs_of_a_split_and_whole_ones_are_held_out(folder: Path) -> None:
    data = open_folder(folder)
    numbers = {split: set(reals(data, split)[:, 2].flatten().tolist()) for split in ("train", "validation", "test")}
    assert [len(each) for each in numbers.values()] == [8, 1, 1]
    assert len(set.union(*numbers.values())) == 10
    for split, photographs in numbers.items():
        assert len(data.split(split)) == sum(SIZES[n][0] // 8 * (SIZES[n][1] // 8) for n in photographs)
    assert data.summary().endswith("; parts of photographs: 8 training, 1 validation, 1 test")


def test_folders_are_splits_and_limit_counts_photographs(folder: Path) -> None:
    for number in range(10):
        split = "train" if number < 6 else "val" if number < 8 else "test"
        (folder / split).mkdir(exist_ok=True)
        (folder / f"{number}.png").rename(folder / split / f"{number}.png")
    data = open_folder(folder, limit=2)
    assert data.summary().endswith("; parts of photographs: 2 training, 2 validation, 2 test")
    assert set(reals(data, "validation")[:, 2].flatten().tolist()) == {6, 7}


def test_whole_photographs_are_pairs_for_super_resolution(folder: Path) -> None:
    data = Corrupted(open_folder(folder), Downscale(4))
    ((name, pair),) = data.whole_pairs("test")
    number = int(name.partition(".")[0])
    height, width = (side - side % 8 for side in SIZES[number])
    assert torch.equal(
        pair.truth[0], torch.from_numpy(picture(number, *SIZES[number])).permute(2, 0, 1)[:, :height, :width]
    )
    assert pair.cond.shape == (1, 3, height // 4, width // 4)
    assert_batches_depend_on_step_alone(data)
    assert_rows_belong_together(data)


def test_memory_and_disk_have_one_fingerprint_and_a_changed_pixel_another(folder: Path) -> None:
    first = open_folder(folder).fingerprint()
    assert first == open_folder(folder, **ON_DISK).fingerprint()
    changed = picture(3, *SIZES[3])
    changed[0, 0, 0] = 200
    Image.fromarray(changed).save(folder / "3.png")
    assert first != open_folder(folder, **ON_DISK).fingerprint()


def test_photographs_are_upright_and_grey_ones_have_one_channel(folder: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6  # a quarter turn
    Image.fromarray(picture(0, 20, 33)).convert("L").save(folder / "0.png", exif=turned)
    data = open_folder(folder, channels=1, validation=0, test=0)
    sizes = {name: image.shape for name, image in data.whole_images("train")}
    assert sizes["0.png"] == (1, 32, 16)
    assert sizes["5.png"] == (1, 16, 48)


@pytest.mark.parametrize("place", [{}, ON_DISK], ids=["in memory", "on disk"])
def test_small_and_unreadable_photographs_are_named_or_skipped(folder: Path, place: dict) -> None:
    Image.new("RGB", (30, 7)).save(folder / "small.png")
    (folder / "broken.png").write_bytes((folder / "8.png").read_bytes()[:80])
    with pytest.raises(
        ValueError, match=r"1 of 12 photographs are smaller than 8 by 8 pixels: small.png \(30 by 7\); low"
    ):
        open_folder(folder, **place)
    data = open_folder(folder, on_error="skip", **place)
    assert data.summary().endswith("8 training, 1 validation, 1 test; smaller photographs that are skipped: 1")
    (folder / "small.png").unlink()
    with pytest.raises(ValueError, match=r"1 of 11 images cannot be read: broken.png"):
        open_folder(folder, **place)
    with pytest.raises(ValueError, match=r"10 of 11 .*; lower resolution"):
        open_folder(folder, resolution=2000, on_error="skip")


def test_a_photograph_that_disappears_in_training_is_one_sentence(folder: Path) -> None:
    data = open_folder(folder, **ON_DISK)
    for file in folder.iterdir():
        file.unlink()
    with pytest.raises(TrainingError, match=r"\.png cannot be read as an image"):
        data.batch(data.split("train")[:1], Random())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"resolution": [8, 9]}, "resolution must be the side of a square in pixels"),
        ({"resolution": 3}, "resolution must be at least 4"),
        ({"channels": 2}, "channels must be 1"),
        ({"on_error": "stop"}, "on_error must be one of refuse, skip"),
        ({"test": 1.5}, "test must be a share"),
    ],
)
def test_invalid_settings_are_reported_without_reading_a_file(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PhotoFolder.preview(path="absent", **settings)


def test_the_component_is_built_inside_of_corrupted(folder: Path) -> None:
    lines = ["data=corrupted", "data.images=photo_folder", f"data.images.path={folder}", "data.images.resolution=8"]
    networks = ["generator=srresnet", "generator.width=4", "generator.blocks=1", "discriminator=pixel", "latent=none"]
    data = instantiate(compose([*lines, *networks, "regularizer=[pixel_l1]", "metric=[psnr]"]).data)
    assert data.spec == Spec((3, 8, 8), cond=(3, 4, 4), paired=True)


def reals(data: PhotoFolder, split: str) -> torch.Tensor:
    return torch.cat([batch.sample for batch in data.real_samples(split=split)])
