from pathlib import Path

import pytest
from support.pair_checks import TRANSLATORS
from support.small_runs import QUIET, assert_same, go, state

SETTINGS = [*TRANSLATORS, *QUIET, "latent.size=4", "regularizer=[]", "batch_size=4"]
DATA = [
    ["data=corrupted", "data.images=digits", "data.images.resolution=16", "data.images.flip=true", "corruption=noise"],
    ["data=digit_styles"],
]


@pytest.mark.parametrize("lines", DATA, ids=["corrupted", "unpaired"])
def test_a_resumed_run_is_an_uninterrupted_one_bit_for_bit(tmp_path: Path, monkeypatch, lines: list[str]) -> None:
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    go(tmp_path / "whole", *lines, *SETTINGS, "iterations=4")
    go(tmp_path / "halves", *lines, *SETTINGS, "iterations=2")
    go(tmp_path / "halves", *lines, *SETTINGS, "iterations=4")
    assert_same(state(tmp_path / "whole"), state(tmp_path / "halves"))
