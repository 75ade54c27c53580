"""CUT: its contrastive loss in closed form, gradients, resume and microbatches."""

import math

import pytest
import torch
from support.config_issues import issues_of
from support.image_pairs import PAIRS, ImagePairs, PairDiscriminator, Translator
from support.small_runs import assert_same, go, rows, state
from torch import nn

from ganlab.augments import DiffAugment, Identity
from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.data import normalize
from ganlab.games import CUT
from ganlab.games.patch_contrast import PatchContrast
from ganlab.latents import NoLatents
from ganlab.losses import LeastSquares
from ganlab.regularizers import R1

UNPAIRED = [
    *PAIRS,
    "+data.paired=false",
    "game=cut",
    "game.patches=16",
    "game.width=8",
    "loss=least_squares",
    "optimizer=sgd",
]


@pytest.fixture(autouse=True)
def _allow(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")


def build(spec=None, generator=Translator, terms=(), augment=None, **settings):
    torch.manual_seed(0)
    named = {type(term).__name__.lower(): term for term in terms}
    spec = spec or ImagePairs(paired=False).spec
    settings = {"patches": 16, "width": 8} | settings
    return CUT(
        spec, generator, PairDiscriminator, LeastSquares(), named, augment or Identity(), NoLatents(), **settings
    )


def batch_of(count=8):
    return normalize(ImagePairs(paired=False).batch(torch.arange(count), None))


def test_equal_vectors_at_all_places_cannot_be_told_apart():
    vectors = torch.ones(2, 7, 4) / 2
    loss = PatchContrast([4], 7, 0.07, 4).contrast(vectors, vectors)
    torch.testing.assert_close(loss, torch.full((2,), math.log(7)))


@pytest.mark.parametrize("temperature", [0.07, 1.0])
def test_orthogonal_vectors_give_the_closed_form(temperature):
    vectors = torch.eye(5)[None]
    loss = PatchContrast([5], 5, temperature, 5).contrast(vectors, vectors)
    torch.testing.assert_close(loss, torch.tensor([math.log(math.exp(1 / temperature) + 4) - 1 / temperature]))


def test_keys_of_other_places_give_a_large_loss():
    vectors = torch.eye(5)[None]
    loss = PatchContrast([5], 5, 0.07, 5).contrast(vectors, vectors.roll(1, 1))
    assert loss.item() == pytest.approx(1 / 0.07, abs=1e-3)


def test_gradients_are_right_in_float64():
    torch.manual_seed(0)
    contrast = PatchContrast([3], 4, 0.5, 3).double()
    contrast.requires_grad_(False)
    maps, originals = torch.randn(2, 3, 3, 3).double().requires_grad_(), torch.randn(2, 3, 3, 3).double()
    assert torch.autograd.gradcheck(lambda x: contrast([x], [originals], Random()), maps)


def test_originals_are_constants_and_the_same_places_are_compared():
    torch.manual_seed(0)
    contrast = PatchContrast([3], 5, 0.07, 16)
    maps, originals = torch.randn(2, 3, 8, 8), torch.randn(2, 3, 8, 8).requires_grad_()
    (slope,) = torch.autograd.grad(
        contrast([maps.requires_grad_()], [originals], Random()).sum(),
        [originals],
        allow_unused=True,
        materialize_grads=True,
    )
    assert slope.abs().sum() == 0
    nn.init.eye_(contrast.heads[0][0].weight[:3])
    same = contrast([10 * maps], [10 * maps], Random())
    other = contrast([10 * maps], [10 * maps.flip(3)], Random())
    assert (same < other).all()


def test_losses_have_the_papers_names_and_weights():
    batch = batch_of()
    first = build().losses("generator", batch, 0)
    second = build(nce=10.0, identity=0.0).losses("generator", batch, 0)
    assert list(first) == ["adversarial", "nce", "identity_nce"]
    assert list(second) == ["adversarial", "nce"]
    torch.testing.assert_close(second["nce"], 10 * first["nce"])


def test_all_networks_have_gradients_and_the_heads_train_with_the_generator():
    game, batch = build(), batch_of()
    weights = game.weights("generator")
    assert {id(weight) for weight in game.contrast.parameters()} <= {id(weight) for weight in weights}
    slopes = torch.autograd.grad(sum(game.losses("generator", batch, 0).values()), weights)
    assert all(slope.abs().sum() > 0 for slope in slopes)


@pytest.mark.parametrize("microbatches", [2, 4])
def test_microbatches_equal_the_whole_batch(bench, microbatches):
    ends = []
    for parts in (1, microbatches):
        game = build(terms=[R1(0.1)], augment=DiffAugment())
        bench(game, lr=1e-4, microbatches=parts).run([batch_of()] * 3)
        ends.append(torch.cat([value.flatten().double() for value in game.state_dict().values()]))
    torch.testing.assert_close(*ends, rtol=0, atol=1e-6)


def test_a_resumed_run_is_the_uninterrupted_one(tmp_path):
    go(tmp_path / "half", *UNPAIRED, "iterations=3")
    go(tmp_path / "half", *UNPAIRED)
    go(tmp_path / "whole", *UNPAIRED)
    assert_same(state(tmp_path / "half"), state(tmp_path / "whole"))
    assert float(rows(tmp_path / "whole")[-1]["generator/nce"]) > 0


def test_what_cut_cannot_translate_is_refused():
    shapes = r"both must have one shape, got \(1, 8, 8\) for sources and \(3, 8, 8\) for targets"
    with pytest.raises(ValueError, match=shapes):
        build(ImagePairs(paired=False, source_channels=1).spec)
    with pytest.raises(ValueError, match="CUT translates images"):
        build(Spec((3, 8, 8)))

    class Hidden(nn.Module):
        def __init__(self, spec):
            super().__init__()

    with pytest.raises(ValueError, match="which Hidden does not show; use generator=resnet_translator"):
        build(generator=Hidden)


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("nce", -1, "nce must be at least 0, got -1"),
        ("identity", -1, "identity must be at least 0, got -1"),
        ("patches", 0, "patches must be at least 1, got 0"),
        ("width", 0, "width must be at least 1, got 0"),
        ("temperature", 0, "temperature must be above 0, got 0"),
    ],
)
def test_settings_out_of_range_are_refused(setting, value, message):
    with pytest.raises(ValueError, match=message):
        build(**{setting: value})
    assert issues_of(*UNPAIRED, f"game.{setting}={value}") == [f"game: {message}"]


def test_half_precision_gives_nearly_the_same_losses():
    game, batch = build(), batch_of()
    exact = game.losses("generator", batch, 0)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = game.losses("generator", batch, 0)
    for name, value in exact.items():
        assert rounded[name].item() == pytest.approx(value.item(), rel=0.1)
