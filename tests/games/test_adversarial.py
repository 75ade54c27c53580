import pytest
import torch
from torch import nn

from ganlab import discriminators, generators
from ganlab.augments import Identity
from ganlab.core.interfaces import Augment, Batch, DiscriminatorOutput, Regularizer, Spec
from ganlab.games import AdversarialGame
from ganlab.latents import Normal
from ganlab.losses import NonSaturating, RelativisticPairing, Wasserstein
from ganlab.regularizers import R1, R2, GradientPenalty, InstanceNoise, WeightClip
from ganlab.schedules import Alternating, Simultaneous

SPEC = Spec((2,), classes=3)


class Counting(nn.Module):
    """Counts the forward passes of a network and records their arguments."""

    def __init__(self, network):
        super().__init__()
        self.network, self.calls, self.arguments = network, 0, []

    def forward(self, *arguments):
        self.calls += 1
        self.arguments.append(arguments)
        return self.network(*arguments)


def make(loss=None, terms=(), spec=SPEC, augment=None):
    torch.manual_seed(0)
    return AdversarialGame(
        spec,
        lambda spec: Counting(generators.MLP(spec, widths=(6,))),
        lambda spec: Counting(discriminators.MLP(spec, widths=(6,), activation="tanh")),
        loss or NonSaturating(),
        {type(term).__name__: term for term in terms},
        augment or Identity(),
        Normal(4),
    )


def batch(count=8, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return Batch(torch.randn(count, 2, generator=generator), torch.arange(count) % 3)


def gradients(network):
    return [weights.grad for weights in network.parameters()]


def test_the_networks_are_built_from_the_data_and_the_latent():
    game = make()
    assert game.spec == Spec((2,), classes=3, latent=4)
    assert game.sampler is game.generator
    assert game.players() == {"discriminator": game.discriminator, "generator": game.generator}
    assert not {*game.generator.parameters()} & {*game.discriminator.parameters()}


def test_the_adversarial_term_is_the_mean_of_the_loss_on_real_and_fake_under_one_condition():
    game, real = make(), batch()
    game.random.seek(3)
    term = game.losses("discriminator", real, 0)["adversarial"]
    game.random.seek(3)
    fake = game.generator(game.latent.sample(8, game.random), real.cond)
    real_logits, fake_logits = game.discriminator(real.sample, real.cond), game.discriminator(fake, real.cond)
    torch.testing.assert_close(term, game.loss.discriminator(real_logits, fake_logits).mean())
    game.random.seek(3)
    term = game.losses("generator", real, 0)["adversarial"]
    torch.testing.assert_close(term, game.loss.generator(fake_logits).mean())


def test_the_discriminators_loss_does_not_reach_the_generator():
    game = make(terms=(R1(), R2(), GradientPenalty()))
    sum(game.losses("discriminator", batch(), 0).values()).backward()
    assert all(gradient is None for gradient in gradients(game.generator))
    assert all(gradient is not None for gradient in gradients(game.discriminator))


def test_terms_are_weighted_scalars_by_name():
    game = make(terms=(R1(3.0), R2(5.0)))
    terms = game.losses("discriminator", batch(), 0)
    assert list(terms) == ["adversarial", "R1", "R2"]
    assert all(term.shape == () for term in terms.values())
    game.random.seek()
    once = make(terms=(R1(1.0), R2(1.0))).losses("discriminator", batch(), 0)
    assert terms["R1"].item() == pytest.approx(3 * once["R1"].item())
    assert terms["R2"].item() == pytest.approx(5 * once["R2"].item())
    assert list(game.losses("generator", batch(), 0)) == ["adversarial"]


@pytest.mark.parametrize(
    ("loss", "terms", "player", "generator_calls", "discriminator_calls"),
    [
        (NonSaturating(), (), "discriminator", 1, 2),
        (NonSaturating(), (), "generator", 1, 1),
        (RelativisticPairing(), (), "generator", 1, 2),
        (NonSaturating(), (R1(), R2()), "discriminator", 1, 2),  # one forward for the loss and both penalties
        (NonSaturating(), (R1(), GradientPenalty()), "discriminator", 1, 3),
    ],
)
def test_every_output_is_computed_once(loss, terms, player, generator_calls, discriminator_calls):
    game = make(loss, terms)
    game.losses(player, batch(), 0)
    assert (game.generator.calls, game.discriminator.calls) == (generator_calls, discriminator_calls)


@pytest.mark.parametrize("schedule", [Alternating(), Simultaneous()], ids=lambda s: type(s).__name__)
def test_both_players_share_one_generator_pass_a_step(bench, schedule):
    game = make()
    bench(game, schedule=schedule).run([batch(seed=i) for i in range(3)])
    assert game.generator.calls == 3


def test_every_batch_and_discriminator_update_has_new_fake_samples(bench):
    game = make()
    bench(game, schedule=Alternating(generator=3)).run([batch()] * 6)
    latents = [arguments[0] for arguments in game.generator.arguments]
    assert len(latents) == 6
    assert len({tuple(x.flatten().tolist()) for x in latents}) == 6


def test_sharing_fake_samples_changes_no_weight(bench):
    # With microbatches nothing is prepared and shared; losses that are means of samples must give the same weights.
    def weights(microbatches):
        module = bench(make(Wasserstein()), microbatches=microbatches).run([batch(seed=i) for i in range(4)])
        return torch.cat([w.flatten() for w in module.game.parameters()])

    torch.testing.assert_close(weights(1), weights(2), rtol=0, atol=1e-6)


class Shift(Augment):
    """Adds 100, which shows in the input of the discriminator."""

    def forward(self, samples, random):
        return samples + 100


def test_the_discriminator_receives_augmented_real_fake_and_mixed_samples():
    game = make(terms=(GradientPenalty(),), augment=Shift())
    game.losses("discriminator", batch(), 0)
    game.losses("generator", batch(), 0)
    assert len(game.discriminator.arguments) == 4
    assert all(samples.min() > 50 for samples, _ in game.discriminator.arguments)


class Recorder(Regularizer):
    """Adds nothing; records the steps of its inputs and counts its updates."""

    player = "discriminator"

    def __init__(self, every=1):
        super().__init__(1.0, every)
        self.steps, self.updates = [], 0

    def penalty(self, view):
        return torch.zeros(())

    def perturb_input(self, samples, step, random):
        self.steps.append(step)
        return samples

    def after_update(self, network):
        self.updates += 1


def test_lazy_terms_count_the_updates_of_their_player(bench):
    recorder = Recorder(every=2)
    bench(make(terms=(recorder,)), schedule=Alternating(discriminator=3)).run([batch()] * 18)
    # Of six updates of the discriminator, every second one.
    assert recorder.updates == 3


def test_both_players_see_the_noise_of_the_same_step(bench):
    # `decay_steps` counts batches, so both players' inputs have noise of the same deviation at one step.
    recorder = Recorder()
    bench(make(terms=(recorder,)), schedule=Alternating(generator=5)).run([batch()] * 10)
    discriminator = [[step, step] for step in range(10)]
    expected = [*discriminator[:5], [4], *discriminator[5:], [9]]
    assert recorder.steps == [step for steps in expected for step in steps]


def test_decayed_noise_is_also_0_for_the_generator(bench):
    game = make(terms=(InstanceNoise(50.0, decay_steps=3),))
    bench(game, schedule=Alternating(generator=5)).run([batch()] * 5)
    *_, (last, _) = game.discriminator.arguments
    assert last.abs().max() < 10


def test_weights_are_clipped_after_each_discriminator_update_and_never_in_the_generator(bench):
    game = make(Wasserstein(), (WeightClip(0.05),))
    before = max(w.abs().max().item() for w in game.generator.parameters())
    bench(game).run([batch()] * 2)
    assert max(w.abs().max().item() for w in game.discriminator.parameters()) == pytest.approx(0.05)
    assert max(w.abs().max().item() for w in game.generator.parameters()) > before / 2 > 0.05


def test_an_output_with_features_gives_the_losses_of_its_logits():
    class WithFeatures(nn.Module):
        def __init__(self, network):
            super().__init__()
            self.network = network

        def forward(self, samples, cond):
            return DiscriminatorOutput(self.network(samples, cond), features=(samples,))

    plain, with_features = make(), make()
    with_features.discriminator.network = WithFeatures(with_features.discriminator.network)
    for player in ("discriminator", "generator"):
        assert plain.losses(player, batch(), 0) == with_features.losses(player, batch(), 0)


def test_diagnostics_by_hand():
    game = make()
    assert game.diagnostics() == {}
    game.losses("discriminator", batch(), 0)
    real = game.discriminator(batch().sample, batch().cond)
    diagnostics = game.diagnostics()
    assert diagnostics["discriminator/real"].item() == pytest.approx(real.mean().item(), abs=1e-6)
    assert set(diagnostics) == {"discriminator/real", "discriminator/fake", "discriminator/accuracy"}


def test_conditions_reach_both_networks():
    game, real = make(), batch()
    game.losses("discriminator", real, 0)
    game.losses("generator", real, 0)
    conditions = [cond for _, cond in [*game.generator.arguments, *game.discriminator.arguments]]
    assert len(conditions) == 5
    assert all(cond is real.cond for cond in conditions)


class Declared(Counting):
    """A network that declares whether it treats samples independently."""

    def __init__(self, network, independent):
        super().__init__(network)
        self.independent_samples = independent


def declared(independent, terms=(), loss=None):
    """Return a game whose discriminator makes this declaration."""
    game = make(loss, terms)
    game.discriminator = Declared(game.discriminator.network, independent)
    return AdversarialGame(
        SPEC,
        lambda spec: game.generator,
        lambda spec: game.discriminator,
        game.loss,
        game.regularizers,
        game.augment,
        game.latent,
    )


@pytest.mark.parametrize("terms", [(), (InstanceNoise(0.3),)], ids=["plain", "noise"])
@pytest.mark.parametrize("loss", [NonSaturating(flip=0.2), RelativisticPairing()], ids=["flip", "pairs"])
def test_one_forward_pass_for_real_and_fake_samples_equals_two(terms, loss):
    results, real = [], batch()
    for independent in (True, False):
        game = declared(independent, terms, loss)
        game.prepare(real, ["discriminator", "generator"])
        game.random.seek()
        losses = game.losses("discriminator", real, 0)
        losses["adversarial"].backward(inputs=list(game.discriminator.parameters()))
        results.append((losses["adversarial"], *gradients(game.discriminator), *game.histograms().values()))
        assert game.discriminator.calls == (1 if independent else 2)
        game.random.seek()
        results[-1] += (game.losses("generator", real, 0)["adversarial"],)
    for joined, separate in zip(*results, strict=True):
        torch.testing.assert_close(joined, separate)


def test_batches_are_not_joined_for_a_penalty_on_the_gradient_of_one_of_them():
    game, real = declared(True, [R1(1.0)]), batch()
    game.losses("discriminator", real, 0)
    assert game.discriminator.calls == 2


@pytest.mark.parametrize(
    ("settings", "independent"),
    [({}, True), ({"norm": "layer"}, True), ({"norm": "batch"}, False), ({"dropout": 0.1}, False),
     ({"spectral_norm": True}, False)],
)  # fmt: skip
@pytest.mark.parametrize("network", [discriminators.MLP, discriminators.DCGAN])
def test_networks_with_batch_statistics_or_draws_do_not_declare_independence(network, settings, independent):
    samples, labels = torch.randn(6, 1, 16, 16), torch.arange(6) % 3
    built = network(Spec((1, 16, 16), classes=3), **settings)
    assert built.independent_samples == independent
    if independent:
        torch.testing.assert_close(built(samples, labels)[:3], built(samples[:3], labels[:3]))


def test_draws_that_are_skipped_leave_later_ones_unchanged():
    game, first = make(), make()
    for each, shared in ((game, True), (first, False)):
        each.random.seek(3)
        if shared:
            each.prepare(batch(), ["discriminator", "generator"])
            each.random.seek(3)
        each.losses("discriminator", batch(), 0)
    assert game.random.draws == first.random.draws
    assert torch.equal(*(each.latent.sample(2, each.random) for each in (game, first)))
