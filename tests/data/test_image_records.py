"""Which settings and programs share the records of decoded images."""

from pathlib import Path

import PIL
import pytest
from support.image_folders import IN_MEMORY, ON_DISK, both_places, content, open_folder

from ganlab.data import ImageFolder

pytestmark = pytest.mark.usefixtures("records")


@pytest.mark.parametrize(
    "settings", [{"resolution": 9}, {"resolution": [8, 9]}, {"channels": 1}, {"fit": "pad"}, {"max_pixels": 5000}]
)
@both_places
def test_other_pixels_have_other_records(class_images: Path, read: list[str], settings: dict, limit: int) -> None:
    open_folder(class_images, limit)
    ImageFolder(str(class_images), **{"resolution": 8, "memory_limit_mib": limit, **settings})
    assert len(read) == 20


def test_another_pillow_reads_again(class_images: Path, read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    open_folder(class_images)
    monkeypatch.setattr(PIL, "__version__", "0")
    open_folder(class_images)
    assert len(read) == 20


@both_places
def test_settings_that_leave_the_pixels_alone_share_records(class_images: Path, read: list[str], limit: int) -> None:
    open_folder(class_images, limit)
    open_folder(class_images, limit, labels=True, flip=True, validation=0.2, test=0, limit=3, on_error="skip")
    assert len(read) == 10


def test_records_without_pixels_do_not_suffice_in_memory(class_images: Path, read: list[str]) -> None:
    open_folder(class_images, ON_DISK)
    first = open_folder(class_images, IN_MEMORY)
    assert len(read) == 20
    open_folder(class_images, ON_DISK)
    assert content(open_folder(class_images, IN_MEMORY)) == content(first)
    assert len(read) == 20
