"""CycleGAN: its terms in closed form, both directions, the pool across checkpoints, and microbatches."""

import pytest
import torch
from support.config_issues import issues_of
from support.image_pairs import PAIR_COMPONENTS, PAIRS, ImagePairs, PairDiscriminator, Translator
from support.small_runs import assert_same, go, rows, state
from torch import nn

from ganlab.augments import DiffAugment, Identity
from ganlab.core.interfaces import Batch, Spec
from ganlab.data import normalize
from ganlab.games import CycleGAN
from ganlab.latents import NoiseImage, NoLatents
from ganlab.losses import LeastSquares
from ganlab.regularizers import R1, Consensus, LeCam, WeightClip

UNPAIRED = [*PAIRS, "+data.paired=false", "game=cyclegan", "loss=least_squares", "optimizer=sgd"]


@pytest.fixture(autouse=True)
def _allow(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")


class Same(nn.Module):
    """Returns its condition, and has a weight to train."""

    def __init__(self, spec):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, latents, cond):
        return self.scale * cond


def build(spec=None, generator=Translator, terms=(), augment=None, latent=None, **settings):
    torch.manual_seed(0)
    spec = spec or ImagePairs(paired=False).spec
    named = {type(term).__name__.lower(): term for term in terms}
    return CycleGAN(
        spec,
        generator,
        PairDiscriminator,
        LeastSquares(),
        named,
        augment or Identity(),
        latent or NoLatents(),
        **settings,
    )


def batch_of(count=8, **settings):
    return normalize(ImagePairs(paired=False, **settings).batch(torch.arange(count), None))


def test_identity_generators_have_neither_cycle_nor_identity_error():
    losses = build(generator=Same).losses("generator", batch_of(), 0)
    assert losses["cycle"] == losses["identity"] == 0
    assert {"adversarial_forward", "adversarial_backward"} < losses.keys()


def test_cycle_and_identity_are_the_papers_sums():
    game, batch = build(cycle=10.0, identity=0.5), batch_of()
    there, back = game.generators.to_target, game.generators.to_source
    losses = game.losses("generator", batch, 0)

    def error(first, second):
        return (first - second).abs().mean()

    cycle = error(back(None, there(None, batch.cond)), batch.cond) + error(
        there(None, back(None, batch.sample)), batch.sample
    )
    same = error(there(None, batch.sample), batch.sample) + error(back(None, batch.cond), batch.cond)
    torch.testing.assert_close(losses["cycle"], 10 * cycle)
    torch.testing.assert_close(losses["identity"], 5 * same)


def test_the_adversarial_losses_are_those_of_each_domain():
    game, batch = build(), batch_of()
    fakes = {
        "forward": game.generators(None, batch.cond),
        "backward": game.generators.translate_back(None, batch.sample),
    }
    critics = {"forward": game.discriminators.of_targets, "backward": game.discriminators.of_sources}
    reals = {"forward": batch.sample, "backward": batch.cond}
    generator, discriminator = game.losses("generator", batch, 0), game.losses("discriminator", batch, 0)
    for way, fake in fakes.items():
        logits = critics[way](fake)
        torch.testing.assert_close(generator[f"adversarial_{way}"], game.loss.generator(logits).mean())
        expected = game.loss.discriminator(critics[way](reals[way]), logits).mean()
        torch.testing.assert_close(discriminator[f"adversarial_{way}"], expected)


def test_domains_may_have_other_channels_and_then_there_is_no_identity_term():
    spec = ImagePairs(paired=False, source_channels=1).spec
    game, batch = build(spec), batch_of(source_channels=1)
    assert "identity" not in game.losses("generator", batch, 0)
    assert game.translate_back(batch.sample, game.sampler).shape == batch.cond.shape
    assert game.sample(batch, game.sampler).shape == batch.sample.shape


def test_every_network_has_gradients():
    game, batch = build(), batch_of()
    for player, network in game.players().items():
        total = sum(game.losses(player, batch, 0).values())
        slopes = torch.autograd.grad(total, list(network.parameters()))
        assert all(slope.abs().sum() > 0 for slope in slopes)


@pytest.mark.parametrize("terms", [[R1(1.0)], [LeCam()], [WeightClip(0.1)]], ids=lambda terms: type(terms[0]).__name__)
def test_regularizers_act_in_both_domains_with_statistics_of_their_own(bench, terms):
    game = build(terms=terms, augment=DiffAugment(), pool=3)
    name = type(terms[0]).__name__.lower()
    bench(game, lr=0.05).run([batch_of()] * 3)
    losses = game.losses("discriminator", batch_of(), 0)
    assert {f"{name}_forward", f"{name}_backward"} < losses.keys()
    forward, backward = (game.domains[way].terms[name] for way in ("forward", "backward"))
    if name == "lecam":
        assert not torch.equal(forward.averages, backward.averages)
    if name == "weightclip":
        assert max(weight.abs().max() for weight in game.discriminators.parameters()) <= 0.1
    if name == "r1":
        forward.weight = 0.0  # as an annealing hook sets it
        assert game.losses("discriminator", batch_of(), 0)["r1_backward"] == 0


def test_noise_images_fit_each_direction():
    class Noisy(Translator):
        def forward(self, latents, cond):
            noise = latents.reshape(len(cond), 1, *cond.shape[2:])
            return super().forward(latents, cond + 0.1 * noise)

    game, batch = build(latent=NoiseImage(1), generator=Noisy), batch_of()
    assert game.losses("generator", batch, 0)["cycle"] > 0
    assert game.spec.latent == 64


@pytest.mark.parametrize("microbatches", [2, 4])
def test_microbatches_equal_the_whole_batch(bench, microbatches):
    ends = []
    for parts in (1, microbatches):
        game = build(terms=[R1(0.1)], augment=DiffAugment(), pool=5)
        bench(game, lr=0.05, microbatches=parts).run([batch_of()] * 4)
        ends.append(torch.cat([value.flatten().double() for value in game.state_dict().values()]))
    torch.testing.assert_close(*ends, rtol=0, atol=1e-6)


def test_a_resumed_run_is_the_uninterrupted_one_through_the_pool(tmp_path):
    lines = [*UNPAIRED, "game.pool=12", "batch_size=4", "augment=diffaugment", "regularizer=[r1]"]
    go(tmp_path / "half", *lines, "iterations=4")
    go(tmp_path / "half", *lines, "iterations=8")
    go(tmp_path / "whole", *lines, "iterations=8")
    whole = state(tmp_path / "whole")
    assert_same(state(tmp_path / "half"), whole)
    pools = [name for name in whole if "_pools" in name and name.endswith("images")]
    assert len(pools) == 2
    assert all(whole[name].abs().sum() > 0 for name in pools)
    go(tmp_path / "none", *lines, "iterations=8", "game.pool=0")
    weight = ".state_dict.game.generators.to_target.first.weight"
    assert not torch.equal(state(tmp_path / "none")[weight], whole[weight])


def test_a_run_logs_both_directions_and_averages_both_generators(tmp_path):
    go(tmp_path / "run", *UNPAIRED, "ema.half_life_samples=10")
    logged = rows(tmp_path / "run")[-1]
    for name in (
        "discriminator/adversarial_forward",
        "generator/adversarial_backward",
        "generator/cycle",
        "generator/identity",
    ):
        assert float(logged[name]) > 0
    assert 0 <= float(logged["discriminator/accuracy"]) <= 1
    assert [name for name in state(tmp_path / "run") if "ema.average.to_source" in name]


def test_data_without_source_images_are_refused():
    with pytest.raises(ValueError, match=r"CycleGAN translates images, but this data has samples of shape \(1, 8, 8\)"):
        build(Spec((1, 8, 8)))
    components = [line for line in PAIR_COMPONENTS if "ImagePairs" not in line and "Translator" not in line]
    (issue,) = issues_of(*components, "latent=normal", "game=cyclegan", "regularizer=[]", "generator=dcgan")
    assert issue.startswith("game: CycleGAN translates images, but this data has")


@pytest.mark.parametrize("setting", ["cycle", "identity", "pool"])
def test_negative_settings_are_refused(setting):
    with pytest.raises(ValueError, match=rf"^{setting} must be at least 0, got -1$"):
        build(**{setting: -1})


def test_regularizers_of_both_losses_are_refused():
    with pytest.raises(ValueError, match="regularizers of both losses need a game of two networks; remove consensus"):
        build(terms=[Consensus()])


def test_half_precision_gives_nearly_the_same_losses():
    game, batch = build(), batch_of()
    with torch.autocast("cpu", torch.bfloat16):
        rounded = {**game.losses("generator", batch, 0), **game.losses("discriminator", batch, 0)}
    exact = {**game.losses("generator", batch, 0), **game.losses("discriminator", batch, 0)}
    for name, value in exact.items():
        assert float(rounded[name].detach()) == pytest.approx(float(value.detach()), rel=0.05)


def test_a_batch_is_translated_by_the_networks_that_it_was_prepared_for(bench):
    game = build()
    module = bench(game, lr=0.05)
    module.run([batch_of()] * 2)
    assert game._shared is None
    other = Batch(batch_of().sample.clone(), batch_of().cond)
    assert game.losses("generator", other, 0)["cycle"] > 0
