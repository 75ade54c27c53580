"""Finished samples are compared with real ones of the same kind only."""

import numpy as np
import pytest
from PIL import Image

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
