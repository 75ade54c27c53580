"""Finished samples are compared with real ones of the same kind only."""

import numpy as np
import pytest
from PIL import Image
from support.sound_folders import sine, write_wav

from ganlab.commands.evaluate import main
from ganlab.commands.exit_codes import guarded


@pytest.fixture
def files(tmp_path):
    np.save(tmp_path / "points.npy", np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32))
    np.save(tmp_path / "numbers.npy", np.random.default_rng(0).normal(size=(20, 1)).astype(np.float32))
    (tmp_path / "images").mkdir()
    for number in range(4):
        Image.new("L", (8, 8), number).save(tmp_path / "images" / f"{number}.png")
    return tmp_path


@pytest.mark.parametrize(
    ("real", "fake", "sentence"),
    [
        ("points.npy", "images", "the real samples are points (dimensions,) and the others images (channels, height, "),
        ("images", "points.npy", "the real samples are images (channels, height, width) and the others points"),
        ("points.npy", "numbers.npy", "the real samples are points (dimensions,) and the others numbers (1,)"),
    ],
)
def test_other_kinds_are_refused(real, fake, sentence, files, capsys):
    settings = [f"real={files / real}", f"fake={files / fake}", f"output={files / 'scores.json'}", "metric=[fid]"]
    assert guarded(main, settings) == 2
    message = capsys.readouterr().err
    assert "must be of one kind, but " + sentence in message
    assert message.count("\n") == 1
    assert not (files / "scores.json").exists()


def test_training_samples_of_another_kind_are_refused(files, capsys):
    paths = {"real": "points.npy", "fake": "points.npy", "train": "images"}
    assert guarded(main, [f"{name}={files / path}" for name, path in paths.items()]) == 2
    assert f"real={files / 'points.npy'} and train={files / 'images'} must be of one kind" in capsys.readouterr().err


@pytest.mark.parametrize("other", ["fake", "train"])
def test_sounds_of_two_rates_are_refused_with_the_setting_that_resamples_them(other, tmp_path, capsys):
    pytest.importorskip("soundfile", reason="the extra 'audio' is not installed")
    for name in ("real", "fake", "train"):
        for number in range(4):
            rate = 4000 if name == other else 8000
            write_wav(tmp_path / name / f"{number}.wav", sine(100 + 50 * number, 0.3, rate), rate)
    settings = [f"{name}={tmp_path / name}" for name in ("real", "fake", "train")]
    settings += [f"output={tmp_path / 'scores.json'}", "metric=[fid]", "features=log_mel"]
    assert guarded(main, settings) == 2
    assert (
        f"real={tmp_path / 'real'} and {other}={tmp_path / other} differ: rate is 8000 for real and 4000 for {other}; "
        "set rate=4000 to convert all\n"
    ) in capsys.readouterr().err
    assert guarded(main, [*settings, "rate=4000"]) == 0
