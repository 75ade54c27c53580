"""`ganlab evaluate` of samples as other programs and `ganlab sample` leave them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.analysis.evaluation import evaluate
from ganlab.config import compose, instantiate
from ganlab.config.schema import EVALUATE
from ganlab.core.errors import UserError
from ganlab.core.interfaces import Spec
from ganlab.data import Digits
from ganlab.data.sample_files.open import open_sample_files
from ganlab.kinds import Sheet, kind_of
from ganlab.kinds.picture_file import save_picture

QUICK = ("features=random", "protocol.resamples=0")


def evaluated(*overrides: str) -> dict:
    return dict(evaluate(compose([*QUICK, *overrides], command=EVALUATE)).content)


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    data = Digits(resolution=8)
    return data.images.take(torch.arange(120))[:, 0].numpy(), data.labels[:120].numpy()


def write_classes(folder: Path, images: np.ndarray, classes: list[str]) -> Path:
    for i, (image, name) in enumerate(zip(images, classes, strict=True)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / name / f"{i:04}.png")
    return folder


def test_classes_are_compared_by_name_and_may_have_gaps(tmp_path: Path, digits) -> None:
    images, labels = digits
    names = [str(4 * label) for label in labels]  # 0, 4, …, 36: as text, 12 comes before 4
    real = write_classes(tmp_path / "real", images, names)
    np.savez(tmp_path / "fake.npz", samples=images[..., None], labels=4 * labels)
    scores = evaluated(f"real={real}", f"fake={tmp_path}/fake.npz", "metric=[fid,intra_fid]")["scores"]
    assert scores["intra_fid"] == pytest.approx(0, abs=1e-9)


def test_unlike_classes_are_said_and_not_compared(tmp_path: Path, digits, caplog: pytest.LogCaptureFixture) -> None:
    images, labels = digits
    real, fake = (
        write_classes(tmp_path / name, images[:40], [f"{prefix}{label % 2}" for label in labels[:40]])
        for name, prefix in (("real", "a"), ("fake", "b"))
    )
    scores = evaluated(f"real={real}", f"fake={fake}", "metric=[fid,intra_fid]")["scores"]
    assert scores.keys() == {"fid"}
    said = f"no score reads classes, because they differ (real={real}: a0, a1; fake={fake}: b0, b1)"
    assert said in caplog.messages


def test_the_floor_compares_classes_by_name(tmp_path: Path, digits) -> None:
    images, labels = digits
    names = [str(4 * label) for label in labels]
    real = write_classes(tmp_path / "real", images, names)
    np.savez(tmp_path / "same.npz", samples=images[..., None], labels=4 * labels)
    words = [f"real={real}", f"fake={tmp_path}/same.npz", "metric=[intra_fid]"]
    floor = evaluated(*words, f"train={tmp_path}/same.npz")["floor"]
    assert floor["intra_fid"] == pytest.approx(0, abs=1e-9)
    np.savez(tmp_path / "plain.npz", images[..., None])
    with pytest.raises(UserError, match="intra_fid needs classes"):
        evaluated(*words, f"train={tmp_path}/plain.npz")


def write_pictures(samples: torch.Tensor, spec: Spec, output: Path) -> None:
    """Write single samples and a sheet as `ganlab sample` does."""
    kind = kind_of(spec)
    kind.write(samples, output, [])
    save_picture(kind.draw(Sheet(samples)), output / "sheet.png")


def test_what_sample_wrote_is_read(tmp_path: Path, digits) -> None:
    images, _ = digits
    real = write_classes(tmp_path, images, ["real"] * 120) / "real"
    output = tmp_path / "generated"
    output.mkdir()
    samples = torch.from_numpy(images[:70, None]).float() / 127.5 - 1
    np.save(output / "samples.npy", samples.numpy())
    write_pictures(samples, Spec((1, 8, 8)), output)
    contents = [evaluated(f"real={real}", f"fake={fake}", "metric=[fid]") for fake in (output, output / "images")]
    assert contents[0]["scores"] == contents[1]["scores"]
    assert contents[0]["protocol"]["samples"] == 70


def test_points_that_sample_wrote_are_read(tmp_path: Path) -> None:
    points = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    np.save(tmp_path / "samples.npy", points.numpy())
    write_pictures(points, Spec((2,)), tmp_path)
    words = [f"real={tmp_path}", f"fake={tmp_path}/samples.npy", "features=identity", "metric=[fid]"]
    assert evaluated(*words)["scores"]["fid"] == pytest.approx(0, abs=1e-9)


def write_statistics(path: Path, images: np.ndarray) -> np.ndarray:
    """Write mean and covariance of random features as pytorch-fid does, and return the features."""
    np.save(path.with_suffix(".npy"), images[..., None])
    features = instantiate(compose(["features=random"], command=EVALUATE).features)(
        open_sample_files(path.with_suffix(".npy"))
    )
    with torch.no_grad():
        rows = features(torch.from_numpy(images[:, None])).features.double().numpy()
    np.savez(path, mu=rows.mean(0), sigma=np.cov(rows, rowvar=False))
    return rows


def test_statistics_of_another_program_are_the_real_side(tmp_path: Path, digits, caplog) -> None:
    images, _ = digits
    write_statistics(tmp_path / "real.npz", images[:70])
    np.save(tmp_path / "fake.npy", images[70:, ..., None])
    fake = f"fake={tmp_path}/fake.npy"
    content = evaluated(f"real={tmp_path}/real.npz", fake, "metric=[fid,kid]")
    direct = evaluated(f"real={tmp_path}/real.npy", fake, "metric=[fid]")
    assert content["scores"] == pytest.approx(direct["scores"], rel=1e-6)
    assert content["protocol"]["real"] == "mean and covariance in real.npz, of features that another program computed"
    assert content["protocol"]["real_samples"] is None
    assert caplog.messages[-1].startswith("left out: metric=kid needs the real samples, but real=")
    with pytest.raises(UserError, match="metric=kid needs the real samples"):
        evaluated(f"real={tmp_path}/real.npz", fake, "metric=[kid]")
    with pytest.raises(UserError, match=r"needs real samples, but real=.* has statistics; remove train"):
        evaluated(f"real={tmp_path}/real.npz", fake, f"train={tmp_path}/real.npy")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"mu": np.zeros(5), "sigma": np.eye(5)}, "statistics of 5 features, but features=random has 64; choose"),
        ({"mu": np.zeros(64), "sigma": np.eye(5)}, r"sigma of shape \(d, d\), got \(64,\) and \(5, 5\)"),
        ({"mu": np.full(64, np.nan), "sigma": np.eye(64)}, "holds numbers that are not finite"),
        ({"mu": np.zeros(64), "sigma": np.tri(64)}, "must hold a symmetric covariance sigma"),
    ],
)
def test_other_statistics_are_refused(tmp_path: Path, digits, arrays: dict[str, np.ndarray], message: str) -> None:
    np.savez(tmp_path / "real.npz", **arrays)
    np.save(tmp_path / "fake.npy", digits[0][..., None])
    with pytest.raises(UserError, match=message):
        evaluated(f"real={tmp_path}/real.npz", f"fake={tmp_path}/fake.npy", "metric=[fid]")


def test_reference_batches_of_guided_diffusion_are_images(tmp_path: Path, digits) -> None:
    images, _ = digits
    np.savez(tmp_path / "real.npz", images[..., None], mu=np.zeros(9), sigma=np.eye(9), mu_s=1.0, sigma_s=1.0)
    np.savez(tmp_path / "fake.npz", images[..., None])
    content = evaluated(f"real={tmp_path}/real.npz", f"fake={tmp_path}/fake.npz", "metric=[fid]")
    assert content["scores"]["fid"] == pytest.approx(0, abs=1e-9)


def test_the_protocol_states_how_images_were_resized(tmp_path: Path, digits) -> None:
    images, _ = digits
    real = write_classes(tmp_path, images, ["real"] * 120) / "real"
    np.save(tmp_path / "fake.npy", np.repeat(np.repeat(images, 2, 1), 2, 2)[..., None])
    words = [f"real={real}", f"fake={tmp_path}/fake.npy", "metric=[fid]"]
    plain = evaluated(*words)["protocol"]
    assert not plain.keys() & {"resize", "frames", "grey_range"}
    content = evaluated(*words, "resolution=8", "fit=pad")
    assert content["protocol"]["resize"] == "pad to 8 by 8, Pillow's bicubic"
    assert content["scores"]["fid"] < 1
    with pytest.raises(UserError, match="resolution=8 applies only to finished samples"):
        evaluated("run=absent", "resolution=8")


def test_both_sides_share_one_scale_of_greys(tmp_path: Path, digits) -> None:
    images, _ = digits
    for name, factor in (("real", 16), ("fake", 8)):
        (tmp_path / name).mkdir()
        for i, image in enumerate(images[:20]):
            Image.fromarray(image.astype(np.uint16) * factor).save(tmp_path / name / f"{i:02}.png")
    content = evaluated(f"real={tmp_path}/real", f"fake={tmp_path}/fake", "metric=[fid]")
    assert content["protocol"]["grey_range"] == [0, 4095]
    assert content["scores"]["fid"] > 1e-3  # the fakes are half as bright


def test_a_run_and_its_sheets_are_no_samples(tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    for name in ("config.yaml", "status.json"):
        (tmp_path / name).write_text("{}")
    for path, what in ((tmp_path, "is the directory of a run"), (tmp_path / "samples", "holds sheets of many samples")):
        with pytest.raises(UserError, match=rf"{path} {what}.*; score the run with ganlab evaluate run={tmp_path}, or"):
            evaluated(f"real={path}", f"fake={path}", "metric=[fid]")
