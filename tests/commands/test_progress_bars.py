"""Work that may take over five seconds shows a progress bar on a terminal, and now and then a line elsewhere."""

import io
import sys
import tarfile
from pathlib import Path

import pyarrow
import pytest
import torch
from PIL import Image
from pyarrow import parquet

from ganlab.core import progress
from ganlab.core.interfaces import Batch, Spec
from ganlab.data.readers import image_storage as images
from ganlab.data.readers.decode_image import ImageDecoder
from ganlab.data.readers.open import open_archive
from ganlab.data.sample_files.open import open_sample_files
from ganlab.features import Identity, classifier
from ganlab.metrics import (
    FID,
    KID,
    PRDC,
    Authenticity,
    Evaluator,
    FIDInfinity,
    Samples,
    ScoredBatch,
    SlicedWasserstein,
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Plane:
    spec = Spec((2,))


class Labelled:
    """Labelled images of two classes."""

    spec, labels, classes_available, classifier = Spec((1, 8, 8)), torch.arange(40) % 2, 2, None

    def fingerprint(self):
        return "two classes"

    def real_samples(self):
        return (Batch(torch.full((20, 1, 8, 8), 9, dtype=torch.uint8), part) for part in self.labels.split(20))


def samples(count: int, name: str) -> Samples:
    points = torch.randn(count, 2, generator=torch.Generator().manual_seed(count))
    parts = points.split(20)
    return Samples(lambda first, stride: map(ScoredBatch, parts[first::stride]), count, None, name)


def score(metric, **settings):
    features = Identity(Plane())
    references = {"held_out": samples(90, "reals"), "train": samples(95, "training samples")}
    Evaluator(features, {"it": metric(features, **settings)}, references, 20)(samples(80, "fakes"))


def pictures(folder: Path) -> Path:
    for number in range(4):
        Image.new("RGB", (8, 8), (9 * number, 0, 99)).save(folder / f"{number}.png")
    return folder


def write_parquet(folder: Path) -> Path:
    data = [path.read_bytes() for path in sorted(pictures(folder).iterdir())]
    parquet.write_table(pyarrow.table({"image": data}), folder / "x.parquet")
    return folder / "x.parquet"


def write_tar(folder: Path) -> Path:
    with tarfile.open(folder / "x.tar", "w") as archive:
        archive.add(next(pictures(folder).iterdir()), "x.png")
    return folder / "x.tar"


def on_disk(folder: Path) -> str:
    archive = open_archive(pictures(folder))
    return images.EncodedImages(archive, archive.files().images, ImageDecoder((8, 8), 3, "stretch", 64)).digest


def learn(folder: Path) -> None:
    classifier.Classifier(Labelled(), steps=2)


# The label of the bar, and a function that runs the work.
BARS = [
    ("fakes: ", lambda folder: score(FID)),
    ("reals: ", lambda folder: score(FID)),
    ("kid: ", lambda folder: score(KID, subsets=3, subset_size=20)),
    ("finding neighbours: ", lambda folder: score(PRDC)),
    ("comparing real and generated: ", lambda folder: score(PRDC)),
    ("nearest neighbours: ", lambda folder: score(Authenticity)),
    ("fid_infinity: ", lambda folder: score(FIDInfinity)),
    ("sliced_wasserstein: ", lambda folder: score(SlicedWasserstein)),
    ("reading labelled images: ", learn),
    ("training a classifier: ", learn),
    ("looking through images: ", lambda folder: open_sample_files(pictures(folder))),
    ("reading images: ", lambda folder: open_sample_files(pictures(folder))),
    ("hashing ", lambda folder: open_sample_files(pictures(folder)).fingerprint()),
    ("reading images: ", on_disk),
    ("copying images: ", lambda folder: open_archive(write_parquet(folder)).for_random_access()),
    ("index of ", lambda folder: open_archive(write_tar(folder))),
    ("hashing images: ", lambda folder: images.InMemoryImages(torch.zeros(4, 3, 8, 8).byte()).digest),
]


@pytest.mark.parametrize(("label", "work"), BARS, ids=[label.strip(": ") for label, _ in BARS])
def test_long_work_has_a_progress_bar(label, work, tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "BAR_DELAY_SECONDS", 0)
    screen, file = Terminal(), io.StringIO()
    for stream in (screen, file):
        (tmp_path / stream.__class__.__name__).mkdir()
        monkeypatch.setenv("GANLAB_CACHE", str(tmp_path / f"cache of {stream.__class__.__name__}"))
        monkeypatch.setattr(sys, "stderr", stream)
        work(tmp_path / stream.__class__.__name__)
    assert f"\r{label}" in screen.getvalue()
    assert label not in file.getvalue()  # it was not long


def test_long_work_prints_lines_if_there_is_no_terminal(monkeypatch):
    file, times = io.StringIO(), iter([0.0, 4.0, 8.0, 20.0, 39.0, 40.0])
    monkeypatch.setattr(sys, "stderr", file)
    monkeypatch.setattr(progress, "monotonic", lambda: next(times))
    assert list(progress.progress(range(1000, 1005), "comparing", "pair", total=1500, initial=1000)) == [
        *range(1000, 1005)
    ]
    assert file.getvalue().splitlines() == [
        "comparing: 1,002 of 1,500 pairs  33:12 left",
        "comparing: 1,004 of 1,500 pairs  1:20:36 left",
    ]


@pytest.mark.parametrize(("unit", "units"), [("image", "images"), ("batch", "batches"), ("class", "classes")])
def test_work_of_unknown_length_has_lines_without_a_remaining_time(unit, units, monkeypatch):
    file, times = io.StringIO(), iter([0.0, 9.0])
    monkeypatch.setattr(sys, "stderr", file)
    monkeypatch.setattr(progress, "monotonic", lambda: next(times))
    with progress.progress_bar("reading", None, unit) as bar:
        bar.update(256)
    assert file.getvalue() == f"reading: 256 {units}\n"


def test_without_an_error_stream_nothing_is_shown(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert list(progress.progress("ab", "comparing", "pair")) == ["a", "b"]
