"""`data=speech_prompts`: the clips that are held out, and random places in training."""

from pathlib import Path

import pytest
import torch
from support.sound_folders import sine, write_wav

from ganlab.core.random import Random
from ganlab.data import SpeechPrompts, speech_prompts
from ganlab.data.dataset import SPLITS
from ganlab.data.splits import seeded_permutation

pytest.importorskip("soundfile", reason="the extra 'audio' is not installed")

HELD_OUT = speech_prompts.read_held_out()
CLIPS = [name for names in HELD_OUT.values() for name in names]
INSTALLED = pytest.mark.skipif(
    not Path(speech_prompts.FOLDER).is_dir(), reason=f"{speech_prompts.PACKAGE} is not installed"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The held-out clips and twelve others, tones of different frequencies and lengths, and what is left out."""
    for number, name in enumerate([*CLIPS, *(f"other/{row}" for row in range(12))]):
        write_wav(tmp_path / f"{name}.wav", sine(100 + 20 * number, 0.05 + 0.002 * number))
    for name in ("beep", "silence/1"):
        write_wav(tmp_path / f"{name}.wav", sine(333))
    return tmp_path


def clips_of(data: SpeechPrompts, split: str) -> list[str]:
    """Return the names without suffix of the sounds that a split has parts of."""
    numbers = data.windows.sound[data.split(split)].unique_consecutive().tolist()
    return [data.names[number].removesuffix(".wav") for number in numbers]


def test_the_listed_clips_are_held_out(folder: Path) -> None:
    data = SpeechPrompts("nowhere", path=str(folder), samples=256)
    names = [clips_of(data, split) for split in SPLITS]
    assert names[1:] == [HELD_OUT["validation"], HELD_OUT["test"]]
    assert sorted(names[0]) == sorted(f"other/{row}" for row in range(12))
    assert data.spec == SpeechPrompts.preview(samples=256)
    assert len(clips_of(SpeechPrompts("nowhere", path=str(folder), samples=256, limit=3), "train")) == 3


def test_training_begins_at_random_places_and_scores_at_fixed_ones(folder: Path) -> None:
    data = SpeechPrompts("nowhere", path=str(folder), samples=256)
    rows = data.split("train").repeat(8)
    first = data.batch(rows, Random(1)).sample
    assert torch.equal(first, data.batch(rows, Random(1)).sample)
    assert not torch.equal(first, data.batch(rows, Random(2)).sample)
    for row, part in zip(rows.tolist(), first[:, :, 0], strict=True):
        whole = data.windows.storage.read(int(data.windows.sound[row])).float()[:, 0] / 32768
        windows = whole.unfold(0, 256, 1)
        assert (windows == part).all(1).any()
    assert torch.equal(*(next(data.real_samples(split="test")).sample for _ in range(2)))


def test_parts_of_ranks_are_those_of_one_process(folder: Path) -> None:
    data = SpeechPrompts("nowhere", path=str(folder), samples=256)
    rows = data.split("train")[:8]
    joined = data.batch(rows, Random(1).seek(5)).sample
    halves = [data.batch(rows[4 * part :][:4], Random(1).seek(5, part, 2)).sample for part in range(2)]
    assert torch.equal(torch.cat(halves), joined)


def test_absent_clips_are_one_sentence(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / f"{HELD_OUT['test'][0]}.wav").unlink()
    with pytest.raises(ValueError, match=rf"lacks 1 of the 68 clips .* such as {HELD_OUT['test'][0]}.wav; give the"):
        SpeechPrompts("nowhere", path=str(folder))
    monkeypatch.setattr(speech_prompts, "FOLDER", str(tmp_path / "absent"))
    with pytest.raises(ValueError, match="install asterisk-core-sounds-en-wav"):
        SpeechPrompts("nowhere")
    with pytest.raises(ValueError, match=r"path must be the folder en_US_f_Allison .*/absent does not exist; give"):
        SpeechPrompts("nowhere", path=str(tmp_path / "absent"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"path must hold sound files .*/empty and its subfolders hold none"):
        SpeechPrompts("nowhere", path=str(tmp_path / "empty"))
    write_wav(tmp_path / "other" / "a.wav", sine(300))
    with pytest.raises(ValueError, match=r"/other lacks 68 of the 68 clips .*; give the folder en_US_f_Allison"):
        SpeechPrompts("nowhere", path=str(tmp_path / "other"))


def test_a_list_of_34_clips_each_is_in_the_package() -> None:
    assert {split: len(names) for split, names in HELD_OUT.items()} == {"validation": 34, "test": 34}
    assert len(set(CLIPS)) == 68


@INSTALLED
def test_debians_clips_are_held_out_by_the_rule() -> None:
    names = speech_prompts.choose_speech(speech_prompts.list_sounds(speech_prompts.FOLDER).names)
    assert len(names) == 552
    stems = sorted(name.removesuffix(".wav") for name in names)
    drawn = [stems[row] for row in seeded_permutation(len(stems), "speech_prompts").tolist()]
    assert {"test": sorted(drawn[:34]), "validation": sorted(drawn[34:68])} == HELD_OUT  # the rule of the list
    data = SpeechPrompts("nowhere")
    assert [len(clips_of(data, split)) for split in SPLITS] == [484, 34, 34]
    storage = data.windows.storage
    loud = [int(storage.read(number).int().abs().max()) for number in range(len(storage.lengths))]
    assert min(loud) > 0.05 * 32768  # all of it is speech
