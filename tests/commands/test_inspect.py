"""`ganlab inspect`: every planted fault is found, and nothing is changed."""

import json
from hashlib import sha256

import numpy as np
import pytest
from PIL import Image
from support.faulty_images import (
    ALPHA,
    BLANK,
    COPY,
    DEEP,
    EMPTY,
    GREY,
    NEARLY_BLANK,
    ORIGINAL,
    SMALL,
    TRUNCATED,
    WIDE,
    write_faulty_folder,
)

from ganlab.commands.completion import complete
from ganlab.commands.exit_codes import guarded
from ganlab.commands.inspect import main


def digests(folder):
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def inspected(tmp_path_factory):
    """Return the folder with the faults, what it held before, and that of the report."""
    root = tmp_path_factory.mktemp("inspect")
    write_faulty_folder(root / "images")
    before = digests(root / "images")
    assert (
        guarded(main, ["data=image_folder", f"data.path={root / 'images'}", f"output={root / 'out'}", "steps=0"]) == 0
    )
    return root / "images", before, root / "out"


@pytest.fixture(scope="module")
def findings(inspected):
    content = json.loads((inspected[2] / "report.json").read_text())
    return {finding["name"]: finding for finding in content["findings"]}


def test_damaged_files_are_listed_with_their_reason(findings) -> None:
    damaged = findings["damaged"]
    assert [line.partition(":")[0] for line in damaged["images"]] == [EMPTY, TRUNCATED]
    assert "it is empty" in damaged["sentence"]
    assert damaged["severity"] == "fault"


@pytest.mark.parametrize(("name", "images"), [("blank", [BLANK, NEARLY_BLANK]), ("enlarged", [SMALL]), ("cut", [WIDE])])
def test_a_planted_fault_is_found_alone(findings, name, images) -> None:
    assert [line.partition(":")[0] for line in findings[name]["images"]] == images


def test_a_copy_is_found_within_a_split_or_across_splits(findings) -> None:
    lines = [line for name in ("leaks", "near_duplicates") if name in findings for line in findings[name]["images"]]
    (line,) = [line for line in lines if COPY in line]
    assert ORIGINAL in line
    assert "mirrored" in line
    assert len(lines) == 1


def test_grey_images_among_colour_are_named(findings) -> None:
    assert {GREY, DEEP} <= set(findings["grey"]["images"])
    assert ALPHA not in findings["grey"]["images"]


def test_modes_are_counted(findings) -> None:
    modes = findings["modes"]["modes"]
    assert {mode: modes[mode] for mode in modes if mode != "colour"} == {
        "grey": 1,
        "16-bit grey": 1,
        "CMYK (print)": 1,
        "palette": 1,
        "colour with opacity": 1,
    }
    assert "transparent pixels become white" in findings["modes"]["sentence"]


def test_images_are_not_changed(inspected) -> None:
    folder, before, _ = inspected
    assert digests(folder) == before


def test_every_finding_with_images_has_a_sheet(inspected, findings) -> None:
    out = inspected[2]
    assert {path.stem for path in out.glob("*.png")} >= {"blank", "cut", "enlarged", "grey", "outliers"}
    for path in out.glob("*.png"):
        assert path.stem in findings
        with Image.open(path) as sheet:
            assert sheet.width > 200
    assert sorted(path.suffix for path in out.iterdir() if path.suffix != ".png") == [".json"]


def test_digits_have_no_warning_and_a_second_report_replaces_the_first(tmp_path, capsys) -> None:
    out = tmp_path / "out"
    assert guarded(main, ["data=digits", "n=300", "steps=1", f"output={out}"]) == 0
    first = capsys.readouterr().out
    assert "s per step of 64 images, so iterations=5000 take about" in first
    (out / "former.png").write_bytes(b"x")
    assert guarded(main, ["data=digits", "n=200", "steps=0", f"output={out}"]) == 0
    text = capsys.readouterr().out
    assert "per step" not in text
    assert "looked at 200 of 1,797" in text
    assert "\nfault" not in text
    assert "warning  near_duplicates" not in first
    assert "data.flip=false" in text
    assert not (out / "former.png").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["data=ring"], "ganlab inspect looks at images only"),
        (["data=digits", "n=x"], "n must be an integer of at least 0, got 'x'"),
        (["data=digits", "data.resolutoin=16"], "did you mean 'resolution'"),
        (["data=digits", "--fast"], "'--fast' is not a flag of ganlab inspect"),
        (["data=image_folder", "data.path=absent"], "absent does not exist"),
        (["data=digits", "output={own}"], "holds files that `ganlab inspect` did not write (such as own.txt)"),
        (["data=digits", "output={own}/own.txt"], "is a file; choose a folder"),
    ],
)
def test_errors_are_one_sentence_and_leave_nothing(arguments, sentence, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "own.txt").write_text("mine")
    assert guarded(main, [argument.replace("{own}", str(tmp_path / "own")) for argument in arguments]) == 2
    assert sentence in capsys.readouterr().err
    assert [path.name for path in tmp_path.rglob("*")] == ["own", "own.txt"]


def test_settings_of_training_and_its_own_are_completed() -> None:
    assert "output=" in complete("ganlab inspect out")
    assert "data=image_folder" in complete("ganlab inspect data=im")
    assert "inspect" in complete("ganlab ins")


def test_of_pairs_the_targets_are_looked_at(tmp_path, capsys):
    for number in range(12):
        pixels = np.random.default_rng(number // 2).integers(0, 256, (16, 16, 3), np.uint8)  # every target twice
        both = np.concatenate([np.full_like(pixels, 7), pixels], 1)
        (tmp_path / "pairs").mkdir(exist_ok=True)
        Image.fromarray(both).save(tmp_path / "pairs" / f"{number}.png")
    settings = ["data.resolution=16", "data.jitter=0", *(f"{net}.width=4" for net in ("generator", "discriminator"))]
    line = ["experiment=pix2pix", f"data.path={tmp_path / 'pairs'}", *settings, "generator.depth=2"]
    out = tmp_path / "report"
    more = ["discriminator.layers=1", "features=identity", "steps=2", f"output={out}"]
    assert guarded(main, [*line, *more]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("pairs of images: 10 training, 1 validation, 1 test; what follows is about the targets\n")
    assert "near-duplicates" in printed
    assert "s per step of 1 image" in printed
    assert json.loads((out / "report.json").read_text())["shape"] == [3, 16, 16]
