"""The generators that the package contains: their files, their samples, and commands that read them."""

import hashlib

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.svm import SVC

import ganlab
from ganlab.commands import compare, describe, evaluate, ls, plot, prune, resume, sample
from ganlab.commands.completion import complete
from ganlab.commands.exit_codes import guarded
from ganlab.core.errors import UserError
from ganlab.data import Ring
from ganlab.runs.demos import FOLDER, demo_names, generator_directory
from ganlab.training.export import load

MAX_BYTES = 6_000_000


def test_the_files_are_those_whose_digests_are_recorded():
    lines = [line.split("  ") for line in (FOLDER / "SHA256SUMS").read_text().splitlines()]
    recorded = {name: digest for digest, name in lines}
    files = [path for path in FOLDER.rglob("*") if path.is_file() and path.name != "SHA256SUMS"]
    assert recorded == {str(path.relative_to(FOLDER)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    assert sum(path.stat().st_size for path in files) <= MAX_BYTES
    assert demo_names() == ["digits", "emoji", "ring"]


@pytest.mark.parametrize("name", demo_names())
def test_samples_depend_on_the_seed_only_and_are_in_the_datas_range(name):
    sampler = ganlab.load(f"demo:{name}")
    samples = sampler.sample(40, seed=3)
    assert samples.dtype == torch.float32
    assert torch.equal(samples[:10], ganlab.load(f"demo:{name}").sample(10, seed=3))
    assert samples.shape == (40, *sampler.spec.sample)
    assert samples.isfinite().all()
    assert samples.flatten(1).std(0).max() > 0.3  # they differ
    if len(sampler.spec.sample) == 3:
        assert samples.min() >= -1
        assert samples.max() <= 1


def test_another_library_recognises_the_digits_as_those_that_were_asked_for():
    images, labels = load_digits(return_X_y=True)
    classifier = SVC(gamma=0.001).fit(images, labels)  # scikit-learn's example for these digits
    wanted = torch.arange(10).repeat_interleave(50)
    samples = ganlab.load("demo:digits").sample(cond=wanted, n=500)
    read = classifier.predict((samples.flatten(1).numpy() + 1) * 8)
    assert (read == wanted.numpy()).mean() > 0.95


def test_the_ring_has_all_its_places():
    ring, samples = Ring(), ganlab.load("demo:ring").sample(4000)
    distances = torch.cdist(samples.double(), ring.modes.double())
    near = distances.amin(1) < 3 * ring.sigma
    assert near.double().mean() > 0.9
    assert distances.argmin(1)[near].bincount(minlength=8).min() > 300  # of 500 each


def test_samples_are_written_below_outputs_and_not_into_the_package(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in FOLDER.rglob("*")}
    assert guarded(sample.main, ["run=demo:digits", "n=20"]) == 0
    assert capsys.readouterr().err == "wrote 20 samples to outputs/demo_digits/generated\n"
    folder = tmp_path / "outputs" / "demo_digits" / "generated"
    expected = ganlab.load("demo:digits").sample(20)
    assert np.array_equal(np.load(folder / "samples.npy"), expected.numpy())
    with Image.open(folder / "sheet.png") as sheet:
        assert sheet.mode == "L"
    assert guarded(sample.main, ["run=demo:ring", "n=5", f"output={tmp_path / 'there'}"]) == 0
    assert (tmp_path / "there" / "samples.npy").is_file()
    assert {path: path.stat().st_mtime_ns for path in FOLDER.rglob("*")} == before


@pytest.mark.parametrize(
    ("name", "advice"),
    [("demo:digit", "; did you mean 'digits'?"), ("demo:", ""), ("demo:../metrics", ""), ("demo:digits/", "digits")],
)
def test_an_unknown_demo_is_answered_by_the_known_ones(name, advice, capsys):
    with pytest.raises(UserError, match=r"there is no demo:.*; choose demo:digits, .*demo:ring") as caught:
        load(name)
    assert advice in str(caught.value)
    assert guarded(sample.main, [f"run={name}"]) == 2
    assert capsys.readouterr().err == f"{caught.value}\n"


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (evaluate, ["run=demo:digits", "metric=[fid]"]),
        (resume, ["demo:digits"]),
        (compare, ["demo:digits"]),
        (plot, ["demo:digits"]),
        (ls, ["demo:digits"]),
        (prune, ["demo:digits"]),
    ],
)
def test_a_command_that_needs_a_run_says_so_in_one_sentence(command, arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert guarded(command.main, arguments) == 2
    sentence = capsys.readouterr().err
    assert sentence.count("\n") == 1
    assert sentence.startswith("demo:digits is a generator alone, and ")
    assert "`ganlab sample run=demo:digits`" in sentence
    assert not list(tmp_path.iterdir())


def test_the_discriminator_is_absent():
    with pytest.raises(UserError, match="demo:ring is a generator alone, without its discriminator"):
        _ = ganlab.load("demo:ring").discriminator


def test_a_demo_is_described(capsys):
    assert describe.main(["demo:digits"]) == 0
    text = capsys.readouterr().out
    for part in ("handwritten digits", "1 x 8 x 8, image", "ganlab train experiment=digits, 5,000 steps"):
        assert part in text
    assert str(generator_directory("demo:digits")) in text


def test_demos_complete_where_they_can_be_sampled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    demos = [f"run=demo:{name}" for name in demo_names()]
    assert [each for each in complete("ganlab sample run=") if "demo" in each] == demos
    assert complete("ganlab sample run=demo:d") == ["run=demo:digits"]
    assert complete("ganlab sample run=demo:d", "d") == ["digits"]  # a shell that splits words at colons
    assert complete("ganlab evaluate run=demo:d") == []
