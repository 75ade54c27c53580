import pytest
import torch
from support.pair_checks import assert_batches_depend_on_step_alone, assert_rows_belong_together

from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.corruptions import Downscale, Mask, Noise
from ganlab.corruptions.base import to_unit_range
from ganlab.corruptions.enlargement import enlarge
from ganlab.data import Corrupted, Digits, Photographs
from ganlab.data import photographs as module
from ganlab.data.readers.photograph_crops import PhotographCrops
from ganlab.data.readers.photograph_storage import InMemoryPhotographs


@pytest.fixture(scope="module")
def data() -> Photographs:
    pytest.importorskip("skimage")
    return Photographs(64)


def numbered(height: int, width: int) -> torch.Tensor:
    return torch.arange(height * width).view(1, height, width).remainder(251).to(torch.uint8)


def crops_of(photographs: list[torch.Tensor], side: int) -> PhotographCrops:
    return PhotographCrops(InMemoryPhotographs(photographs), side)


def test_parts_tile_a_photograph_from_its_middle() -> None:
    crops = crops_of([numbered(9, 14), numbered(5, 5)], 4)
    assert crops.photograph.tolist() == [0] * 6 + [1]
    parts = crops.take(torch.arange(7))
    assert torch.equal(parts[0], numbered(9, 14)[:, 0:4, 1:5])  # one pixel is left over on each side
    assert torch.equal(parts[5], numbered(9, 14)[:, 4:8, 9:13])
    assert torch.equal(parts[6], numbered(5, 5)[:, :4, :4])


def test_parts_for_training_are_at_random_places_of_the_same_photograph() -> None:
    crops = crops_of([numbered(9, 9) // 2, numbered(9, 9) // 2 + 128], 4)
    rows = torch.arange(len(crops)).repeat(50)
    parts = crops.draw(rows, Random(0))
    assert torch.equal(parts.flatten(1).amin(1) >= 128, crops.photograph[rows] == 1)
    corners = (parts[:, 0, 0, 0] % 128)[crops.photograph[rows] == 0]
    assert len(corners.unique()) > 20  # of 36 places, and halves
    assert torch.equal(parts, crops.draw(rows, Random(0)))


@pytest.mark.parametrize("side", [3, 10])
def test_parts_do_not_exceed_the_photographs(side: int) -> None:
    with pytest.raises(ValueError, match=f"resolution must be from 4 to 9, .* got {side}"):
        crops_of([numbered(9, 14)], side)


def test_whole_photographs_are_held_out(data: Photographs) -> None:
    assert data.spec == Spec((3, 64, 64)) == Photographs.preview(resolution=64)
    assert data.summary() == (
        "images: 206 training, 141 validation, 120 test; parts of photographs: 4 training, 2 validation, 2 test"
    )
    splits = [{data.image_name(int(i)).rpartition(" ")[2] for i in data.split(s)} for s in ("train", "test")]
    assert splits == [{"astronaut", "coffee", "chelsea", "rocket"}, {"china", "flower"}]
    assert_batches_depend_on_step_alone(Corrupted(data, Downscale()))
    assert_rows_belong_together(Corrupted(data, Noise()))


def test_half_of_the_training_parts_are_mirrored(data: Photographs) -> None:
    rows = data.split("train")[:40]
    plain, batch = Photographs(64, flip=False).batch(rows, Random(1)), data.batch(rows, Random(1))
    same = (plain.sample == batch.sample).flatten(1).all(1)
    mirrored = (plain.sample.flip(-1) == batch.sample).flatten(1).all(1)
    assert (same ^ mirrored).all()
    assert 10 < mirrored.sum() < 30


def test_bicubic_enlargement_of_the_test_photographs_has_its_known_psnr(data: Photographs) -> None:
    pairs = dict(Corrupted(data, Downscale()).whole_pairs("test"))
    assert [tuple(pair.truth.shape) for pair in pairs.values()] == [(1, 3, 424, 640)] * 2
    for name, expected in (("china", 23.1), ("flower", 34.0)):
        error = (enlarge(to_unit_range(pairs[name].cond), 2) - to_unit_range(pairs[name].truth)) / 2
        assert -10 * float(error.square().mean().log10()) == pytest.approx(expected, abs=0.1)


def test_whole_photographs_are_corrupted_alike_every_time(data: Photographs) -> None:
    first, again = (dict(Corrupted(data, Mask()).whole_pairs("test")) for _ in range(2))
    assert list(first) == ["china", "flower"]
    assert all(torch.equal(first[name].cond, again[name].cond) for name in first)
    assert not torch.equal(first["china"].cond[:, 3], first["flower"].cond[:, 3])
    with pytest.raises(ValueError, match="split must be one of"):
        list(data.whole_images("all"))


def test_other_images_are_no_parts() -> None:
    assert list(Corrupted(Digits(16), Noise()).whole_pairs("test")) == []


def test_a_missing_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda package: None)
    with pytest.raises(ValueError, match=r"needs scikit-image, which is not installed; pip install 'ganlab\[photos\]'"):
        Photographs()
