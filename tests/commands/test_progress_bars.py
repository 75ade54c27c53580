"""Everything that may take more than five seconds shows a progress bar on a terminal, and prints nothing elsewhere."""

import io
import sys
import tarfile
from pathlib import Path

import pyarrow
import pytest
import torch
from PIL import Image
from pyarrow import parquet
from tqdm import tqdm

from ganlab.core.interfaces import Batch, Spec
from ganlab.data.readers import every_row, packed_rows, tar_shards
from ganlab.data.readers import image_storage as images
from ganlab.data.readers.decode_image import ImageDecoder
from ganlab.data.readers.open import open_archive
from ganlab.data.sample_files import image_files
from ganlab.data.sample_files.open import open_sample_files
from ganlab.features import Identity, classifier
from ganlab.features import classifier_training as training
from ganlab.metrics import (
    FID,
    KID,
    PRDC,
    Authenticity,
    Evaluator,
    FIDInfinity,
    Samples,
    SlicedWasserstein,
    fid_infinity,
    kid,
    nearest,
    prdc,
    sliced_wasserstein,
)
from ganlab.metrics.scoring import evaluator


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
    return Samples(lambda first, stride: (Batch(part) for part in points.split(20)[first::stride]), count, None, name)


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


# The module that shows the bar, its label, and a function that runs the work.
BARS = [
    (evaluator, "fakes: ", lambda folder: score(FID)),
    (evaluator, "reals: ", lambda folder: score(FID)),
    (kid, "kid: ", lambda folder: score(KID, subsets=3, subset_size=20)),
    (prdc, "finding neighbours: ", lambda folder: score(PRDC)),
    (prdc, "comparing real and generated: ", lambda folder: score(PRDC)),
    (nearest, "nearest neighbours: ", lambda folder: score(Authenticity)),
    (fid_infinity, "fid_infinity: ", lambda folder: score(FIDInfinity)),
    (sliced_wasserstein, "sliced_wasserstein: ", lambda folder: score(SlicedWasserstein)),
    (classifier, "reading labelled images: ", learn),
    (training, "training a classifier: ", learn),
    (every_row, "looking through images: ", lambda folder: open_sample_files(pictures(folder))),
    (every_row, "reading images: ", lambda folder: open_sample_files(pictures(folder))),
    (image_files, "hashing ", lambda folder: open_sample_files(pictures(folder)).fingerprint()),
    (every_row, "reading images: ", on_disk),
    (packed_rows, "copying images: ", lambda folder: open_archive(write_parquet(folder)).for_random_access()),
    (tar_shards, "index of ", lambda folder: open_archive(write_tar(folder))),
    (images, "hashing images: ", lambda folder: images.InMemoryImages(torch.zeros(4, 3, 8, 8).byte()).digest),
]


def impatient(*arguments, **settings):
    return tqdm(*arguments, **{**settings, "delay": 0})


@pytest.mark.parametrize(("module", "label", "work"), BARS, ids=[label.strip(": ") for _, label, _ in BARS])
def test_long_work_has_a_progress_bar(module, label, work, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "tqdm", impatient)
    screen, file = Terminal(), io.StringIO()
    for stream in (screen, file):
        (tmp_path / stream.__class__.__name__).mkdir()
        monkeypatch.setenv("GANLAB_CACHE", str(tmp_path / f"cache of {stream.__class__.__name__}"))
        monkeypatch.setattr(sys, "stderr", stream)
        work(tmp_path / stream.__class__.__name__)
    assert f"\r{label}" in screen.getvalue()
    assert file.getvalue() == ""
