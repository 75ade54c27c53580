import re

import numpy as np
import pytest
import torch
from PIL import Image
from support.small_runs import DIGITS, POINTS, assert_same, checkpoint, go, state
from torch import nn

from ganlab.callbacks import Copies, Samples
from ganlab.core.errors import UserError
from ganlab.data import Digits
from ganlab.features import Identity
from ganlab.kinds import ImageKind
from ganlab.protocols import Protocol

SHEET = ["+callback=[copies]", "callback.copies.samples=40", "callback.copies.count=16", "features=identity"]

EVERY_TWO = [*[line for line in DIGITS if line != "evaluate_every=0"], *SHEET, "evaluate_every=2"]


class Memory(nn.Module):
    """A generator that returns training digits with slight noise, chosen by the latents."""

    sample_dims = (3,)
    noise = 0.02

    def __init__(self, spec, **others) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))
        images = torch.cat([batch.sample for batch in Digits(resolution=spec.sample[-1]).real_samples()])
        self.register_buffer("images", images.float() / 127.5 - 1, persistent=False)

    def forward(self, latents, cond=None):
        rows = (latents[:, 0] * 1e4).long() % len(self.images)
        noise = torch.randn(self.images[rows].shape, generator=torch.Generator().manual_seed(0))
        return self.gain * (self.images[rows] + self.noise * noise).clamp(-1, 1)


@pytest.fixture
def sheets(monkeypatch):
    """The sheets that are drawn during a run."""
    drawn, draw = [], ImageKind.draw

    def record(self, sheet, backdrop=None):
        drawn.append(sheet)
        return draw(self, sheet, backdrop)

    monkeypatch.setattr(ImageKind, "draw", record)
    return drawn


def ratios(sheet):
    return [float(text.removesuffix(" copy")) for text in sheet.captions if text]


def test_the_closest_samples_are_above_their_nearest_training_samples(tmp_path, sheets):
    go(tmp_path, *DIGITS, *SHEET, "sample_every=0")
    sheet = next(sheet for sheet in sheets if sheet.captions)
    assert (len(sheet), sheet.columns, sheet.title) == (32, 8, "step 6")
    assert ratios(sheet) == sorted(ratios(sheet))
    assert [bool(text) for text in sheet.captions] == ([True] * 8 + [False] * 8) * 2
    samples = sheet.samples.unflatten(0, (2, 2, 8))
    generated, shown = samples[:, 0].flatten(0, 1), samples[:, 1].flatten(0, 1)
    table = torch.cat([batch.sample for batch in Digits(resolution=8).real_samples()]).float() / 127.5 - 1
    distances = torch.cdist(generated.flatten(1).double(), table.flatten(1).double())
    torch.testing.assert_close(shown, table[distances.argmin(1)], atol=1e-6, rtol=0)
    others = torch.cdist(table.flatten(1).double(), table.flatten(1).double()).fill_diagonal_(torch.inf)
    expected = distances.amin(1) / others.amin(1).mean()
    np.testing.assert_allclose(ratios(sheet), expected, atol=0.006)
    with Image.open(tmp_path / "samples" / "00000006_copies.png") as picture:
        assert picture.mode == "L"
    assert (tmp_path / "samples" / "00000006.png").is_file()


def test_planted_copies_are_named(tmp_path, sheets, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", __name__)
    generator = [f"generator._target_={__name__}.Memory", "optimizer.generator.lr=0"]
    memory = [line for line in DIGITS if not line.startswith("generator")]
    go(tmp_path, *memory, *generator, *SHEET)
    sheet = next(sheet for sheet in sheets if sheet.captions)
    assert all(text.endswith(" copy") for text in sheet.captions if text)
    assert "copies 100.0%, real 5.0%" in sheet.notes
    assert max(ratios(sheet)) < 0.2


def test_a_run_with_sheets_trains_and_resumes_like_one_without(tmp_path):
    go(tmp_path / "without", *DIGITS)
    go(tmp_path / "with", *EVERY_TWO)
    go(tmp_path / "resumed", *EVERY_TWO, "iterations=3")
    go(tmp_path / "resumed", *EVERY_TWO)
    assert_same(state(tmp_path / "without"), state(tmp_path / "with"))
    assert_same(state(tmp_path / "resumed"), state(tmp_path / "with"))
    assert checkpoint(tmp_path / "with")["ganlab"].keys() == checkpoint(tmp_path / "without")["ganlab"].keys()
    names = {path.name for path in (tmp_path / "with" / "samples").glob("*_copies.png")}
    assert names == {f"{step:08}_copies.png" for step in (2, 4, 6)}
    last = [(tmp_path / name / "samples" / "00000006_copies.png").read_bytes() for name in ("with", "resumed")]
    assert last[0] == last[1]


def test_unsuitable_data_and_settings_end_in_one_sentence(tmp_path):
    with pytest.raises(UserError, match=r"pairs of images, and this data has points .*; remove copies from callback"):
        go(tmp_path / "points", *POINTS, "+callback=[copies]")
    with pytest.raises(UserError, match=r"callback\.copies: copies needs at least 2 training samples, got 1"):
        go(tmp_path / "single", *DIGITS, *SHEET, "data.limit=1", "batch_size=1")
    for settings, text in (
        ({"samples": 5, "count": 6}, "count must be at least 1 and at most samples=5, got 6"),
        ({"count": 0}, "count must be at least 1 and at most samples=512, got 0"),
        ({"quantile": 1.5}, "quantile must be above 0 and below 1, got 1.5"),
        ({"every": -1}, "every must be at least 0, got -1"),
    ):
        with pytest.raises(ValueError, match=re.escape(text)):
            Copies(Identity, Protocol(), **settings)
    assert Samples.shows_weights
    assert Copies.shows_weights
