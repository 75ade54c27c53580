"""Data sets in the formats of other programs, written on the spot: the same images, classes and order everywhere."""

import io
import json
import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path

import h5py
import lmdb
import numpy as np
import pyarrow
import pytest
import torch
from PIL import Image
from pyarrow import parquet
from support.image_folders import content

from ganlab.data import ImageFolder
from ganlab.data.readers import optional_package
from ganlab.data.readers.open import open_archive
from ganlab.data.readers.parquet import Parquet
from ganlab.data.sample_files.open import open_sample_files

COUNT = 12
IMAGES = np.random.default_rng(0).integers(0, 256, (COUNT, 8, 8, 3)).astype(np.uint8)
LABELS = [5, 11, 0, 5] * 3
NAMES = [f"class {number}" for number in range(12)]
Writer = Callable[[Path], Path]


def png(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


PNGS = [png(image) for image in IMAGES]


def add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def webdataset(root: Path, first: int = 0, last: int = COUNT, name: str = "set-000000.tar") -> Path:
    """Write KEY.png, KEY.cls and KEY.json for every sample, as webdataset's TarWriter does."""
    root.mkdir(exist_ok=True)
    with tarfile.open(root / name, "w") as archive:
        for i in range(first, last):
            add(archive, f"{i:06d}.cls", str(LABELS[i]).encode())
            add(archive, f"{i:06d}.json", json.dumps({"caption": "x"}).encode())
            add(archive, f"{i:06d}.png", PNGS[i])
    return root / name


def webdataset_shards(root: Path) -> Path:
    for shard in range(3):
        webdataset(root, 4 * shard, 4 * shard + 4, f"set-{shard:06d}.tar")
    return root


def hub(root: Path, shards: int = 2, part: str = "train", names: bool = False) -> Path:
    """Write parquet files as the datasets library does: a struct of bytes and path, and a ClassLabel."""
    (root / "data").mkdir(parents=True, exist_ok=True)
    features = {"image": {"_type": "Image"}, "label": {"_type": "ClassLabel", "names": NAMES if names else None}}
    struct = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    schema = pyarrow.schema(
        [("image", struct), ("label", pyarrow.int64())],
        metadata={"huggingface": json.dumps({"info": {"features": features}})},
    )
    for shard, rows in enumerate(np.array_split(np.arange(COUNT), shards)):
        table = pyarrow.table(
            {
                "image": [{"bytes": PNGS[row], "path": f"{row}.png"} for row in rows],
                "label": [LABELS[row] for row in rows],
            },
            schema=schema,
        )
        path = root / f"data/{part}-{shard:05d}-of-{shards:05d}.parquet"
        parquet.write_table(table, path, row_group_size=2)
    return root


def biggan(root: Path) -> Path:
    """Write the file of BigGAN-PyTorch's make_hdf5.py."""
    root.mkdir(exist_ok=True)
    with h5py.File(root / "ILSVRC8.hdf5", "w") as file:
        file.create_dataset("imgs", data=IMAGES.transpose(0, 3, 1, 2), chunks=(5, 3, 8, 8), maxshape=(None, 3, 8, 8))
        file.create_dataset("labels", data=np.array(LABELS, np.int64), chunks=(5,), maxshape=(None,))
    return root / "ILSVRC8.hdf5"


def lsun(root: Path, part: str = "train") -> Path:
    """Write one database for each class, as LSUN is published."""
    for label in sorted(set(LABELS)):
        path = root / f"{label:02d}_{part}_lmdb"
        path.mkdir(parents=True)
        with lmdb.open(str(path), map_size=1 << 20) as environment, environment.begin(write=True) as transaction:
            for i in range(COUNT):
                if LABELS[i] == label:
                    transaction.put(f"{i:040x}".encode(), PNGS[i])
    return root


def numpy_file(root: Path) -> Path:
    root.mkdir(exist_ok=True)
    np.savez(root / "x.npz", IMAGES, np.array(LABELS))
    return root / "x.npz"


WRITERS = [webdataset, webdataset_shards, hub, biggan, lsun, numpy_file]


def open_all(path: Path, **settings: object) -> ImageFolder:
    return ImageFolder(str(path), 8, **{"validation": 0, "test": 0, **settings})  # type: ignore[arg-type]


def pairs(data) -> list[tuple[bytes, int]]:
    """Return pixels and class of all images, in an order that does not depend on the format."""
    images = data.images.take(torch.arange(COUNT)) if isinstance(data, ImageFolder) else data.take(torch.arange(COUNT))
    rows = images.permute(0, 2, 3, 1).numpy()
    return sorted((row.tobytes(), int(data.class_names[label])) for row, label in zip(rows, data.labels, strict=True))


EXPECTED = sorted((image.tobytes(), label) for image, label in zip(IMAGES, LABELS, strict=True))


@pytest.mark.parametrize("write", WRITERS)
def test_training_and_evaluation_read_the_same(tmp_path: Path, write: Writer) -> None:
    path = write(tmp_path / "set")
    data = open_all(path, labels=True)
    assert pairs(data) == EXPECTED
    assert [int(name) for name in data.class_names] == [0, 5, 11]
    files = open_sample_files(path)
    assert pairs(files) == EXPECTED
    assert len(files.fingerprint()) == 64


@pytest.mark.usefixtures("records")
@pytest.mark.parametrize("write", WRITERS)
def test_opening_again_gives_the_same_data(tmp_path: Path, write: Writer) -> None:
    path = write(tmp_path / "set")
    first, second, on_disk = (
        open_all(path, labels=True, validation=0.25, memory_limit_mib=limit) for limit in (9, 9, 0)
    )
    assert content(first) == content(second) == content(on_disk)
    assert on_disk.needs_workers


@pytest.mark.parametrize("write", WRITERS)
def test_worker_processes_read_the_same(tmp_path: Path, write: Writer) -> None:
    data = open_all(write(tmp_path / "set"), memory_limit_mib=0)
    images = pickle.loads(pickle.dumps(data.images))
    assert images.take(torch.arange(COUNT)).equal(data.images.take(torch.arange(COUNT)))


@pytest.mark.parametrize("write", [hub, lsun])
def test_parts_of_a_folder_are_chosen_by_name(tmp_path: Path, write: Callable[..., Path]) -> None:
    root = tmp_path / "set"
    write(root, part="train")
    write(root, part="val")
    for opening in (open_all, open_sample_files):
        with pytest.raises(ValueError, match=r"holds the parts train, val; choose one of them, such as .*set/train"):
            opening(root)
        with pytest.raises(ValueError, match=r"has no part 'test'; it has train, val"):
            opening(root / "test")
        assert pairs(opening(root / "val")) == EXPECTED


@pytest.mark.usefixtures("records")
def test_parquet_on_disk_is_copied_once_for_random_access(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = hub(tmp_path / "set")
    first = open_all(path, memory_limit_mib=0)
    packs = tmp_path / "cache/packs"
    assert len(list(packs.iterdir())) == 1
    assert len(pickle.dumps(first.images)) < 3000
    monkeypatch.setattr(Parquet, "read_row", None)
    again = open_all(path, memory_limit_mib=0)
    assert again.fingerprint() == first.fingerprint()
    assert again.images.take(torch.tensor([7])).equal(first.images.take(torch.tensor([7])))
    monkeypatch.undo()
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path / "cache"))
    hub(tmp_path / "set", shards=2)  # written again
    assert open_all(path, memory_limit_mib=0).fingerprint() == first.fingerprint()
    assert len(list(packs.iterdir())) == 1


def compressed_hdf5(root: Path) -> Path:
    root.mkdir()
    with h5py.File(root / "x.hdf5", "w") as file:
        file.create_dataset("imgs", data=IMAGES.transpose(0, 3, 1, 2), compression="lzf")
    return root / "x.hdf5"


def compressed_array(root: Path) -> Path:
    root.mkdir()
    np.savez_compressed(root / "x.npz", IMAGES)
    return root / "x.npz"


@pytest.mark.usefixtures("records")
@pytest.mark.parametrize("write", [compressed_hdf5, compressed_array])
def test_what_is_compressed_as_a_whole_is_copied_too(tmp_path: Path, write: Writer) -> None:
    path = write(tmp_path / "set")
    data = open_all(path, memory_limit_mib=0)
    assert len(list((tmp_path / "cache/packs").iterdir())) == 1
    assert data.images.take(torch.arange(COUNT)).permute(0, 2, 3, 1).numpy().tolist() == IMAGES.tolist()


def test_a_copy_that_cannot_be_written_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path / "file"))
    with pytest.raises(ValueError, match=r"cannot be written \(Not a directory\); set GANLAB_CACHE to a folder"):
        open_all(hub(tmp_path / "set"), memory_limit_mib=0)


def test_a_folder_of_folders_of_shards_says_what_to_give(tmp_path: Path) -> None:
    for part in ("train", "test"):  # as hubs convert a data set to parquet
        (tmp_path / f"default/{part}").mkdir(parents=True)
        parquet.write_table(pyarrow.table({"image": PNGS}), tmp_path / f"default/{part}/0000.parquet")
    for opening in (open_all, open_sample_files):
        with pytest.raises(ValueError, match=r"it holds test/0000.parquet: give that file or its folder, unpacked"):
            opening(tmp_path / "default")
    assert len(open_all(tmp_path / "default/train")) == COUNT


def test_class_names_of_a_hub_keep_their_order(tmp_path: Path) -> None:
    data = open_all(hub(tmp_path, names=True), labels=True)
    assert data.class_names == ["class 0", "class 5", "class 11"]


@pytest.mark.parametrize("kind", ["int8", "uint8", "uint64"])
def test_a_row_of_a_table_without_a_class(tmp_path: Path, kind: str) -> None:
    labels = pyarrow.array([0, 1, None, 1], pyarrow.type_for_alias(kind))
    parquet.write_table(pyarrow.table({"image": PNGS[:4], "label": labels}), tmp_path / "x.parquet")
    assert open_all(tmp_path / "x.parquet").labels is None
    with pytest.raises(ValueError, match=r"1 of 4 images have no class, such as x.parquet/000000002"):
        open_all(tmp_path / "x.parquet", labels=True)
    parquet.write_table(pyarrow.table({"image": PNGS[:2], "label": labels[:2]}), tmp_path / "x.parquet")
    assert open_all(tmp_path / "x.parquet", labels=True).labels.tolist() == [0, 1]


def test_one_parquet_file_with_plain_bytes(tmp_path: Path) -> None:
    table = pyarrow.table({"jpg": PNGS, "text": ["x"] * COUNT})
    parquet.write_table(table, tmp_path / "x.parquet")
    assert open_all(tmp_path / "x.parquet").labels is None
    parquet.write_table(pyarrow.table({"text": ["x"]}), tmp_path / "x.parquet")
    with pytest.raises(ValueError, match=r"one column of encoded images, such as 'image', but its columns are text"):
        open_all(tmp_path / "x.parquet")
    parquet.write_table(pyarrow.table({"image": [PNGS[0], None]}), tmp_path / "x.parquet")
    with pytest.raises(ValueError, match=r"1 of 2 images cannot be read: x.parquet/000000001 \(the row has no bytes"):
        open_all(tmp_path / "x.parquet")


def test_a_tar_of_class_folders(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for i in range(COUNT):
            add(archive, f"./set/{LABELS[i]:02d}/{i}.png", PNGS[i])
    data = open_all(tmp_path / "x.tar", labels=True)
    assert pairs(data) == EXPECTED


@pytest.mark.parametrize("write", [webdataset, hub, lsun])
def test_a_folder_of_images_stays_one_next_to_archives(tmp_path: Path, write: Writer) -> None:
    write(tmp_path)
    for i in range(3):
        (tmp_path / f"images/{'ab'[i % 2]}").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"images/{'ab'[i % 2]}/{i}.png").write_bytes(PNGS[i])
    data = open_all(tmp_path)
    assert (len(data), data.class_names) == (3, ["a", "b"])
    (tmp_path / "4.png").write_bytes(PNGS[4])
    assert len(open_sample_files(tmp_path)) == 4


def test_the_tars_of_imagenet_are_its_classes(tmp_path: Path) -> None:
    for synset, rows in (("n01440764", (0, 1)), ("n01443537", (2,))):
        with tarfile.open(tmp_path / f"{synset}.tar", "w") as archive:
            for row in rows:
                add(archive, f"{synset}_{row}.png", PNGS[row])
    data = open_all(tmp_path, labels=True)
    assert (data.class_names, data.labels.tolist()) == (["n01440764", "n01443537"], [0, 0, 1])


def test_shards_with_the_same_names(tmp_path: Path) -> None:
    for shard in range(2):
        webdataset(tmp_path, 0, 4, f"set-{shard}.tar")
    assert len(open_all(tmp_path)) == 8
    assert next(iter(open_archive(tmp_path).files().images)) == "set-0/000000.png"


def test_damaged_tars_are_named(tmp_path: Path) -> None:
    path = webdataset(tmp_path)
    whole = path.read_bytes()
    for size in (0, 300, 1024, 1536, len(whole) // 3, len(whole) // 2 + 7):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"set-000000.tar cannot be read as a tar \(.*\): copy or pack it again"):
            open_all(path)
    path.write_bytes(whole)
    with tarfile.open(path, "a") as archive:
        add(archive, "000000.png", PNGS[1])
    with pytest.raises(ValueError, match=r"it holds 000000.png twice"):
        open_all(path)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (hub, "parquet cannot be read as parquet"),
        (biggan, "cannot be read as HDF5"),
        (lsun, "cannot be read as LMDB"),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, write: Writer, message: str) -> None:
    path = write(tmp_path / "set")
    for file in tmp_path.rglob("*"):
        if file.is_file():
            file.write_bytes(b"\0" * 64)
    for opening in (open_all, open_sample_files):
        with pytest.raises(ValueError, match=message) as error:
            opening(path)
        assert "\n" not in str(error.value)


def test_hdf5_without_images_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["weights"] = np.zeros(3)
        file.create_group("images")
    with pytest.raises(ValueError, match="as the data set imgs, but it holds images/, weights; write it again"):
        open_all(tmp_path / "x.h5")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["imgs"] = IMAGES
        file.create_group("labels")  # which holds no class numbers
    assert open_all(tmp_path / "x.h5").labels is None
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["imgs"] = np.zeros((3, 3, 8, 8), np.float32)
    with pytest.raises(ValueError, match=r"/imgs in .* must hold images .* as uint8, got float32 of shape"):
        open_all(tmp_path / "x.h5")


@pytest.mark.parametrize(("write", "package"), [(hub, "pyarrow"), (biggan, "h5py"), (lsun, "lmdb")])
def test_an_absent_package_is_named(
    tmp_path: Path, write: Writer, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "set")

    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(optional_package, "import_module", absent)
    with pytest.raises(ValueError, match=rf"needs the package {package}; pip install 'ganlab\[formats\]'"):
        open_all(path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("train.tfrecord", "is TFRecord, which is not read: read it with tensorflow's tf.data"),
        ("train.tfrecord-00000-of-00100", "is TFRecord"),
        ("cars.mat", "is a MATLAB file, which is not read: load it with scipy.io.loadmat"),
        ("data-00000-of-00001.arrow", "is an Arrow file of the datasets library, .* to_parquet"),
        ("film.wmv", r"is a video, which is not read: write its frames with ffmpeg -i VIDEO"),
        ("faces.tar.gz", "is a compressed archive, .*: unpack it"),
        ("stats.pkl", "is a pickle, which could run code"),
        ("scan.nii.gz", "is NIfTI"),
        ("what.xyz", "has no format that is read; give a folder of images"),
    ],
)
def test_formats_that_are_not_read_are_named(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / name).write_bytes(b"content")
    for opening in (open_all, open_sample_files):
        with pytest.raises(ValueError, match=rf"{name} {message}"):
            opening(tmp_path / name)
        if "not read" in message:
            with pytest.raises(ValueError, match=rf"holds none.*; {name} {message}"):
                opening(tmp_path)
