"""Terms that compare a fake sample with the sample that belongs to its condition, and total variation."""

import warnings

import pytest
import torch
from support.config_issues import issues_of
from support.image_pairs import PAIR_COMPONENTS, PAIRS, ImagePairs, PairDiscriminator, Translator
from support.small_runs import checkpoint, go
from support.vgg19_weights import write_random_weights

from ganlab.augments import Identity
from ganlab.core.interfaces import Batch, DiscriminatorOutput, Spec
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.luminance import luminance
from ganlab.data import normalize
from ganlab.games import AdversarialGame
from ganlab.latents import NoLatents
from ganlab.layers import efficientnet_lite0
from ganlab.losses import LeastSquares
from ganlab.regularizers import (
    Perceptual,
    PerceptualDiscriminator,
    PerceptualVGG19,
    PixelL1,
    PixelL2,
    Saturation,
    TotalVariation,
)

needs_photos = pytest.mark.skipif(
    efficientnet_lite0.unavailable_reason(None, "") is not None, reason="weights of EfficientNet-Lite0"
)


@pytest.fixture(autouse=True)
def _allow(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")


@pytest.fixture(scope="module")
def vgg19_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "vgg19.pth"
    write_random_weights(path)
    return path


def view_of(real, fake, discriminator=None):
    return BatchView(real=real, generate=lambda: fake, discriminator=discriminator, player="generator")


def draws(*shape, seed=0, dtype=torch.float64):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype) * 2 - 1


def built_game(*terms, spec=None):
    spec = spec or ImagePairs().spec
    torch.manual_seed(0)
    named = {type(term).__name__: term for term in terms}
    return AdversarialGame(spec, Translator, PairDiscriminator, LeastSquares(), named, Identity(), NoLatents())


def test_pixel_terms_are_means_over_the_values_of_a_sample():
    real = torch.zeros(2, 3, 4, 4)
    fake = torch.stack([torch.full((3, 4, 4), 0.5), torch.full((3, 4, 4), -2.0)])
    assert PixelL1().penalty(view_of(real, fake)).tolist() == [0.5, 2.0]
    assert PixelL2().penalty(view_of(real, fake)).tolist() == [0.25, 4.0]


def test_total_variation_of_a_ramp_is_its_slope():
    ramp = torch.arange(5.0).expand(1, 1, 4, 5)
    fake = torch.cat([0.1 * ramp, 0.1 * ramp + 0.3 * torch.arange(4.0)[:, None], torch.ones(1, 1, 4, 5)])
    torch.testing.assert_close(TotalVariation().penalty(view_of(fake, fake)), torch.tensor([0.1, 0.4, 0.0]))


def test_saturation_shrinks_colours_as_ridge_regression_does_and_greys_have_none():
    grey, real = draws(2, 1, 4, 4, dtype=torch.float32), draws(2, 3, 4, 4, seed=1, dtype=torch.float32)
    assert Saturation().penalty(view_of(real, grey)).tolist() == [0, 0]
    torch.testing.assert_close(Saturation().penalty(view_of(real, grey.expand(-1, 3, -1, -1))), torch.zeros(2))
    brightness = luminance(real)
    fake = (brightness + 100 / 175 * (real - brightness)).requires_grad_()
    loss = 100 * PixelL2().penalty(view_of(real, fake)) + 75 * Saturation().penalty(view_of(real, fake))
    (slope,) = torch.autograd.grad(loss.sum(), fake)
    tints = draws(2, 3, 4, 4, seed=2, dtype=torch.float32)
    assert abs(float((slope * (tints - luminance(tints))).sum())) < 1e-4


def test_saturation_needs_colours():
    with pytest.raises(ValueError, match="needs images of 1 or 3 channels, got 4; remove it from regularizer"):
        Saturation().penalty(view_of(None, draws(2, 4, 4, 4)))


@pytest.mark.parametrize("shape", [(2, 1, 1, 1), (2, 3, 1, 6), (2, 3, 6, 1)])
def test_total_variation_of_images_with_one_row_or_column_is_finite(shape):
    values = TotalVariation().penalty(view_of(None, draws(*shape)))
    assert values.shape == (2,)
    assert values.isfinite().all()


@pytest.mark.parametrize("term", [PixelL2(), TotalVariation(), PixelL1()], ids=lambda term: type(term).__name__)
def test_gradients_are_right_in_float64(term):
    real, fake = draws(2, 3, 4, 4), draws(2, 3, 4, 4, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: term.penalty(view_of(real, x)), fake)


def test_the_discriminator_term_compares_every_map_with_equal_weights():
    def discriminate(samples):
        return DiscriminatorOutput(samples.mean((1, 2, 3)), (samples, 3 * samples.mean((2, 3))))

    real, fake = torch.zeros(2, 3, 4, 4), torch.full((2, 3, 4, 4), 0.5)
    assert PerceptualDiscriminator().penalty(view_of(real, fake, discriminate)).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("term", ["efficientnet", "vgg19", "discriminator"])
def test_perceptual_terms_are_zero_for_equal_images_and_have_gradients_of_the_fake_only(term, vgg19_file):
    if term == "efficientnet" and efficientnet_lite0.unavailable_reason(None, ""):
        pytest.skip("weights of EfficientNet-Lite0")
    terms = {"efficientnet": Perceptual, "discriminator": PerceptualDiscriminator}
    built = PerceptualVGG19(weights=vgg19_file) if term == "vgg19" else terms[term]()
    spec = Spec((1, 32, 32), cond=(1, 32, 32), paired=True)
    game = built_game(built, spec=spec)
    images = draws(3, 1, 32, 32, dtype=torch.float32)
    real, fake = images.requires_grad_(), (images.detach() * 0.5).requires_grad_()
    cond = torch.zeros(3, 1, 32, 32)
    same = built.penalty(view_of(real, real.detach(), lambda x: game.discriminate(x, cond)))
    torch.testing.assert_close(same, torch.zeros(3), rtol=0, atol=1e-6)
    values = built.penalty(view_of(real, fake, lambda x: game.discriminate(x, cond)))
    assert values.shape == (3,)
    assert (values > 1e-4).all()
    slope_fake, slope_real = torch.autograd.grad(values.sum(), [fake, real], allow_unused=True)
    assert slope_fake.abs().sum() > 0
    assert slope_real is None
    assert slope_fake.isfinite().all()


@needs_photos
def test_the_distance_in_unit_vectors_is_at_most_4():
    term = Perceptual()
    built_game(term, spec=Spec((3, 32, 32), cond=(3, 32, 32), paired=True))
    values = term.penalty(view_of(draws(4, 3, 32, 32).float(), torch.ones(4, 3, 32, 32)))
    assert ((values > 0) & (values <= 4)).all()


@needs_photos
def test_fixed_networks_are_in_no_checkpoint_and_have_no_weights_to_train(tmp_path):
    go(tmp_path / "run", *PAIRS, "regularizer=[perceptual,pixel_l1]", "iterations=2")
    names = checkpoint(tmp_path / "run")["state_dict"].keys()
    assert not [name for name in names if "perceptual" in name]
    go(tmp_path / "run", *PAIRS, "regularizer=[perceptual,pixel_l1]", "iterations=3")


def test_fixed_networks_move_with_the_game_and_are_not_sent_between_processes(vgg19_file):
    game = built_game(PerceptualVGG19(weights=vgg19_file), spec=Spec((3, 16, 16), cond=(3, 16, 16), paired=True))
    term = game.regularizers["PerceptualVGG19"]
    assert list(term.parameters()) == []
    assert (
        game.to(torch.float64).regularizers["PerceptualVGG19"].network.network.blocks[0][0].weight.dtype
        == torch.float64
    )
    game.train()
    assert not term.network.network.training


@pytest.mark.parametrize("name", ["pixel_l1", "pixel_l2", "perceptual", "perceptual_vgg19", "perceptual_discriminator"])
def test_data_without_pairs_is_refused_in_one_sentence(name):
    for data in (["+data.paired=false"], ["data._target_=ganlab.data.Digits", "data.resolution=16"]):
        components = [line for line in PAIR_COMPONENTS if line.split("=")[0] != data[0].split("=")[0]]
        kind = "ImagePairs" if len(data) == 1 else "Digits"
        latent = [] if len(data) == 1 else ["latent=normal"]
        lines = [*components, *data, *latent, f"regularizer=[{name}]"]
        assert (
            f"regularizer.{name} compares a sample with the sample that belongs to its condition, but the data, "
            f"{kind}, is not paired; use data of pairs, such as data=paired_folder, or remove it"
        ) in issues_of(*lines)


def test_an_augmentation_that_changes_both_samples_of_a_pair_differently_is_refused():
    lines = ["discriminator.labels=none", "regularizer=[perceptual_discriminator]", "augment=diffaugment"]
    issues = issues_of(*PAIR_COMPONENTS, *lines)
    assert issues == [
        "regularizer.perceptual_discriminator compares the discriminator's features of a pair, whose samples "
        "DiffAugment changes in different ways; write augment=none"
    ]


def test_missing_weights_are_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    (issue,) = issues_of(*PAIR_COMPONENTS, "data.resolution=16", "regularizer=[perceptual_vgg19]")
    assert "regularizer=perceptual_vgg19 needs the weights of VGG19, which are not at " in issue
    monkeypatch.setattr(efficientnet_lite0, "PACKAGE", "a_package_that_is_not_installed")
    (issue,) = issues_of(*PAIR_COMPONENTS, "regularizer=[perceptual]")
    assert "regularizer=perceptual needs the weights of EfficientNet-Lite0" in issue
    (issue,) = issues_of(*PAIR_COMPONENTS, "regularizer=[perceptual_vgg19]")
    assert "regularizer=perceptual_vgg19 reads images of 1 or 3 channels and at least 16 pixels a side" in issue


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "other.pth"
    torch.save({"features.0.weight": torch.zeros(3)}, path)
    spec = Spec((3, 16, 16), cond=(3, 16, 16), paired=True)
    with pytest.raises(ValueError, match="does not hold the weights of VGG19"):
        built_game(PerceptualVGG19(weights=path), spec=spec)


def test_microbatches_and_half_precision_give_the_same_terms():
    batch = normalize(ImagePairs().batch(torch.arange(8), None))
    game = built_game(PixelL1(), PixelL2(), TotalVariation(), PerceptualDiscriminator())
    whole = game.losses("generator", batch, 0)
    halves = [
        game.losses("generator", Batch(batch.sample[rows], batch.cond[rows]), 0) for rows in torch.arange(8).split(4)
    ]
    for name, value in whole.items():
        torch.testing.assert_close(sum(half[name] for half in halves) / 2, value)
    with torch.autocast("cpu", torch.bfloat16), warnings.catch_warnings():
        rounded = game.losses("generator", batch, 0)
    for name, value in whole.items():
        assert rounded[name].item() == pytest.approx(value.item(), rel=0.05)
