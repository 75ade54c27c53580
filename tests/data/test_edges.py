import pytest
import torch
from support.image_pairs import assert_batches_depend_on_step_alone, assert_rows_belong_together

from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.data import Digits, Edges, Ring, normalize
from ganlab.data.edges import find_edges, sobel_magnitude


def digits(**settings) -> Edges:
    return Edges(Digits(16, **settings))


def test_a_step_of_brightness_has_the_magnitude_of_the_sobel_filter() -> None:
    grey = torch.zeros(1, 1, 6, 8)
    grey[..., 4:] = 50.0
    expected = torch.zeros(6, 8)
    expected[:, 3:5] = 4 * 50.0
    assert torch.equal(sobel_magnitude(grey)[0, 0], expected)
    assert torch.equal(sobel_magnitude(grey.mT)[0, 0], expected.T)


def test_the_magnitude_is_that_of_scipy() -> None:
    from scipy import ndimage

    grey = torch.rand(1, 1, 9, 7, generator=torch.Generator().manual_seed(0)) * 255
    both = [torch.from_numpy(ndimage.sobel(grey[0, 0].numpy(), axis, mode="nearest")) for axis in (0, 1)]
    torch.testing.assert_close(sobel_magnitude(grey)[0, 0], torch.hypot(*both))


def test_edges_are_where_the_magnitude_exceeds_the_threshold() -> None:
    image = torch.zeros(1, 1, 6, 8, dtype=torch.uint8)
    image[..., 4:] = 50
    assert find_edges(image, 200).max() == 0
    assert find_edges(image, 199)[0, 0, :, 3:5].min() == 255
    assert (find_edges(image, 199) > 0).sum() == 12


def test_a_colour_image_has_the_edges_of_its_luminance() -> None:
    red = torch.zeros(1, 3, 4, 8, dtype=torch.uint8)
    red[:, 0, :, 4:] = 200
    assert find_edges(red, 4 * 0.299 * 200 - 1).any()
    assert not find_edges(red, 4 * 0.299 * 200 + 1).any()


def test_every_image_has_its_own_edges_flipped_or_not() -> None:
    data = digits(flip=True)
    batch = data.batch(data.split("train")[:20], Random(2))
    plain = data.targets(data.split("train")[:20])
    flipped = (batch.sample != plain).flatten(1).any(1)
    assert 0 < flipped.sum() < 20
    assert torch.equal(batch.cond, find_edges(batch.sample, 150))
    assert batch.cond.dtype == torch.uint8


def test_pairs_stay_together_in_scores_and_over_a_resumption() -> None:
    assert_rows_belong_together(digits(limit=5))
    assert_batches_depend_on_step_alone(digits(flip=True))


def test_classes_are_known_for_scores_but_no_network_sees_them() -> None:
    data = digits()
    assert data.spec == Spec((1, 16, 16), cond=(1, 16, 16), paired=True)
    (conditions,) = data.conditions(7, 0, "test")
    (real,) = data.real_samples(7, 0, "test")
    assert conditions.labels is not None
    assert torch.equal(conditions.labels, real.cond)
    assert (data.classes_available, data.classifier) == (10, "digits")


def test_the_baseline_is_the_edge_map() -> None:
    data = digits()
    source = next(data.conditions(3, 0, "test")).cond
    cond = normalize(data.batch(data.split("test")[:3], Random())).cond
    assert source.unique().tolist() == [0, 255]
    assert torch.equal(data.baselines()["edges"](cond), cond)


def test_the_fingerprint_depends_on_threshold_and_images() -> None:
    prints = {digits().fingerprint(), Edges(Digits(16), 100).fingerprint(), digits(limit=9).fingerprint()}
    assert len(prints) == 3
    assert digits().fingerprint() in prints
    assert Edges(Digits(16), 100).score_settings() == {"edge_threshold": 100}


@pytest.mark.parametrize(
    ("images", "threshold", "message"),
    [
        (lambda: Digits(16), -1.0, "threshold must be at least 0, got -1.0"),
        (lambda: Digits(16, labels=True), 150.0, "data.images.labels must be false"),
        (Ring, 150.0, "data.images must be a data set of images, got samples of shape \\(2,\\)"),
    ],
)
def test_what_cannot_have_edges_is_refused(images, threshold: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Edges(images(), threshold)
    with pytest.raises(ValueError, match=message):
        Edges.preview(images=images().spec, threshold=threshold)


def test_an_empty_split_is_an_error_of_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"this data has no test images: raise data\.test"):
        digits(test=0).conditions(0, 0, "test")
    with pytest.raises(ValueError, match="split must be one of"):
        digits().split("all")
