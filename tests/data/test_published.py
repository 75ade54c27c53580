import pickle
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import savemat
from torchvision import datasets

from ganlab.data import Celeba, Cifar10, Cifar100, Stl10, Svhn, cifar, stl10, svhn

numbers = np.random.default_rng(0)


def offline(*args: object, **kwargs: object) -> None:
    raise URLError("no route to host")


def cifar_files(root: Path) -> dict[str, np.ndarray]:
    """Write both formats of CIFAR-10 with four images a file; return the pixels of each file."""
    binary, python = root / "cifar-10-batches-bin", root / "cifar-10-batches-py"
    binary.mkdir()
    python.mkdir()
    pixels = {}
    for name in (*cifar.BATCHES, "test_batch"):
        pixels[name] = numbers.integers(0, 256, (4, 3072), dtype=np.uint8)
        labels = [0, 3, 9, 5]
        records = np.concatenate([np.array(labels, np.uint8)[:, None], pixels[name]], 1)
        (binary / f"{name}.bin").write_bytes(records.tobytes())
        (python / name).write_bytes(pickle.dumps({"data": pixels[name], "labels": labels}, protocol=2))
    return pixels


def test_cifar10_is_the_same_in_both_formats(tmp_path: Path) -> None:
    pixels = cifar_files(tmp_path)
    python, binary = (
        Cifar10("nowhere", path=str(tmp_path / f"cifar-10-batches-{kind}"), labels=True) for kind in ("py", "bin")
    )
    assert python.fingerprint() == binary.fingerprint() == Cifar10(str(tmp_path)).fingerprint()
    assert [len(python.split(name)) for name in ("train", "validation", "test")] == [18, 2, 4]
    assert python.spec.sample == (3, 32, 32)
    assert python.images.take(torch.tensor([20])).flatten().tolist() == pixels["test_batch"][0].tolist()
    assert python.labels[:4].tolist() == [0, 3, 9, 5]


def test_cifar100_uses_the_fine_classes(tmp_path: Path) -> None:
    folder = tmp_path / "cifar-100-binary"
    folder.mkdir()
    for part in ("train", "test"):
        (folder / f"{part}.bin").write_bytes(bytes([7, 99, *[1] * 3072]) + bytes([7, 42, *[2] * 3072]))
    data = Cifar100(str(tmp_path), labels=True, validation=0)
    assert (data.labels.tolist(), data.spec.classes) == ([99, 42] * 2, 100)


class Evil:
    def __reduce__(self) -> tuple[Callable, tuple]:
        return print, ("this must never run",)


def test_a_pickle_cannot_run_code(tmp_path: Path, capsys) -> None:
    cifar_files(tmp_path)
    folder = tmp_path / "cifar-10-batches-py"
    (folder / "data_batch_2").write_bytes(pickle.dumps({"data": Evil(), "labels": []}))
    with pytest.raises(ValueError, match=r"data_batch_2 is not a batch of images .* refers to builtins.print"):
        Cifar10(str(tmp_path))
    assert "never" not in capsys.readouterr().out


def test_a_cut_binary_file_is_refused(tmp_path: Path) -> None:
    cifar_files(tmp_path)
    path = tmp_path / "cifar-10-batches-bin" / "data_batch_1.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"must hold a whole number of records of 3073 bytes, got 12291 bytes"):
        Cifar10("nowhere", path=str(path.parent))


def test_svhn_reads_matlab_files_and_maps_label_10_to_0(tmp_path: Path) -> None:
    pixels = numbers.integers(0, 256, (32, 32, 3, 5), dtype=np.uint8)
    for part in ("train", "test"):
        savemat(tmp_path / f"{part}_32x32.mat", {"X": pixels, "y": np.array([[10], [1], [2], [3], [9]], np.uint8)})
    data = Svhn(str(tmp_path), labels=True)
    assert data.labels.tolist() == [0, 1, 2, 3, 9] * 2
    assert data.images.take(torch.tensor([1]))[0].numpy().tolist() == pixels[..., 1].transpose(2, 0, 1).tolist()
    (tmp_path / "test_32x32.mat").write_bytes(b"not matlab")
    with pytest.raises(ValueError, match=r"test_32x32.mat is not a .mat file of SVHN"):
        Svhn(str(tmp_path))


def stl10_files(root: Path) -> np.ndarray:
    folder = root / "stl10_binary"
    folder.mkdir()
    pixels = numbers.integers(0, 256, (3, 3, 96, 96), dtype=np.uint8)
    for part in ("train", "test", "unlabeled"):
        (folder / f"{part}_X.bin").write_bytes(pixels.tobytes())
        (folder / f"{part}_y.bin").write_bytes(bytes([1, 10, 5]))
    return pixels


def test_stl10_reads_columns_first_and_labels_from_one(tmp_path: Path) -> None:
    pixels = stl10_files(tmp_path)
    data = Stl10(str(tmp_path), part="labeled", labels=True, resolution=96)
    assert data.labels.tolist() == [0, 9, 4] * 2
    assert data.images.take(torch.tensor([4]))[0].equal(torch.from_numpy(pixels[1]).transpose(1, 2))
    plain = Stl10(str(tmp_path))
    assert (plain.labels, plain.spec.sample) == (None, (3, 48, 48))
    with pytest.raises(ValueError, match="this data has no classes"):
        Stl10(str(tmp_path), labels=True)
    with pytest.raises(ValueError, match="part must be one of labeled, unlabeled, got 'both'"):
        Stl10(str(tmp_path), part="both")
    path = tmp_path / "stl10_binary" / "test_X.bin"
    path.write_bytes(b"short")
    with pytest.raises(ValueError, match="must hold a whole number of images of 27648 bytes, got 5 bytes"):
        Stl10(str(tmp_path))


def celeba_files(root: Path) -> None:
    folder = root / "celeba"
    (folder / "img_align_celeba").mkdir(parents=True)
    names = [f"{number:06}.jpg" for number in range(1, 11)]
    for number, name in enumerate(names):
        Image.new("RGB", (178, 218), (20 * number, 0, 0)).save(folder / "img_align_celeba" / name)
    rows = "".join(f"{name} {-1 if number % 2 else 1:2} -1\n" for number, name in enumerate(names))
    (folder / "list_attr_celeba.txt").write_text(f"10\nMale Smiling\n{rows}")
    parts = "".join(f"{name} {0 if number < 6 else 1 if number < 8 else 2}\n" for number, name in enumerate(names))
    (folder / "list_eval_partition.txt").write_text(parts)


@pytest.mark.parametrize("limit", [0, 64])
def test_celeba_reads_faces_attributes_and_parts(tmp_path: Path, limit: int) -> None:
    celeba_files(tmp_path)
    data = Celeba(str(tmp_path), resolution=16, labels=True, validation=0.25, memory_limit_mib=limit)
    assert [len(data.split(name)) for name in ("train", "validation", "test")] == [6, 2, 2]
    assert data.spec.sample == (3, 16, 16)
    assert data.labels.tolist() == [1, 0] * 5
    assert data.images.take(torch.tensor([7]))[0, 0].float().mean() == pytest.approx(140, abs=2)
    assert len(Celeba(str(tmp_path))) == 7
    with pytest.raises(ValueError, match="attribute must be one of Male, Smiling, got 'Hat'"):
        Celeba(str(tmp_path), attribute="Hat")


@pytest.mark.parametrize(
    ("make", "module", "function", "location"),
    [
        (Cifar10, cifar, "download_and_extract_archive", "data_batch_1.bin.* into .*cifar-10-batches-bin"),
        (Cifar100, cifar, "download_and_extract_archive", "train.bin, test.bin into .*cifar-100-binary"),
        (Svhn, svhn, "download_url", "train_32x32.mat, test_32x32.mat into .*svhn"),
        (Stl10, stl10, "download_and_extract_archive", "unlabeled_X.bin.* into .*stl10_binary"),
        (Celeba, datasets, "CelebA", "img_align_celeba, .* into .*celeba"),
    ],
)
def test_the_message_for_missing_files_says_where_to_put_them(
    tmp_path: Path, monkeypatch, make, module, function: str, location: str
) -> None:
    monkeypatch.setattr(module, function, offline)
    with pytest.raises(ValueError, match=rf"is not on this machine .*no route to host.*: put .*{location}") as error:
        make(str(tmp_path))
    assert "\n" not in str(error.value)
