from pathlib import Path
from urllib.error import URLError

import pytest
import torch
from torchvision import datasets

from ganlab.data import Digits, FashionMnist, Kmnist, Mnist, StackedMnist
from ganlab.data.readers.idx import read_idx

DEBIAN = Path("/usr/share/datasets/fashion-mnist")


def test_idx_files_are_read_gzipped_and_plain(mnist_root: Path) -> None:
    data = Mnist(str(mnist_root), labels=True)
    assert (len(data), len(data.split("validation")), len(data.split("test"))) == (27, 3, 12)
    assert data.spec.sample == (1, 28, 28)
    assert data.labels[:12].tolist() == [*range(10), 0, 1]
    assert data.images.take(torch.arange(42)).float().mean() == pytest.approx(127, abs=3)


def test_without_validation_all_training_images_are_used_and_the_test_split_stays(mnist_root: Path) -> None:
    data = Mnist(str(mnist_root), validation=0)
    assert (len(data), len(data.split("validation")), data.split("test").tolist()) == (30, 0, list(range(30, 42)))


def test_resolution_32_adds_a_frame_and_others_resize(mnist_root: Path) -> None:
    small, framed, resized = (Mnist(str(mnist_root), resolution=size) for size in (28, 32, 16))
    rows = torch.arange(42)
    assert framed.images.take(rows)[..., 2:30, 2:30].equal(small.images.take(rows))
    assert framed.images.take(rows)[..., :2].max() == 0
    assert resized.spec.sample == (1, 16, 16)


def test_files_are_found_by_path_and_below_the_root(mnist_root: Path) -> None:
    raw = mnist_root / "MNIST" / "raw"
    assert Kmnist("nowhere", path=str(raw)).fingerprint() == Mnist(str(mnist_root)).fingerprint()
    with pytest.raises(ValueError, match=r"path must be a folder with train-images.* for mnist, got .*missing"):
        Mnist("nowhere", path=str(mnist_root / "missing"))


def test_files_of_another_mnist_are_not_used(mnist_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(self: object) -> None:
        raise URLError("no route to host")

    monkeypatch.setattr(datasets.KMNIST, "download", offline)
    for path in (mnist_root / "MNIST" / "raw").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(ValueError, match="kmnist is not on this machine"):
        Kmnist(str(tmp_path))  # its files have the same names as MNIST's


def test_the_message_for_missing_files_says_where_to_put_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(self: object) -> None:
        raise URLError("no route to host")

    monkeypatch.setattr(datasets.MNIST, "download", offline)
    with pytest.raises(ValueError, match=r"mnist is not on this machine .*no route to host.*: put train-.* into .*raw"):
        Mnist(str(tmp_path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: b"\x00\x00\x08\x02" + data[4:], "idx magic number 2051, got 2050"),
        (lambda data: data[:-1], "must hold 9408 values according to its header, got 9407"),
        (lambda data: data + b"!", "must hold 9408 values according to its header, got 9409"),
        (lambda data: b"", "idx magic number 2051, got 0"),
        (lambda data: data[:10], "idx magic number"),
    ],
)
def test_corrupt_files_are_refused(mnist_root: Path, change, message: str) -> None:
    path = mnist_root / "MNIST" / "raw" / "t10k-images-idx3-ubyte"
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ValueError, match=message):
        Mnist(str(mnist_root))


def test_a_truncated_gzip_is_refused(mnist_root: Path) -> None:
    path = mnist_root / "MNIST" / "raw" / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte.gz is not a readable gzip file"):
        read_idx(path, 3)


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="Debian's dataset-fashion-mnist is not installed")
def test_debians_fashion_mnist_is_found(tmp_path: Path) -> None:
    data = FashionMnist(str(tmp_path), labels=True)
    assert [len(data.split(name)) for name in ("train", "validation", "test")] == [54_000, 6_000, 10_000]
    assert torch.bincount(data.labels).tolist() == [7000] * 10
    assert data.images.take(torch.arange(60_000)).float().mean() == pytest.approx(72.94, abs=0.01)


def test_stacked_mnist_labels_its_modes(mnist_root: Path) -> None:
    data, digits = StackedMnist(str(mnist_root), size=600, labels=True), Mnist(str(mnist_root))
    assert [len(data.split(name)) for name in ("train", "validation", "test")] == [540, 60, 100]
    assert data.spec.sample == (3, 28, 28)
    assert data.spec.classes == 1000
    rows = data.images.rows
    assert rows[:600].max() < 30 <= rows[600:].min()  # test images are of test digits
    batch = data.batch(torch.tensor([5, 650]), None)  # type: ignore[arg-type]  # nothing is random without flips
    for row, image, label in zip(rows[[5, 650]], batch.sample, batch.cond, strict=True):
        assert image.equal(digits.images.take(row)[:, 0])
        assert int(label) == int("".join(str(int(digits.labels[digit])) for digit in row))
    assert StackedMnist(str(mnist_root), size=600).fingerprint() == data.fingerprint()
    with pytest.raises(ValueError, match="resolution must be 28 or 32, got 64"):
        StackedMnist(str(mnist_root), resolution=64)


def test_digits_are_enlarged_within_bounds_and_unchanged_at_8() -> None:
    small, large = Digits(resolution=8), Digits()
    assert (small.spec.sample, large.spec.sample, len(large)) == ((1, 8, 8), (1, 28, 28), 1437)
    table = large.images.take(torch.arange(1797))
    assert (int(table.min()), int(table.max())) == (0, 255)
    with pytest.raises(ValueError, match="resolution must be at least 8, got 4"):
        Digits(resolution=4)


def test_a_fingerprint_changes_with_content_and_split_only() -> None:
    assert Digits().fingerprint() == Digits(labels=True, flip=True).fingerprint()
    fingerprints = {
        Digits(**settings).fingerprint()
        for settings in ({}, {"limit": 9}, {"validation": 0.2}, {"test": 0.2}, {"resolution": 16})
    }
    assert len(fingerprints) == 5
    assert all(len(fingerprint) == 64 for fingerprint in fingerprints)
