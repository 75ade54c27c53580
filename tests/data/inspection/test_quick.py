"""The lines before training: only what is wrong, at most three, and none if the look would not be cheap."""

import torch
from support.faulty_images import write_faulty_folder
from support.planted_duplicates import photograph_parts

from ganlab.data import Digits, ImageFolder, Ring
from ganlab.data.inspection.quick import ADVICE, quick_lines

LONG = 1_000_000  # samples


def test_the_worst_findings_come_first_in_three_lines_with_a_pointer(tmp_path) -> None:
    path = tmp_path / "images"
    write_faulty_folder(path)
    lines = quick_lines(ImageFolder(str(path), 64, on_error="skip"), LONG)
    assert [line.partition(" ")[0] for line in lines] == ["warning:"] * len(lines)
    assert 1 <= len(lines) <= 3
    assert "blank image" in lines[0]
    assert lines[-1].endswith(f"({ADVICE})")


def test_equal_images_across_splits_are_a_fault(tmp_path) -> None:
    path = tmp_path / "images"
    path.mkdir()
    for number, part in enumerate(photograph_parts(142)[:10]):
        for copy in range(2):
            part.save(path / f"{number}{copy}.png")
    lines = quick_lines(ImageFolder(str(path), 64, validation=0.4), LONG)
    assert lines[0].startswith("fault: near-duplicates in another split")
    assert quick_lines(ImageFolder(str(path), 64, validation=0.4, duplicates="drop"), LONG) == []


def test_shipped_digits_short_runs_other_data_and_images_on_disk_have_none(tmp_path) -> None:
    path = tmp_path / "images"
    write_faulty_folder(path)
    assert quick_lines(Digits(), LONG) == []
    assert quick_lines(Ring(), LONG) == []
    assert quick_lines(ImageFolder(str(path), 64, on_error="skip"), 300) == []
    assert quick_lines(ImageFolder(str(path), 64, on_error="skip", memory_limit_mib=0), LONG) == []


def test_digits_with_planted_equal_images_have_a_line() -> None:
    data = Digits()
    table = data.images.take(torch.arange(len(data.images)))
    table[data.split("test")[:50]] = table[data.split("train")[:50]]
    data.images.table = table  # type: ignore[attr-defined]
    (line,) = quick_lines(data, LONG)
    assert line.startswith("fault: near-duplicates in another split: of 50 of")
