import pytest
import torch
from support.pair_checks import assert_batches_depend_on_step_alone, assert_rows_belong_together

from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.corruptions import Blur, Downscale, Grey, Jpeg, Mask, Noise
from ganlab.data import Corrupted, Digits, Ring, normalize
from ganlab.data.image import ImageDataSet
from ganlab.data.readers.image_storage import InMemoryImages


class Colours(ImageDataSet):
    """Twenty smooth colour images of 16 by 16."""

    channels = 3

    def __init__(self, flip=False) -> None:
        small = torch.rand(20, 3, 4, 4, generator=torch.Generator().manual_seed(0)) * 255
        images = torch.nn.functional.interpolate(small, 16, mode="bicubic").clamp(0, 255).to(torch.uint8)
        options = {"conditional": False, "flip": flip, "validation": 0.1, "limit": 0, "test": 0.4}
        super().__init__(InMemoryImages(images), None, 0, 20, **options)


CORRUPTIONS = [
    (Downscale(), (3, 8, 8), {"bicubic"}),
    (Downscale(4, "box"), (3, 4, 4), {"bicubic"}),
    (Noise(), (3, 16, 16), {"input", "gaussian", "median"}),
    (Mask(), (4, 16, 16), {"mean", "diffusion"}),
    (Mask("pixels", 0.5), (4, 16, 16), {"mean", "diffusion"}),
    (Grey(), (1, 16, 16), {"grey"}),
    (Blur(), (3, 16, 16), {"input"}),
    (Jpeg(), (3, 16, 16), {"input"}),
]
every = pytest.mark.parametrize(
    ("corruption", "shape", "baselines"), CORRUPTIONS, ids=[f"{c.name}{i}" for i, (c, *_) in enumerate(CORRUPTIONS)]
)


@every
def test_the_source_is_the_corrupted_target(corruption, shape, baselines) -> None:
    data = Corrupted(Colours(), corruption)
    assert (
        data.spec
        == Spec((3, 16, 16), cond=shape, paired=True)
        == Corrupted.preview(images=Colours().spec, corruption=corruption)
    )
    assert_rows_belong_together(data)
    assert_batches_depend_on_step_alone(Corrupted(Colours(flip=True), corruption))
    batch = data.batch(data.split("train"), Random(1))
    assert (batch.cond.dtype, batch.cond.shape) == (torch.uint8, (10, *shape))


@every
def test_baselines_give_images_of_the_targets_shape(corruption, shape, baselines) -> None:
    data = Corrupted(Colours(), corruption)
    cond = normalize(data.batch(data.split("train")[:4], Random())).cond
    found = data.baselines()
    assert baselines <= set(found)
    for name, restore in found.items():
        restored = restore(cond)
        assert restored.shape == (4, 3, 16, 16), name
        assert restored.abs().max() <= 1.001, name


@every
def test_scores_have_the_same_inputs_for_every_seed_and_size_of_batches(corruption, shape, baselines) -> None:
    data = Corrupted(Colours(), corruption)
    rows = data.split("test")
    assert torch.equal(data.sources(rows)[[2]], data.sources(rows[[2]]))
    assert data.score_settings()["corruption"] == corruption.name
    assert data.fingerprint() == Corrupted(Colours(), corruption).fingerprint()


def test_training_draws_other_noise_at_every_step() -> None:
    data = Corrupted(Colours(), Noise())
    rows, random = data.split("train"), Random(0)
    first, second = (data.batch(rows, random.seek(step)).cond for step in (0, 1))
    assert not torch.equal(first, second)
    assert torch.equal(first, data.batch(rows, random.seek(0)).cond)
    assert not torch.equal(*data.sources(data.split("test")[:2]).int() - data.targets(data.split("test")[:2]).int())


def test_fingerprints_differ_by_the_settings_of_the_corruption() -> None:
    kinds = [Noise(10), Noise(20), Downscale(), Downscale(kernel="box"), Mask(), Mask("pixels")]
    assert len({Corrupted(Colours(), kind).fingerprint() for kind in kinds}) == len(kinds)


def test_classes_stay_known() -> None:
    data = Corrupted(Digits(16), Noise())
    (conditions,) = data.conditions(5, 0, "test")
    (real,) = data.real_samples(5, 0, "test")
    assert torch.equal(conditions.labels, real.cond)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("images", "corruption", "message"),
    [
        (
            lambda: Digits(15),
            Downscale(),
            "corruption.factor=2 needs images with sides that are multiples of it, got 15",
        ),
        (lambda: Digits(16), Grey(), "corruption=grey needs colour images of 3 channels, got 1"),
        (lambda: Digits(16, labels=True), Blur(), "data.images.labels must be false"),
        (Ring, Noise(), "data.images must be a data set of images"),
    ],
)
def test_images_that_cannot_be_corrupted_are_refused(images, corruption, message) -> None:
    with pytest.raises(ValueError, match=message):
        Corrupted(images(), corruption)
    with pytest.raises(ValueError, match=message):
        Corrupted.preview(images=images().spec, corruption=corruption)
