"""`data.duplicates=drop`: what stays, in every place where images are kept, and what is recorded."""

from random import Random
from unittest.mock import patch

import pytest
import torch
from support.planted_duplicates import COPIES, photograph_parts

from ganlab.data import ImageFolder
from ganlab.data.duplicates import stored
from ganlab.data.duplicates.removal import drop_duplicates, groups_of


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of 22 parts of photographs, six of which have a copy."""
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path / "cache"))
    random = Random(0)
    path = tmp_path / "images"
    path.mkdir()
    for number, part in enumerate(photograph_parts(142)):
        if number in (13, 14):  # both halves of one flower, which are alike
            continue
        part.save(path / f"{number:02}.png")
        if 16 <= number < 22:  # parts with contrast
            COPIES["mirror" if number % 2 else "brighten"](part, random).save(path / f"{number:02}b.png")
    return path


def load(folder, **settings) -> ImageFolder:
    return ImageFolder(str(folder), 64, **{"validation": 0.2, "test": 0.2, **settings})


def originals(data: ImageFolder, split: str) -> list[str]:
    return [data.names[row].removesuffix(".png").removesuffix("b") for row in data.split(split).tolist()]


@pytest.mark.parametrize("memory_limit_mib", [100, 0], ids=["in memory", "on disk"])
def test_copies_leave_training_but_not_the_held_out_splits(folder, memory_limit_mib) -> None:
    kept = load(folder, memory_limit_mib=memory_limit_mib)
    dropped = load(folder, memory_limit_mib=memory_limit_mib, duplicates="drop")
    for split in ("validation", "test"):
        assert torch.equal(kept.split(split), dropped.split(split))
    names = originals(dropped, "train")
    assert len(set(names)) == len(names)
    held_out = {*originals(dropped, "validation"), *originals(dropped, "test")}
    assert not held_out & set(names)
    assert set(names) | held_out == set(originals(kept, "train")) | held_out
    count = len(kept) - len(dropped)
    assert count > 0
    assert f"; {count} near-duplicate" in dropped.summary()
    assert dropped.score_settings() == {"near_duplicates_dropped": count}
    assert dropped.fingerprint() != kept.fingerprint()
    assert kept.score_settings() == {}


def test_the_first_in_training_order_stays(folder) -> None:
    kept, dropped = load(folder), load(folder, duplicates="drop")
    order = kept.split("train").tolist()
    assert [row for row in order if row in set(dropped.split("train").tolist())] == dropped.split("train").tolist()


def test_a_limit_counts_distinct_images(folder) -> None:
    complete = load(folder, duplicates="drop")
    assert torch.equal(load(folder, duplicates="drop", limit=5).split("train"), complete.split("train")[:5])
    with pytest.raises(ValueError, match="duplicates=drop leaves"):
        load(folder, duplicates="drop", limit=len(complete) + 1)


def test_the_search_is_done_once(folder) -> None:
    first = load(folder, duplicates="drop")
    with patch.object(stored, "find_near_duplicates", side_effect=AssertionError):
        second = load(folder, duplicates="drop")
    assert torch.equal(first.split("train"), second.split("train"))


def test_a_damaged_cache_costs_only_time(folder, tmp_path) -> None:
    first = load(folder, duplicates="drop")
    (path,) = (tmp_path / "cache" / "duplicates").glob("*.safetensors")
    path.write_bytes(path.read_bytes()[:20])
    assert torch.equal(load(folder, duplicates="drop").split("train"), first.split("train"))


def test_another_choice_is_refused(folder) -> None:
    for build in (lambda: load(folder, duplicates="dorp"), lambda: ImageFolder.preview(path=".", duplicates="dorp")):
        with pytest.raises(ValueError, match="duplicates must be one of keep, drop, got 'dorp'; did you mean 'drop'"):
            build()


def test_groups_are_joined_along_chains_and_the_first_stays() -> None:
    groups = groups_of(8, torch.tensor([[5, 6], [1, 2], [2, 3], [3, 5]]))
    assert groups.tolist() == [0, 1, 1, 1, 4, 1, 1, 7]
    train = torch.tensor([7, 6, 2, 0, 5])
    assert drop_duplicates(train, torch.tensor([4]), groups).tolist() == [7, 6, 0]
    assert drop_duplicates(train, torch.tensor([3]), groups).tolist() == [7, 0]
    assert groups_of(3, torch.empty(0, 2, dtype=torch.int64)).tolist() == [0, 1, 2]
