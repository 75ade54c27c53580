from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from support.pair_checks import assert_batches_depend_on_step_alone, assert_rows_belong_together

from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.data import PairedFolder, normalize


def picture(number: int, height: int = 12, width: int = 12) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)


def save(path: Path, pixels: np.ndarray, **options: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)


@pytest.fixture
def sides(tmp_path: Path) -> Path:
    """A folder of eight images side by side: the right one is the negative of the left one."""
    for i in range(8):
        save(tmp_path / "sides" / f"{i}.png", np.concatenate([picture(i), 255 - picture(i)], 1))
    return tmp_path / "sides"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders of eight images of equal names, but for the suffix; the second has the negatives."""
    for i in range(8):
        save(tmp_path / "in" / f"{i}.png", picture(i))
        save(tmp_path / "out" / f"{i}.bmp", 255 - picture(i))
    return tmp_path / "in", tmp_path / "out"


def open_two(folders: tuple[Path, Path], **settings: object) -> PairedFolder:
    source, target = map(str, folders)
    return PairedFolder(source=source, target=target, resolution=12, **settings)  # type: ignore[arg-type]


def test_halves_of_an_image_are_a_pair(sides: Path) -> None:
    data = PairedFolder(str(sides), resolution=12)
    assert data.spec == Spec((3, 12, 12), cond=(3, 12, 12), paired=True)
    index = [data.image_name(i) for i in range(8)].index("5.png")
    rows = torch.tensor([index])
    assert torch.equal(data.sources(rows)[0], torch.from_numpy(picture(5)).permute(2, 0, 1))
    assert torch.equal(data.targets(rows), 255 - data.sources(rows))
    assert data.summary() == "pairs of images: 6 training, 1 validation, 1 test"


def test_the_direction_exchanges_input_and_output(sides: Path, folders: tuple[Path, Path]) -> None:
    rows = torch.arange(8)
    for one, other in (
        (PairedFolder(str(sides), resolution=12), PairedFolder(str(sides), direction="b_to_a", resolution=12)),
        (open_two(folders), open_two(folders, direction="b_to_a")),
    ):
        assert torch.equal(one.sources(rows), other.targets(rows))
        assert torch.equal(one.targets(rows), other.sources(rows))
        assert one.fingerprint() != other.fingerprint()


def test_files_of_equal_names_are_pairs_in_subfolders_too(folders: tuple[Path, Path]) -> None:
    save(folders[0] / "more" / "5.png", picture(50))
    save(folders[1] / "more" / "5.png", 255 - picture(50))
    data = open_two(folders)
    rows = torch.arange(9)
    assert torch.equal(data.targets(rows), 255 - data.sources(rows))
    assert {data.image_name(i) for i in range(9)} == {*(f"{i}.png" for i in range(8)), "more/5.png"}


def test_the_folders_of_pix2pix_before_they_are_combined(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    folders[0].rename(tmp_path / "A")
    folders[1].rename(tmp_path / "B")
    data = PairedFolder(str(tmp_path), resolution=12)
    assert torch.equal(data.targets(torch.arange(8)), 255 - data.sources(torch.arange(8)))


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ({"train": 5, "val": 2, "test": 1}, (5, 2, 1)),
        ({"train": 4, "test": 4}, (3, 1, 4)),  # a quarter of the training folder is held out
        ({"training": 4, "Validation": 4}, (3, 4, 1)),
        ({"summer": 4, "winter": 4}, (4, 2, 2)),  # no splits, so shares of all
    ],
)
def test_folders_named_like_splits_are_splits(tmp_path: Path, moves: dict[str, int], expected: tuple[int, ...]) -> None:
    number = 0
    for folder, count in moves.items():
        for _ in range(count):
            save(tmp_path / folder / f"{number}.png", np.concatenate([picture(number)] * 2, 1))
            number += 1
    data = PairedFolder(str(tmp_path), resolution=12, validation=0.25, test=0.25)
    assert tuple(len(data.split(name)) for name in ("train", "validation", "test")) == expected
    every = torch.cat([data.split(name) for name in ("train", "validation", "test")])
    assert sorted(every.tolist()) == list(range(8))
    if "val" in moves:
        assert {data.image_name(int(i)).partition("/")[0] for i in data.split("validation")} == {"val"}


def test_images_of_a_folder_for_tests_alone_are_no_training_images(tmp_path: Path) -> None:
    save(tmp_path / "test" / "1.png", picture(0, 12, 24))
    with pytest.raises(ValueError, match="the folders test hold no image to train on: add a folder train"):
        PairedFolder(str(tmp_path), resolution=12)


@pytest.mark.parametrize("jitter", [0, 15])
def test_both_images_are_cut_and_mirrored_alike(sides: Path, jitter: int) -> None:
    data = PairedFolder(str(sides), resolution=12, flip=True, jitter=jitter)
    rows = torch.arange(8).repeat(5)
    batch = data.batch(rows, Random(3))
    assert (batch.sample.int() + batch.cond.int() - 255).abs().max() <= 1  # rounding after the enlargement
    changed = (batch.cond != data.sources(rows)).flatten(1).any(1)
    assert changed.sum() == 40 if jitter else 0 < changed.sum() < 40
    assert batch.sample.dtype == torch.uint8


def test_crops_of_larger_targets_are_at_the_place_of_their_sources(tmp_path: Path) -> None:
    for i in range(4):
        small = picture(i, 8, 8)
        save(tmp_path / "in" / f"{i}.png", small)
        save(tmp_path / "out" / f"{i}.png", small.repeat(3, 0).repeat(3, 1))
    source, target = str(tmp_path / "in"), str(tmp_path / "out")
    data = PairedFolder(source=source, target=target, resolution=24, flip=True, jitter=10)
    assert data.spec == Spec((3, 24, 24), cond=(3, 8, 8), paired=True)
    assert data.summary().endswith("; targets are 3 times as large as sources")
    # Only the files have this ratio, so sizes and the jitter, which is that of sources, are not known before.
    assert PairedFolder.preview(source=source, target=target, resolution=24, jitter=10) is None
    for name, link in (("A", "in"), ("B", "out")):
        (tmp_path / "both" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "both" / name).symlink_to(tmp_path / link)
    assert PairedFolder.preview(path=str(tmp_path / "both"), resolution=24, jitter=10) is None
    assert PairedFolder(str(tmp_path / "both"), resolution=24, jitter=10).spec == data.spec
    batch = data.batch(torch.arange(4).repeat(6), Random(1))
    # Each source pixel lies at the centre of 3 by 3 target pixels. Enlarging smooths both, but not so much as a wrong
    # place would change them.
    centres = batch.sample[:, :, 1::3, 1::3].float()
    right = (centres - batch.cond.float()).abs().mean()
    wrong = (centres.roll(1, -1) - batch.cond.float()).abs().mean()
    assert right < wrong / 2
    assert list(data.baselines()) == ["bicubic"]
    cond = normalize(batch).cond
    assert data.baselines()["bicubic"](cond).shape == (24, 3, 24, 24)


def test_pairs_stay_together_in_scores_and_over_a_resumption(folders: tuple[Path, Path]) -> None:
    assert_rows_belong_together(open_two(folders, test=0.5))
    assert_batches_depend_on_step_alone(open_two(folders, flip=True, jitter=14))


def test_images_that_stay_on_disk_are_the_same(folders: tuple[Path, Path]) -> None:
    memory, disk = open_two(folders), open_two(folders, memory_limit_mib=0)
    assert (memory.needs_workers, disk.needs_workers) == (False, True)
    assert memory.fingerprint() == disk.fingerprint()
    assert torch.equal(memory.targets(torch.arange(8)), disk.targets(torch.arange(8)))


def test_the_baseline_is_the_input_if_it_has_the_channels_of_the_output(folders: tuple[Path, Path]) -> None:
    data = open_two(folders)
    cond = normalize(data.batch(torch.arange(3), Random())).cond
    assert torch.equal(data.baselines()["input"](cond), cond)
    assert open_two(folders, source_channels=1).baselines() == {}
    assert open_two(folders, source_channels=1).spec.cond == (1, 12, 12)


def test_exif_rotation_is_undone_before_an_image_is_halved(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown rotated clockwise
    upright = np.concatenate([picture(1), 255 - picture(1)], 1)
    save(tmp_path / "one" / "1.png", np.rot90(upright).copy(), exif=exif)
    data = PairedFolder(str(tmp_path / "one"), resolution=12, validation=0, test=0)
    assert torch.equal(data.sources(torch.tensor([0]))[0], torch.from_numpy(picture(1)).permute(2, 0, 1))


def test_files_that_are_alone_are_named(folders: tuple[Path, Path]) -> None:
    for i in range(20, 27):
        save(folders[0] / f"{i}.png", picture(i))
    message = "7 files have no other image of the same name: 20.png, 21.png, 22.png, 23.png, 24.png and 2 more"
    with pytest.raises(ValueError, match=f"{message}: add the images that are absent, or set on_error=skip"):
        open_two(folders)
    data = open_two(folders, on_error="skip")
    assert data.summary().endswith(message)
    assert len(data.names) == 8


def test_pairs_of_unlike_sizes_are_named(folders: tuple[Path, Path]) -> None:
    save(folders[1] / "3.bmp", picture(3, 12, 9))
    with pytest.raises(ValueError, match=r"1 of 8 pairs have unlike sizes, such as 3\.png with 12 by 12 and 9 by 12"):
        open_two(folders)
    data = open_two(folders, on_error="skip")
    assert "3.png" not in list(data.names)
    assert torch.equal(data.targets(torch.arange(7)), 255 - data.sources(torch.arange(7)))


def test_damaged_files_are_skipped_with_the_other_image_of_their_pair(folders: tuple[Path, Path]) -> None:
    (folders[0] / "2.png").write_bytes(b"no image")
    (folders[1] / "6.bmp").write_bytes((folders[1] / "6.bmp").read_bytes()[:100])
    with pytest.raises(ValueError, match=r"1 of 8 images cannot be read: 2\.png"):
        open_two(folders)
    data = open_two(folders, on_error="skip")
    assert sorted(data.names) == ["0.png", "1.png", "3.png", "4.png", "5.png", "7.png"]
    assert torch.equal(data.targets(torch.arange(6)), 255 - data.sources(torch.arange(6)))


def test_an_odd_width_holds_no_two_images(sides: Path) -> None:
    save(sides / "odd.png", picture(0, 12, 25))
    with pytest.raises(ValueError, match=r"odd\.png \(its width of 25 pixels is odd, so it does not hold two images"):
        PairedFolder(str(sides), resolution=12)
    assert len(PairedFolder(str(sides), resolution=12, on_error="skip").names) == 8


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "set either data.path=DIR, .*; none of them is set"),
        ({"source": "x"}, "; source is set"),
        ({"path": "x", "target": "y"}, "; path and target are set"),
        ({"path": "x", "direction": "left"}, "direction must be one of a_to_b, b_to_a, got 'left'"),
        (
            {"path": "x", "jitter": 11},
            "jitter must be 0 for none, or from 12 to 24, .*, got 11; pix2pix's ratio gives 13",
        ),
        ({"path": "x", "jitter": 25}, "jitter must be 0 for none, or from 12 to 24"),
        ({"path": "x", "on_error": "stop"}, "on_error must be one of refuse, skip, got 'stop'"),
        ({"path": "x", "channels": 2}, "channels must be 1"),
        ({"path": "x", "source_channels": 2}, "channels must be 1"),
        ({"path": "x", "validation": 1.0}, "validation must be a share"),
    ],
)
def test_invalid_settings_are_reported_without_reading_a_file(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PairedFolder.preview(resolution=12, **settings)


def test_the_spec_is_known_before_files_are_read(sides: Path) -> None:
    settings = {"path": str(sides), "resolution": [12, 8], "source_channels": 1}
    assert PairedFolder.preview(**settings) == PairedFolder(**settings).spec  # type: ignore[arg-type]
    assert PairedFolder.preview(source="in", target="out", resolution=12) is None  # it depends on the sizes


def test_a_missing_and_an_empty_folder_are_errors_of_one_sentence(tmp_path: Path, sides: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"path must hold images \(png, .*\), but .*/empty holds none"):
        PairedFolder(str(tmp_path / "empty"), resolution=12)
    with pytest.raises(ValueError, match="absent does not exist; give a folder of images"):
        PairedFolder(source=str(sides), target=str(tmp_path / "absent"), resolution=12)
    save(tmp_path / "other" / "x.png", picture(0))
    with pytest.raises(ValueError, match=r"no two files have the same name, such as 0\.png and x\.png"):
        PairedFolder(source=str(sides), target=str(tmp_path / "other"), resolution=12)


def test_settings_are_found_from_the_files(tmp_path: Path) -> None:
    for i in range(3):
        grey = picture(i, 70, 140)[..., 0]
        save(tmp_path / "grey" / f"{i}.png", grey)
        save(tmp_path / "out" / f"{i}.png", picture(i, 70, 140))
    defaults = {"direction": "a_to_b", "max_pixels": 10**6, "path": None, "source": None, "target": None}
    auto = dict.fromkeys(("resolution", "channels", "source_channels"), "auto")
    two = defaults | auto | {"source": str(tmp_path / "grey"), "target": str(tmp_path / "out")}
    assert PairedFolder.find_settings(two, 256) == {"resolution": 64, "channels": 3, "source_channels": 1}
    assert PairedFolder.find_settings(two, 32)["resolution"] == 32
    one = defaults | auto | {"path": str(tmp_path / "out")}
    assert PairedFolder.find_settings(one, 256) == {"resolution": 64, "channels": 3, "source_channels": 3}


def test_folders_of_two_domains_are_not_taken_for_halves(tmp_path: Path) -> None:
    for name in ("trainA", "trainB"):
        save(tmp_path / name / "1.png", picture(1, 8, 8))
    with pytest.raises(ValueError, match=r"folders such as trainA and trainB, .*: use experiment=cyclegan"):
        PairedFolder(str(tmp_path), resolution=8)
