from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from support.pair_checks import assert_batches_depend_on_step_alone

from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.data import UnpairedFolder, normalize


def save(path: Path, shade: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(shade).integers(0, 100, (12, 12, 3), np.uint8)
    pixels[..., 2] = shade
    Image.fromarray(pixels).save(path)


def shades(images: torch.Tensor) -> list[int]:
    return images[:, 2, 0, 0].tolist()


@pytest.fixture
def horses(tmp_path: Path) -> Path:
    """Two domains as CycleGAN's data sets have them; blue is 1 … 10 in A and 101 … 115 in B."""
    for domain, first, train, test in (("A", 1, 6, 4), ("B", 101, 12, 3)):
        for i in range(train + test):
            save(tmp_path / "horses" / f"{'train' if i < train else 'test'}{domain}" / f"{i}.png", first + i)
    return tmp_path / "horses"


def test_domains_and_splits_come_from_the_folders(horses: Path) -> None:
    data = UnpairedFolder(str(horses), resolution=12, validation=0)
    assert data.spec == Spec((3, 12, 12), cond=(3, 12, 12), paired=False)
    assert data.summary() == (
        "target images: 12 training, 0 validation, 3 test; sources: 6 training, 0 validation, 4 test"
    )
    reals = torch.cat([batch.sample for batch in data.real_samples(0, 0, "test", 2)])
    conditions = list(data.conditions(0, 0, "test", 3))
    assert sorted(shades(reals)) == [113, 114, 115]
    assert sorted(shades(torch.cat([each.cond for each in conditions]))) == [7, 8, 9, 10]
    assert [each.truth for each in conditions] == [None, None]
    assert (data.count(0, "test"), data.condition_count(0, "test"), data.condition_count(2, "test")) == (3, 4, 2)


def test_the_direction_exchanges_the_domains(horses: Path) -> None:
    data = UnpairedFolder(str(horses), resolution=12, direction="b_to_a")
    assert max(shades(data.targets(data.split("test")))) == 10
    assert next(data.conditions(2, 0, "train")).cond.shape == (2, 3, 12, 12)


def test_two_folders_of_any_counts(horses: Path) -> None:
    source, target = str(horses / "trainA"), str(horses / "trainB")
    data = UnpairedFolder(source=source, target=target, resolution=12, validation=0.25, test=0.25)
    assert (len(data), data.condition_count(0, "train")) == (6, 2)
    every = [next(data.conditions(0, 0, name)).cond for name in ("train", "validation", "test")]
    assert sorted(shades(torch.cat(every))) == [1, 2, 3, 4, 5, 6]


def test_folders_a_and_b_are_domains_too(tmp_path: Path, horses: Path) -> None:
    (horses / "trainA").rename(tmp_path / "A")
    (horses / "trainB").rename(tmp_path / "B")
    data = UnpairedFolder(str(tmp_path), resolution=12, validation=0, test=0)
    assert (len(data), data.condition_count()) == (12, 6)


def test_sources_are_drawn_at_random_from_the_training_images(horses: Path) -> None:
    data = UnpairedFolder(str(horses), resolution=12, validation=0)
    batch = data.batch(data.split("train").repeat(10), Random(0))
    counts = torch.tensor(shades(batch.cond)).bincount(minlength=7)
    assert counts[0] == 0
    assert counts.sum() == 120
    assert counts[1:7].min() > 5
    assert len(counts) == 7  # no test image
    assert_batches_depend_on_step_alone(UnpairedFolder(str(horses), resolution=12, flip=True, jitter=16))


def test_both_images_are_mirrored_by_themselves(horses: Path) -> None:
    data = UnpairedFolder(str(horses), resolution=12, validation=0, flip=True)
    rows = data.split("train").repeat(8)
    batch = data.batch(rows, Random(4))
    target = (batch.sample != data.targets(rows)).flatten(1).any(1)
    source_rows = torch.tensor(shades(batch.cond)) - 1
    plain = {
        shade: image
        for shade, image in zip(shades(data.sources(torch.arange(10))), data.sources(torch.arange(10)), strict=True)
    }
    source = torch.tensor(
        [not torch.equal(image, plain[int(row) + 1]) for row, image in zip(source_rows, batch.cond, strict=True)]
    )
    assert 0.3 < target.float().mean() < 0.7
    assert 0.3 < source.float().mean() < 0.7
    assert 0.3 < (target == source).float().mean() < 0.7


def test_the_fingerprint_has_both_domains(horses: Path) -> None:
    before = UnpairedFolder(str(horses), resolution=12).fingerprint()
    assert before == UnpairedFolder(str(horses), resolution=12).fingerprint()
    save(horses / "testA" / "99.png", 99)
    assert before != UnpairedFolder(str(horses), resolution=12).fingerprint()


def test_the_baseline_is_the_input(horses: Path) -> None:
    data = UnpairedFolder(str(horses), resolution=12)
    cond = normalize(data.batch(data.split("train")[:3], Random())).cond
    assert torch.equal(data.baselines()["input"](cond), cond)
    assert UnpairedFolder(str(horses), resolution=12, source_channels=1).baselines() == {}


def test_what_has_no_two_domains_is_refused(tmp_path: Path, horses: Path) -> None:
    with pytest.raises(ValueError, match="trainA must hold the folders trainA and trainB"):
        UnpairedFolder(str(horses / "trainA"), resolution=12)
    with pytest.raises(ValueError, match="absent does not exist"):
        UnpairedFolder(source=str(horses), target=str(tmp_path / "absent"), resolution=12)
    with pytest.raises(ValueError, match=r"set either data\.path=DIR"):
        UnpairedFolder.preview(resolution=12)
    with pytest.raises(ValueError, match="this data has no validation images"):
        UnpairedFolder(str(horses), resolution=12, validation=0).conditions(0, 0, "validation")


def test_the_spec_is_known_before_files_are_read(horses: Path) -> None:
    settings = {"path": str(horses), "resolution": [12, 8], "source_channels": 1}
    assert UnpairedFolder.preview(**settings) == UnpairedFolder(**settings).spec  # type: ignore[arg-type]
