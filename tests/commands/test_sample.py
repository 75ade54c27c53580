"""`ganlab sample`: rows from one latent to another, sheets by class, and what an earlier call wrote."""

import errno

import numpy as np
import pytest
from PIL import Image
from support.small_runs import DIGITS, POINTS, go

import ganlab
from ganlab.commands.exit_codes import guarded
from ganlab.commands.sample import main
from ganlab.kinds import ImageKind, Sheet


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    return go(tmp_path_factory.mktemp("labelled") / "run", *DIGITS, "data.labels=true").run_dir


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    return go(tmp_path_factory.mktemp("points") / "run", *POINTS).run_dir


def test_rows_go_from_one_latent_to_another(labelled, tmp_path, capsys):
    out = tmp_path / "out"
    assert guarded(main, [f"run={labelled}", "interpolate=5", "seed=3", f"output={out}"]) == 0
    assert capsys.readouterr().err == f"wrote 40 samples to {out}\n"
    batch = ganlab.load(labelled).interpolate_batch(5, seed=3, paths=8)
    assert np.array_equal(np.load(out / "samples.npy"), batch.sample.numpy())
    rows = [line.split(",") for line in (out / "images" / "classes.csv").read_text().split()]
    assert rows == [[f"{number:02}.png", str(label)] for number, label in enumerate(batch.cond.tolist())]


def test_classes_are_given_for_each_row(labelled, tmp_path):
    settings = [f"run={labelled}", "interpolate=3", "n=6", "path=linear", f"output={tmp_path}/out"]
    assert guarded(main, [*settings, "cond=[7,2]"]) == 0
    expected = ganlab.load(labelled).interpolate(3, "linear", cond=[7, 2], paths=2)
    assert np.array_equal(np.load(tmp_path / "out" / "samples.npy"), expected.numpy())
    height, width = np.asarray(Image.open(tmp_path / "out" / "sheet.png")).shape
    assert width > height


def test_paths_of_points_are_one_sheet(points, tmp_path):
    assert guarded(main, [f"run={points}", "interpolate=50", "n=100", f"output={tmp_path}"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["samples.npy", "sheet.png"]


def _fail(*arguments):
    raise AssertionError("samples were made")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["interpolate=1"], "interpolate must be an integer of at least 2, got '1'"),
        (["interpolate=x"], "interpolate must be an integer of at least 2, got 'x'"),
        (["interpolate=" + 5000 * "9"], f"interpolate must be at most {2**63 - 1}, got 5000 digits"),
        (["interpolate=8", "n=20"], "n must be a multiple of interpolate=8, such as 64, got 20"),
        (["interpolate=8", "n=0"], "n must be a multiple of interpolate=8, such as 64, got 0"),
        (["path=linear"], "path needs interpolate=N, the number of samples from one latent to another"),
        (["interpolate=8", "path=liner"], "there is no path 'liner'; choose spherical, linear; did you mean 'linear'?"),
        (
            ["interpolate=8", "cond=[1,2]"],
            "cond must be a class from 0 to 9, or a list of 8 of them, one for each row, got [1,2]",
        ),
        (
            ["encoding=pcm16"],
            "this run generates images (channels, height, width), which have no encoding=pcm16; leave it out",
        ),
        (["interpolat=8"], "'interpolat=8' is not a setting of ganlab sample; did you mean 'interpolate'?"),
    ],
)
def test_errors_are_one_sentence_before_a_sample_is_made(settings, sentence, labelled, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("ganlab.games.sampler.Sampler.sample_batch", _fail)
    assert guarded(main, [f"run={labelled}", f"output={tmp_path}/out", *settings]) == 2
    assert capsys.readouterr().err == f"{sentence}\n"
    assert not (tmp_path / "out").exists()


def test_a_name_that_is_nearly_a_class_is_suggested(tmp_path, capsys):
    for number in range(20):
        path = tmp_path / "images" / ("red flower" if number % 2 else "tree") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (number, 0, 0)).save(path)
    data = [f"data.path={tmp_path / 'images'}", "data=image_folder", "data.labels=true"]
    run = go(tmp_path / "run", *DIGITS, *data, "iterations=1").run_dir
    capsys.readouterr()
    assert guarded(main, [f"run={run}", "n=1", "cond=red flowr"]) == 2
    assert capsys.readouterr().err.endswith("got red flowr; did you mean 'red flower'?\n")
    assert guarded(main, [f"run={run}", "n=4", "cond=red flower"]) == 0


def test_another_call_replaces_the_pictures_of_the_last_and_leaves_other_files(labelled, tmp_path):
    for settings in (["n=30"], ["interpolate=3", "n=6"]):
        assert guarded(main, [f"run={labelled}", f"output={tmp_path}", *settings]) == 0
        (tmp_path / "notes.txt").write_text("mine")
    assert len(list((tmp_path / "images").glob("*.png"))) == 6
    assert len(np.load(tmp_path / "samples.npy")) == 6
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_call_that_fails_leaves_the_files_of_the_last(labelled, tmp_path, capsys, monkeypatch):
    def content():
        return {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    assert guarded(main, [f"run={labelled}", f"output={tmp_path}", "n=6"]) == 0
    former = content()

    def fail(*arguments, **settings):
        raise OSError(errno.ENOSPC, "No space left on device")

    for place in ("ganlab.kinds.sample_folder.csv.writer", "ganlab.commands.sample_files.save_picture"):
        capsys.readouterr()
        with monkeypatch.context() as patch:
            patch.setattr(place, fail)
            assert guarded(main, [f"run={labelled}", f"output={tmp_path}", "n=30"]) == 2
        sentence = f"output={tmp_path} cannot be written (No space left on device); choose another folder\n"
        assert capsys.readouterr().err == sentence
        assert content() == former
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images", "samples.npy", "sheet.png"]


def test_nothing_of_another_kind_of_samples_stays(labelled, points, tmp_path):
    (tmp_path / ".draft").mkdir()  # as a call that was killed leaves it
    (tmp_path / ".draft" / "000.png").write_text("")
    assert guarded(main, [f"run={labelled}", f"output={tmp_path}", "n=6"]) == 0
    assert len([*(tmp_path / "images").iterdir()]) == 7
    (tmp_path / "images" / "notes.txt").write_text("mine")
    assert guarded(main, [f"run={points}", f"output={tmp_path}", "n=6"]) == 0
    assert [path.name for path in (tmp_path / "images").iterdir()] == ["notes.txt"]
    (tmp_path / "images" / "notes.txt").unlink()
    assert guarded(main, [f"run={points}", f"output={tmp_path}", "n=0"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["samples.npy"]


def test_the_sheet_shows_the_first_samples_by_class(labelled, tmp_path):
    assert guarded(main, [f"run={labelled}", "n=100", f"output={tmp_path}"]) == 0
    batch = ganlab.load(labelled).sample_batch(64)
    expected = ImageKind().draw(Sheet(batch.sample, "generated samples", "the first of 100", batch.cond))
    assert np.array_equal(np.asarray(expected), np.asarray(Image.open(tmp_path / "sheet.png")))
