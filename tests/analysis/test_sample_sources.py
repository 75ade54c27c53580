"""`ganlab evaluate` of samples as other programs and `ganlab sample` leave them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.analysis.evaluation import evaluate
from ganlab.commands.sample_sheets import write_pictures
from ganlab.config import compose
from ganlab.config.schema import EVALUATE
from ganlab.data import Digits

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
    assert any("have different classes, such as b" in message for message in caplog.messages)


def test_what_sample_wrote_is_read(tmp_path: Path, digits) -> None:
    images, _ = digits
    real = write_classes(tmp_path, images, ["real"] * 120) / "real"
    output = tmp_path / "generated"
    output.mkdir()
    samples = torch.from_numpy(images[:70, None]).float() / 127.5 - 1
    np.save(output / "samples.npy", samples.numpy())
    write_pictures(samples, output)
    contents = [evaluated(f"real={real}", f"fake={fake}", "metric=[fid]") for fake in (output, output / "images")]
    assert contents[0]["scores"] == contents[1]["scores"]
    assert contents[0]["protocol"]["samples"] == 70


def test_points_that_sample_wrote_are_read(tmp_path: Path) -> None:
    points = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    np.save(tmp_path / "samples.npy", points.numpy())
    write_pictures(points, tmp_path)
    words = [f"real={tmp_path}", f"fake={tmp_path}/samples.npy", "features=identity", "metric=[fid]"]
    assert evaluated(*words)["scores"]["fid"] == pytest.approx(0, abs=1e-9)
