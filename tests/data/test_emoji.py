from pathlib import Path

import pytest
import torch
from support.bitmap_fonts import encode_png, write_bitmap_font

from ganlab.data import Emoji, emoji

COLOURS = ("red", "lime", "blue", "red", "#0000ff", "yellow", "black", "white", "gray", "purple")  # 8 distinct ones


@pytest.fixture
def font(tmp_path: Path) -> Path:
    path = tmp_path / emoji.FILE
    write_bitmap_font(path, [encode_png(colour) for colour in COLOURS])
    return path


def test_each_distinct_picture_is_read_once_on_white(font: Path) -> None:
    data = Emoji("nowhere", path=str(font), resolution=17, validation=0.25, test=0.25)
    assert data.spec.sample == (3, 17, 17)
    assert data.summary() == "images: 4 training, 2 validation, 2 test"
    pixels = data.images.take(torch.arange(8))
    assert pixels.dtype == torch.uint8
    assert pixels[:3, :, 8, 8].tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
    # 4 of 136 rows above and below the glyph are white, half a pixel here.
    assert pixels[0, 1, 0, 8] > 100
    assert pixels[0, 1, 8, 0] == 0


def test_the_folder_of_the_font_and_the_root_are_searched(font: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emoji, "FOLDERS", ())
    by_folder = Emoji("nowhere", path=str(font.parent), resolution=8)
    assert by_folder.fingerprint() == Emoji(str(font.parent), resolution=8).fingerprint()


def test_missing_and_other_files_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emoji, "FOLDERS", ())
    with pytest.raises(ValueError, match="is not on this machine: install the package fonts-noto-color-emoji"):
        Emoji(str(tmp_path))
    with pytest.raises(ValueError, match=r"path must be NotoColorEmoji\.ttf or its folder, got .*absent"):
        Emoji("nowhere", path=str(tmp_path / "absent"))
    with pytest.raises(ValueError, match="resolution must be at least 8, got 7"):
        Emoji("nowhere", resolution=7)
    other = tmp_path / "other.ttf"
    write_bitmap_font(other, [])
    text = tmp_path / "text.ttf"
    text.write_text("no font")
    for path in (other, text):
        with pytest.raises(ValueError, match=r"path must be a font with colour bitmaps \(table CBDT\), got"):
            Emoji("nowhere", path=str(path))


def test_a_damaged_picture_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "damaged.ttf"
    write_bitmap_font(path, [encode_png("red"), encode_png("blue")[:60]])
    with pytest.raises(ValueError, match=r"holds a picture that cannot be read .*install the font again"):
        Emoji("nowhere", path=str(path))


@pytest.mark.slow
def test_debians_font_has_3916_distinct_pictures() -> None:
    if not (Path(emoji.FOLDERS[0]) / emoji.FILE).exists():
        pytest.skip("the package fonts-noto-color-emoji is not installed")
    assert len(Emoji("nowhere", validation=0, test=0)) == 3916
