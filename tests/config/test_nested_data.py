from pathlib import Path

import pytest
from support.image_folders import save_image
from support.pair_checks import TRANSLATORS

from ganlab.config import compose, instantiate
from ganlab.config.dry_build import preview
from ganlab.core.errors import ConfigurationError


@pytest.fixture(autouse=True)
def _networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANLAB_ALLOW", "support")


@pytest.mark.parametrize("line", ["data.images=digits", "data@data.images=digits"])
def test_the_images_are_chosen_like_a_group(line: str) -> None:
    config = compose(["data=edges", line, "data.images.resolution=16", "data.images.limit=20", *TRANSLATORS])
    assert config.data.images._target_ == "ganlab.data.Digits"
    data = instantiate(config.data)
    assert (data.spec, len(data)) == (preview(config.data), 20)


def test_the_default_images_are_described_without_being_read() -> None:
    config = compose(["data=edges", *TRANSLATORS])
    assert config.data.images.data_root == config.data_root
    assert preview(config.data).sample == (1, 28, 28)


def test_settings_of_the_images_are_found_from_them(tmp_path: Path) -> None:
    for number in range(10):
        save_image(tmp_path / "images" / f"{number}.bmp", number)
    settings = [f"data.images.path={tmp_path}/images", "data.images.resolution=auto", "data.images.channels=auto"]
    config = compose(["data=edges", "data.images=image_folder", *settings, *TRANSLATORS])
    assert (config.data.images.resolution, config.data.images.channels) == (32, 3)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["data.images=digit"], "data: there is no 'digit'; choose .* did you mean 'digits'"),
        (
            ["data=digits", "data.images=emoji"],
            "data.images: the chosen data holds no component of this name; remove it",
        ),
        (["data.images=ring"], "data.images must be a data set of images, got samples of shape"),
        (
            ["data.images=digits", "data.images.lables=1"],
            "data.images.lables: Digits has no such setting; did you mean",
        ),
        (["data.images=image_folder"], "data.images.path: no value is set; write data.images.path=VALUE"),
    ],
)
def test_what_cannot_be_read_is_reported_before_anything_is_read(lines: list[str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        compose([*([] if "data=digits" in lines else ["data=edges"]), *lines, *TRANSLATORS])


def test_a_corruption_is_chosen_like_a_component() -> None:
    config = compose(
        ["data=corrupted", "corruption=noise", "corruption.sigma=9", "data.images.resolution=16", *TRANSLATORS]
    )
    data = instantiate(config.data)
    assert data.corruption.settings() == {"corruption": "noise", "corruption_sigma": 9.0}
    assert preview(config.data) == data.spec
    assert compose(["data=corrupted", *TRANSLATORS]).corruption.factor == 2
    assert "corruption" not in compose([])


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["corruption=noise"], "corruption=noise: Digits is not corrupted; write data=corrupted data.images=NAME"),
        (["data=corrupted", "corruption=fog"], "corruption: there is no 'fog'; choose blur, downscale"),
        (["data=corrupted", "corruption.factr=3"], "corruption.factr: Downscale has no such setting; did you mean"),
        (
            ["data=corrupted", "corruption.factor=3"],
            "corruption.factor=3 needs images with sides that are multiples of it",
        ),
    ],
)
def test_a_corruption_that_does_not_fit_is_one_sentence(lines: list[str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        compose([*lines, *(TRANSLATORS if len(lines) > 1 else [])])
    assert len(caught.value.issues) == 1
