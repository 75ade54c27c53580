"""Finished texts in files: one alphabet for all of them, scores in closed form, and what is refused."""

import json
from pathlib import Path

import pytest
import torch
from support.short_texts import NARROW, text_lines
from support.small_runs import QUIET, go

import ganlab
from ganlab.commands.evaluate import main as evaluate
from ganlab.commands.exit_codes import guarded
from ganlab.commands.sample import main as sample
from ganlab.data.sample_files.open import open_sample_files
from ganlab.data.sample_files.reading import Reading
from ganlab.data.sample_files.text_lines import share_alphabet

METRICS = "metric=[ngram_divergence,unseen_real,novelty]"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "real.txt").write_text("abba\nbaab\n")
    (tmp_path / "fake.txt").write_text("abba\nabba\nxyz\n\n")
    (tmp_path / "train.txt").write_text("xyz\nab\n")
    return tmp_path


def scores(files: Path, *more: str) -> dict[str, float]:
    output = files / "scores.json"
    paths = [f"{name}={files / name}.txt" for name in ("real", "fake", "train")]
    assert guarded(evaluate, [*paths, f"output={output}", "protocol.resamples=0", METRICS, *more]) == 0
    return json.loads(output.read_text())["scores"]


def test_files_share_an_alphabet_and_keep_all_lines(files: Path) -> None:
    sets = [open_sample_files(files / f"{name}.txt") for name in ("real", "fake", "train")]
    hashes = [each.fingerprint() for each in sets]
    assert sets[0].spec != sets[1].spec
    share_alphabet(*sets)
    assert {each.spec.facts["symbols"] for each in sets} == {("a", "b", "x", "y", "z")}
    assert {each.spec.sample for each in sets} == {(5, 8)}
    assert list(map(len, sets)) == [2, 4, 2]
    assert [each.fingerprint() for each in sets] == hashes
    assert sets[1].take(torch.tensor([3])).argmax(-1)[0].tolist() == [2, 0, 0, 0, 0]  # the empty line


def test_scores_of_files_are_shares_of_lines(files: Path) -> None:
    found = scores(files)
    assert found["unseen_real"] == 0.5
    assert found["copied"] == 0.25
    assert 0 < found["js1"] < found["js4"] < 1
    (files / "fake.txt").write_text("baab\nabba\n")
    assert scores(files)["js4"] == pytest.approx(0, abs=1e-9)


def test_words_are_symbols_if_the_level_says_so(files: Path) -> None:
    for name in ("real", "fake", "train"):
        (files / f"{name}.txt").write_text("to be\nor not\n")
    opened = open_sample_files(files / "real.txt", Reading(level="word"))
    assert opened.spec.facts["symbols"] == ("be", "not", "or", "to")
    assert scores(files, "level=word")["js2"] == pytest.approx(0, abs=1e-9)


def test_files_and_settings_that_do_not_fit_are_refused(files: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(ValueError, match=r"empty\.txt holds no line"):
        open_sample_files(tmp_path / "empty.txt")
    with pytest.raises(ValueError, match="level must be one of character, word for finished texts, got 'bpe'"):
        open_sample_files(files / "real.txt", Reading(level="bpe"))
    with pytest.raises(ValueError, match="rate=8000 is no setting of texts"):
        open_sample_files(files / "real.txt", Reading(of_kind={"rate": 8000}))
    with pytest.raises(ValueError, match="level=word is no setting of samples other than texts"):
        open_sample_files(files, Reading(level="word"))


def test_samples_of_a_run_are_texts_that_can_be_scored(files: Path) -> None:
    go(files / "run", *text_lines(), *NARROW, *QUIET, "game=likelihood", "iterations=2", "batch_size=4")
    samples = ganlab.load(files / "run").sample(3)
    assert torch.equal(samples, ganlab.load(files / "run").sample(4)[:3])
    assert guarded(sample, [f"run={files / 'run'}", "n=5"]) == 0
    written = files / "run" / "generated"
    texts = (written / "texts.txt").read_text().split("\n")
    assert len(texts) == 6
    assert len(open_sample_files(written)) == 5
    assert (written / "sheet.png").is_file()
