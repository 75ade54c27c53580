import pytest
import torch
from support.small_runs import DIGITS, POINTS, WithoutFeatures, assert_same, go, state

from ganlab import discriminators, generators
from ganlab.augments import Identity
from ganlab.core.interfaces import Batch, Spec
from ganlab.core.random import Random
from ganlab.games import VAE, VAEGAN, BiGAN
from ganlab.latents import Normal, Truncated, Uniform
from ganlab.layers import posterior
from ganlab.losses import Hinge, LeastSquares, Minimax, NonSaturating, RelativisticPairing, Wasserstein
from ganlab.regularizers import R1, Consensus, InstanceNoise, LeCam


def draws(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def networks(widths=(8,), seed=0):
    torch.manual_seed(seed)
    return lambda spec: generators.MLP(spec, widths=widths), lambda spec: discriminators.MLP(
        spec, widths=widths, activation="tanh"
    )


PLANE = Spec((2,))


def vae(widths=(8,), spec=PLANE, latent=2, **settings):
    return VAE(spec, *networks(widths), Normal(latent), **settings)


def vae_gan(terms=None, loss=None):
    return VAEGAN(Spec((2,), classes=3), *networks(), loss or NonSaturating(), terms or {}, Identity(), Normal(2))


def bigan(shape=(2,), loss=None, terms=None):
    return BiGAN(Spec(shape, classes=3), *networks(), loss or NonSaturating(), terms or {}, Normal(2))


def labelled(*shape, seed=0):
    return Batch(draws(12, *shape, seed=seed), torch.arange(12) % 3)


GAMES = {"vae": lambda: vae(spec=Spec((2,), classes=3)), "vae_gan": vae_gan, "bigan": bigan}
every = pytest.mark.parametrize("name", GAMES)


def flat(module):
    return torch.cat([weights.detach().flatten() for weights in module.parameters()])


def test_the_posterior_is_its_gaussian():
    outputs = draws(50_000, 4) * 0.3 + torch.tensor([1.0, -2.0, 0.5, -1.0])
    latents, divergence = posterior(outputs, Random())
    mean, deviation = outputs[:, :2], (outputs[:, 2:] / 2).exp()
    normal = torch.distributions.Normal(mean, deviation)
    expected = torch.distributions.kl_divergence(normal, torch.distributions.Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(divergence, expected)
    noise = (latents - mean) / deviation
    assert noise.mean().abs() < 0.02
    assert (noise.std() - 1).abs() < 0.02


def test_a_linear_autoencoder_finds_the_principal_variance(bench):
    # Tipping & Bishop 1999: with x ~ N(0, s²) and noise of variance v, the best decoder has w² = s² − v.
    game = vae(widths=(), spec=Spec((1,)), latent=1, variance=0.5)
    batches = [Batch(1.5 * draws(256, 1, seed=i)) for i in range(600)]
    bench(game, lr=0.02, optimizer=torch.optim.Adam).run(batches)
    weight = game.generator.body[1].weight
    assert weight.numel() == 1
    assert weight.item() ** 2 == pytest.approx(1.5**2 - 0.5, rel=0.1)
    assert game.sample(Batch(draws(5000, 1)), game.generator).var().item() == pytest.approx(1.5**2 - 0.5, rel=0.15)


def test_the_losses_of_the_autoencoder_by_hand():
    game, batch = vae(variance=0.25, beta=3.0), Batch(draws(12, 2))
    latents, divergence = posterior(game.encoder(batch.sample), Random())
    error = (batch.sample - game.generator(latents)).square().sum(1).mean() / 2 / 0.25
    terms = game.losses("discriminator", batch, 0)
    torch.testing.assert_close(terms, {"reconstruction": error, "divergence": 3.0 * divergence.mean()})
    game.random.seek()
    torch.testing.assert_close(game.losses("generator", batch, 0), {"reconstruction": error})


@every
def test_an_update_changes_the_player_and_its_extra_modules_only(bench, name):
    game = GAMES[name]()
    module = bench(game).module
    modules = {player: [network, *game.extra_modules(player)] for player, network in game.players().items()}

    def copy_weights():
        return {player: [flat(part) for part in parts] for player, parts in modules.items()}

    assert sum(len(flat(part)) for parts in modules.values() for part in parts) == len(flat(game))
    for player, other in (("discriminator", "generator"), ("generator", "discriminator")):
        before = copy_weights()
        module.updates.accumulate(player, labelled(2))
        module.updates.update(player)
        after = copy_weights()
        assert all(torch.equal(*pair) for pair in zip(before[other], after[other], strict=True))
        assert not any(torch.equal(*pair) for pair in zip(before[player], after[player], strict=True))


@every
def test_two_microbatches_equal_one(bench, name):
    ends = []
    for microbatches in (1, 2):
        game = GAMES[name]()
        bench(game, lr=0.05, microbatches=microbatches).run([labelled(2, seed=i) for i in range(3)])
        ends.append(flat(game))
    torch.testing.assert_close(ends[0], ends[1], rtol=0, atol=1e-6)


@every
def test_samples_come_from_the_sampler(name):
    game = GAMES[name]()
    game.random = Random(7)
    latents, batch = game.latent.sample(12, Random(7)), labelled(2)
    assert torch.equal(game.sample(batch, game.sampler), game.sampler(latents, batch.cond))


def test_the_reconstruction_error_is_that_of_the_discriminators_features():
    game, batch = vae_gan(), labelled(2)
    terms = game.losses("generator", batch, 0)
    assert set(terms) == {"adversarial", "reconstruction", "divergence"}
    random = Random()
    latents, divergence = posterior(game.encoder(*batch), random)
    discriminator = game.gan.discriminator
    f, g = (discriminator.features(x, batch.cond) for x in (batch.sample, game.sampler(latents, batch.cond)))
    torch.testing.assert_close(terms["reconstruction"], 0.01 * (f - g).square().sum(1).mean() / 2)
    torch.testing.assert_close(terms["divergence"], 0.01 * divergence.mean())
    assert set(game.losses("discriminator", batch, 0)) == {"adversarial"}


@pytest.mark.parametrize("shape", [(2,), (5, 2), (1, 4, 4)])
def test_the_discriminator_receives_samples_with_their_latents(shape):
    game, batch = bigan(shape), labelled(*shape)
    inputs = []
    game.gan.discriminator.register_forward_hook(lambda module, arguments, output: inputs.append(arguments[0]))
    game.losses("discriminator", batch, 0)
    latents = game.latent.sample(12, Random())
    axis = 2 if len(shape) == 2 else 1
    fake_pairs, real_pairs = torch.cat(inputs).split(12)  # from one forward pass or from two
    for samples, codes, pairs in (
        (game.sampler(latents, batch.cond), latents, fake_pairs),
        (batch.sample, game.encoder(*batch), real_pairs),
    ):
        torch.testing.assert_close(pairs.narrow(axis, 0, shape[axis - 1]), samples)
        appended = pairs.narrow(axis, shape[axis - 1], 2).movedim(axis, -1).reshape(12, -1, 2)
        torch.testing.assert_close(appended, codes[:, None].expand_as(appended))


def test_the_encoders_loss_is_low_if_real_pairs_look_fake():
    game, batch = bigan(loss=Wasserstein()), labelled(2)
    terms = game.losses("generator", batch, 0)
    pairs = torch.cat([batch.sample, game.encoder(*batch)], 1)
    torch.testing.assert_close(terms["encoder"], game.gan.discriminator(pairs, batch.cond).mean())


MIRRORED = {
    "minimax": (Minimax(), lambda d: torch.nn.functional.logsigmoid(d)),  # G maximises what E minimises
    "non_saturating": (NonSaturating(), torch.nn.functional.softplus),
    "hinge": (Hinge(), lambda d: d),  # without a bound, like G's
    "least_squares": (LeastSquares(), lambda d: d.square() / 2),
}


@pytest.mark.parametrize(("loss", "expected"), MIRRORED.values(), ids=MIRRORED)
def test_the_encoders_loss_mirrors_the_generators(loss, expected):
    game, batch = bigan(loss=loss), labelled(2)
    terms = game.losses("generator", batch, 0)
    logits = game.gan.discriminator(torch.cat([batch.sample, game.encoder(*batch)], 1), batch.cond)
    torch.testing.assert_close(terms["encoder"], expected(logits).mean())


def test_the_encoders_pairs_pass_through_the_instance_noise():
    game, batch = bigan(loss=Wasserstein(), terms={"noise": InstanceNoise(100)}), labelled(2)
    deviations = []
    game.gan.discriminator.register_forward_hook(
        lambda module, inputs, output: deviations.append(inputs[0].std().item())
    )
    game.losses("generator", batch, 0)
    assert len(deviations) == 2
    assert min(deviations) > 50


def test_the_game_has_the_truncated_latents():
    game = BiGAN(Spec((2,)), *networks(), NonSaturating(), {}, Truncated(4, 0.5))
    assert game.latent.truncation == 0.5


def test_regularizers_with_statistics_work_in_both_games(bench):
    for make in (vae_gan, bigan):
        term = LeCam()
        game = make(terms={"r1": R1(), "lecam": term})
        bench(game).run([labelled(2, seed=i) for i in range(3)])
        assert term.moves == 3
        assert game.diagnostics()
        assert game.histograms()


@pytest.mark.slow
@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize("data", [POINTS, [*DIGITS, "data.labels=true"]], ids=["points", "digits"])
def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path, name, data):
    settings = [*data, f"game={name}", "regularizer=[]", "generator.norm=batch"]
    go(tmp_path / "whole", *settings)
    go(tmp_path / "cut", *settings, "iterations=3")
    go(tmp_path / "cut", *settings)
    assert_same(state(tmp_path / "cut"), state(tmp_path / "whole"))


REFUSALS = {
    "variance": (lambda: vae(variance=0.0), r"variance must be above 0, got 0\.0"),
    "beta": (lambda: vae(beta=-1.0), r"beta must be at least 0, got -1\.0"),
    "latent": (
        lambda: VAE(Spec((2,)), *networks(), Uniform(3)),
        "this game compares encodings with the standard normal distribution, got latents of Uniform; use latent=normal",
    ),
    "discriminator": (
        lambda: VAE(Spec((2,)), networks()[0], WithoutFeatures, Normal(3)),
        "this game builds its encoder from a discriminator that shows its features, which WithoutFeatures does not; "
        "use one that does, such as discriminator=mlp or dcgan",
    ),
    "relativistic": (
        lambda: bigan(loss=RelativisticPairing()),
        "the encoder's loss needs a value for each pair alone, which RelativisticPairing does not have; use another "
        "loss, such as non_saturating",
    ),
    **{
        f"consensus in {make.__name__}": (
            lambda make=make: make(terms={"consensus": Consensus()}),
            "regularizers of both losses need a game of two networks, but here an encoder is trained, too; "
            "remove consensus",
        )
        for make in (bigan, vae_gan)
    },
}


@pytest.mark.parametrize(("make", "sentence"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(make, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        make()
