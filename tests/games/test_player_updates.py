"""A loop without Lightning trains the weights of `ganlab train`, bit for bit."""

from functools import partial

import pytest
import torch
from support import small_runs

import ganlab
from ganlab.config import instantiate
from ganlab.core.random import derive
from ganlab.data import normalize
from ganlab.data.stream import Stream
from ganlab.games.player_updates import PlayerUpdates
from ganlab.optimizers import ExtraSGD

IMAGES = ["data=digits", "data.resolution=8", "generator=dcgan", "discriminator=dcgan", "generator.width=4",
          "discriminator.width=4", "latent.size=4", "batch_size=8", *small_runs.QUIET]  # fmt: skip
EXPERIMENTS = {
    "points": [*small_runs.POINTS, "regularizer=[gradient_penalty]", "lr_schedule=cosine", "ema=half_life"],
    "dropout": [*small_runs.POINTS, "discriminator.dropout=0.3", "gradient_clip_norm=0.1", "schedule.generator=2"],
    "images": [*IMAGES, "regularizer=[r1]", "loss=hinge", "augment=diffaugment", "data.labels=true"],
    "microbatches": [*IMAGES, "microbatches=2", "discriminator.spectral_norm=true", "schedule=simultaneous"],
}


def train_in_a_loop(config, steps):
    """Train without a Trainer."""
    data = instantiate(config.data)
    torch.manual_seed(derive(config.seed, "weights"))
    game = instantiate(config.game)(data.spec).to(memory_format=torch.channels_last)
    lr_schedule = instantiate(config.lr_schedule)
    updates = PlayerUpdates(
        game,
        {player: instantiate(node) for player, node in config.optimizer.items()},
        instantiate(config.schedule),
        instantiate(config.ema)(game.sampler),
        rate_factor=lambda step: lr_schedule(step, config.iterations),
        seed=config.seed,
        microbatches=config.microbatches,
        clip_norm=config.gradient_clip_norm,
    )
    for batch in Stream(data, config.batch_size, steps, config.seed):
        updates.step(normalize(batch))
    return updates


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_loop_without_lightning_trains_the_same_weights(tmp_path, name):
    steps = 5
    config = small_runs.composed(*EXPERIMENTS[name], f"iterations={steps}")
    config.run_dir = str(tmp_path / "run")
    ganlab.train(config)
    saved = small_runs.checkpoint(tmp_path / "run")
    updates = train_in_a_loop(config, steps)
    for prefix, module in (("game.", updates.game), ("ema.", updates.ema)):
        expected = {key.removeprefix(prefix): value for key, value in saved["state_dict"].items() if prefix in key[:5]}
        small_runs.assert_same(dict(module.state_dict()), expected)
    assert saved["ganlab"] == {"steps": updates.steps, "samples": updates.samples}


def test_loss_terms_are_those_of_the_updated_players(linear):
    config = small_runs.composed(*small_runs.POINTS, "schedule.generator=2", "regularizer=[r1]")
    updates = train_in_a_loop(config, 0)
    batches = iter(Stream(instantiate(config.data), 8, 2, 0))
    assert [[*updates.step(normalize(batch))] for batch in batches] == [
        ["discriminator/adversarial", "discriminator/r1"],
        ["discriminator/adversarial", "discriminator/r1", "generator/adversarial"],
    ]


def test_an_own_backward_pass_and_an_own_optimizer_step_are_called_for_every_update():
    config = small_runs.composed(*small_runs.POINTS)
    updates, calls = train_in_a_loop(config, 0), []

    def backward(loss, weights):
        calls.append("backward")
        loss.backward(inputs=weights)

    updates.backward, updates.step_optimizer = backward, calls.append
    before = [weight.clone() for weight in updates.game.parameters()]
    updates.step(normalize(next(iter(Stream(instantiate(config.data), 8, 1, 0)))))
    assert calls == ["backward", "discriminator", "backward", "generator"]
    assert all(torch.equal(*pair) for pair in zip(before, updates.game.parameters(), strict=True))


def test_optimizers_with_a_memory_are_stepped_like_others(bench):
    config = small_runs.composed(*small_runs.POINTS)
    data = instantiate(config.data)
    batches = [normalize(batch) for batch in Stream(data, 8, 5, 0)]
    torch.manual_seed(0)
    run = bench(instantiate(config.game)(data.spec), lr=0.1, optimizer=ExtraSGD).run(batches)
    torch.manual_seed(0)
    optimizers = dict.fromkeys(("discriminator", "generator"), partial(ExtraSGD, lr=0.1))
    updates = PlayerUpdates(instantiate(config.game)(data.spec), optimizers, instantiate(config.schedule))
    for batch in batches:
        updates.step(batch)
    small_runs.assert_same(dict(run.game.state_dict()), dict(updates.game.state_dict()))


@pytest.mark.parametrize(("term", "constant"), [("lecam", True), ("consensus", False)])
def test_weights_without_a_needed_gradient_are_constants_only_while_losses_are_computed(term, constant):
    config = small_runs.composed(*small_runs.POINTS, f"regularizer=[{term}]")
    updates, requiring = train_in_a_loop(config, 0), []
    discriminator = updates.game.discriminator
    discriminator.register_forward_hook(
        lambda *arguments: requiring.append({weight.requires_grad for weight in discriminator.parameters()})
    )
    batch = normalize(next(iter(Stream(instantiate(config.data), 8, 1, 0))))
    for player, expected in (("discriminator", {True}), ("generator", {not constant})):
        requiring.clear()
        updates.accumulate(player, batch)
        assert all(each == expected for each in requiring)
    assert all(weight.requires_grad for weight in updates.game.parameters())
    updates.game.losses = lambda *arguments: 1 / 0
    with pytest.raises(ZeroDivisionError):
        updates.accumulate("generator", batch)
    assert all(weight.requires_grad for weight in updates.game.parameters())
