import csv
import json
import re
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.plugins import MixedPrecision
from support import small_runs as tiny

import ganlab
from ganlab.config import instantiate
from ganlab.core.errors import TrainingError
from ganlab.core.interfaces import AdversarialLoss, Batch
from ganlab.data import DataModule
from ganlab.training.build import build_module

SMALL = ["data=ring", "generator=mlp", "discriminator=mlp", "generator.widths=[8]", "discriminator.widths=[8]",
         "latent.size=4", "batch_size=16", "metric=[]", "trainer=cpu",
         "callback=[nan_monitor,metrics_logger,status_file]"]  # fmt: skip
# What a bare Trainer says; a run of ganlab's must not say it, which a test below sees to.
NOISE = (
    "does not have many workers",
    "LeafSpec",
    "smaller than the logging interval",
    "in eval mode at the start",
    "srun",
)
quiet = pytest.mark.filterwarnings(*(f"ignore:.*{each}.*" for each in NOISE))


def composed(*overrides):
    return tiny.composed(*SMALL, *overrides)


class Recorder(pl.Callback):
    """Keeps the weights, rates and averages after every step."""

    def __init__(self):
        self.weights, self.kept, self.rates, self.norms = [], [], [], []

    def on_train_batch_end(self, trainer, module, *args):
        self.weights.append({name: flat(network) for name, network in module.game.players().items()})
        self.kept.append(flat(module.ema.network))
        self.rates.append([optimizer.param_groups[0]["lr"] for optimizer in trainer.optimizers])
        gradients = [w.grad for w in module.game.discriminator.parameters()]
        self.norms.append(torch.nn.utils.get_total_norm(gradients).item())


def flat(network):
    return torch.cat([weights.detach().flatten() for weights in network.parameters()]).clone()


def fit(config, *callbacks, **settings):
    """Train through Lightning's loop, without the run's directory and callbacks."""
    data = instantiate(config.data)
    module = build_module(config, data)
    trainer = pl.Trainer(
        max_epochs=1, accelerator="cpu", devices=1, logger=False, callbacks=list(callbacks),
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False, **settings,
    )  # fmt: skip
    trainer.fit(module, DataModule(data, config.batch_size, config.iterations, config.seed))
    return trainer, module


@quiet
@pytest.mark.parametrize(
    ("schedule", "optimizer_steps"),
    [("schedule.generator=1", 24), ("schedule.generator=5", 14), ("schedule.discriminator=3", 16)],
)
def test_steps_are_batches_whatever_lightning_counts(schedule, optimizer_steps):
    trainer, module = fit(composed("iterations=12", schedule))
    assert (module.steps, module.samples) == (12, 12 * 16)
    assert trainer.global_step == optimizer_steps


@quiet
def test_players_move_at_their_steps_and_the_average_only_after_the_generator():
    recorder = Recorder()
    fit(composed("iterations=7", "schedule.generator=3", "ema.half_life_samples=50"), recorder)
    pairs = list(zip(recorder.weights, recorder.weights[1:], strict=False))
    after_update = {p: [not torch.equal(a[p], b[p]) for a, b in pairs] for p in ("discriminator", "generator")}
    averaged = [not torch.equal(a, b) for a, b in zip(recorder.kept, recorder.kept[1:], strict=False)]
    assert after_update["discriminator"] == [True] * 6
    # Between the states after steps 1 … 7, the generator moves at the third and the sixth.
    assert after_update["generator"] == averaged == [False, True, False, False, True, False]


@quiet
def test_the_average_is_exact_over_own_samples():
    recorder = Recorder()
    fit(composed("iterations=6", "schedule.generator=2", "ema.half_life_samples=50", "ema.ramp_up=0"), recorder)
    # An update at steps 2, 4, 6, each for 32 samples, weighs 1 − 0.5^(32/50); the first average is the first weights.
    weight = 1 - 0.5 ** (32 / 50)
    expected = recorder.kept[0]
    for step in (2, 4, 6):
        expected = expected.lerp(recorder.weights[step - 1]["generator"], weight)
        torch.testing.assert_close(recorder.kept[step - 1], expected)


@quiet
def test_learning_rates_follow_our_steps_for_each_player():
    recorder = Recorder()
    rates = ("optimizer.discriminator.lr=0.002", "optimizer.generator.lr=0.01")
    fit(composed("iterations=10", "lr_schedule=linear", *rates), recorder)
    assert [rates[0] for rates in recorder.rates] == pytest.approx([0.002 * (1 - step / 10) for step in range(10)])
    assert [rates[1] for rates in recorder.rates] == pytest.approx([0.01 * (1 - step / 10) for step in range(10)])


@quiet
def test_gradients_are_clipped_to_the_norm_and_shorter_ones_left_alone():
    free, tight, loose = Recorder(), Recorder(), Recorder()
    fit(composed("iterations=3"), free)
    fit(composed("iterations=3", "gradient_clip_norm=1e-3"), tight)
    fit(composed("iterations=3", "gradient_clip_norm=1e3"), loose)
    assert min(free.norms) > 1e-2
    assert tight.norms == pytest.approx([1e-3] * 3, rel=1e-3)
    assert loose.norms == free.norms


@quiet
def test_a_clipped_step_of_sgd_is_that_long():
    recorder = Recorder()
    config = composed("iterations=2", "gradient_clip_norm=1e-2", "optimizer=sgd", "optimizer.discriminator.lr=0.5")
    fit(config, recorder)
    before, after = (weights["discriminator"] for weights in recorder.weights)
    assert (after - before).norm().item() == pytest.approx(0.5 * 1e-2, rel=1e-3)


@quiet
@pytest.mark.parametrize("fused", ["true", "false"])
def test_sixteen_bit_gradients_are_clipped_and_observed_without_their_scale(fused):
    config = composed(
        "iterations=3", "log_every=1", "regularizer=[]", "gradient_clip_norm=1e-2", "optimizer=sgd",
        f"optimizer.generator.fused={fused}", f"optimizer.discriminator.fused={fused}",
    )  # fmt: skip
    half, exact = Recorder(), Recorder()
    scaled = MixedPrecision("16-mixed", "cpu", torch.amp.GradScaler("cpu", init_scale=2.0**12))
    _, module = fit(config, half, plugins=[scaled])
    _, plain = fit(config, exact)
    assert half.norms == pytest.approx([1e-2] * 3, rel=1e-2)
    for name, norm in plain.norms.items():
        assert module.norms[name].item() == pytest.approx(norm.item(), rel=1e-2)
    for mine, theirs in zip(half.weights, exact.weights, strict=True):
        torch.testing.assert_close(mine["generator"], theirs["generator"], atol=1e-5, rtol=1e-3)


@quiet
def test_terms_that_nobody_takes_do_not_pile_up(monkeypatch):
    monkeypatch.setattr("ganlab.engine.loss_buffer.KEPT", 3)
    _, module = fit(composed("iterations=5"))
    assert module.steps == 5
    assert len(module.observed) == 3


@quiet
def test_norms_are_observed_before_clipping():
    _, module = fit(composed("iterations=3", "gradient_clip_norm=1e-3", "log_every=3"))
    assert module.norms["discriminator/gradient_norm"] > 1e-2
    weights = flat(module.game.discriminator)
    assert module.norms["discriminator/weight_norm"].item() == pytest.approx(weights.norm().item(), rel=1e-3)


@quiet
def test_counts_are_saved_and_lightnings_left_out():
    _, module = fit(composed("iterations=5"))
    checkpoint = {"loops": 1, "state_dict": module.state_dict()}
    module.on_save_checkpoint(checkpoint)
    assert checkpoint.keys() == {"ganlab", "observed", "state_dict", "term_weights"}
    assert len(checkpoint["observed"]["names"]) == 5
    assert checkpoint["ganlab"] == {"steps": 5, "samples": 80}
    module.steps = module.samples = 0
    module.on_load_checkpoint(checkpoint)
    assert (module.steps, module.samples) == (5, 80)


def test_gradients_of_one_player_never_reach_the_other(bench):
    config = composed("regularizer=[r1]")
    stand = bench(instantiate(config.game)(instantiate(config.data).spec))
    batch = Batch(torch.randn(16, 2))
    module = stand.module
    module.accumulate("discriminator", batch)
    assert all(w.grad is None for w in module.game.generator.parameters())
    before = [w.grad.clone() for w in module.game.discriminator.parameters()]
    module.accumulate("generator", batch)
    after = [w.grad for w in module.game.discriminator.parameters()]
    assert all(torch.equal(x, y) for x, y in zip(before, after, strict=True))


@quiet
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.slow
def test_the_seed_alone_decides(seed):
    def end(seed, disturbance):
        torch.manual_seed(disturbance)
        return flat(fit(composed("iterations=4", f"seed={seed}", "discriminator.dropout=0.3"))[1])

    assert torch.equal(end(seed, 5), end(seed, 6))
    assert not torch.equal(end(seed, 5), end(seed + 1, 5))


def test_a_short_run_warns_of_nothing(tmp_path):
    # Warnings are errors here.
    result = ganlab.train(composed("iterations=3", f"run_dir={tmp_path / 'run'}"))
    assert result.run_dir == tmp_path / "run"


class Poisoned(AdversarialLoss):
    """Hinge-like, until the generator's loss is asked for a fourth time."""

    def __init__(self):
        super().__init__()
        self.asked = 0

    def discriminator(self, real, fake):
        return fake - real

    def generator(self, fake, real=None):
        self.asked += 1
        return -fake * (float("nan") if self.asked == 4 else 1)


def failure(config):
    """Train to the failure and return its sentence and the status that is left."""
    with pytest.raises(TrainingError) as raised:
        ganlab.train(config)
    return str(raised.value), json.loads(Path(config.run_dir, "status.json").read_text())


@quiet
def test_a_loss_that_is_not_finite_stops_the_run_and_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", __name__)
    config = composed("iterations=50", f"run_dir={tmp_path / 'run'}")
    config.loss = {"_target_": f"{__name__}.Poisoned"}
    sentence, status = failure(config)
    assert sentence == (
        "generator/adversarial became nan at step 4; no checkpoint was written before; try a smaller "
        "optimizer.generator.lr, a regularizer such as r1, or trainer.precision=32-true"
    )
    assert (status["state"], status["reason"]) == ("failed", sentence)


@quiet
def test_a_learning_rate_that_is_far_too_large_is_told_of(tmp_path):
    config = composed("iterations=50", "optimizer=sgd", "optimizer.discriminator.lr=1e30", "regularizer=[r1]",
                      "schedule.generator=50", f"run_dir={tmp_path / 'run'}")  # fmt: skip
    sentence, status = failure(config)
    assert re.match(r"discriminator/(adversarial|r1) became (nan|inf|-inf) at step [2-9]; no checkpoint was", sentence)
    assert "\n" not in sentence
    assert "optimizer.discriminator.lr" in sentence
    assert status["state"] == "failed"


@quiet
@pytest.mark.parametrize("regularizer", ["r1", "gradient_penalty", "dragan", "consensus", "r1,r2"])
@pytest.mark.parametrize("data", [[], ["data=digits", "data.resolution=8", "generator=dcgan", "discriminator=dcgan",
                                       "generator.width=4", "discriminator.width=4"]])  # fmt: skip
@pytest.mark.slow
def test_bf16_trains_with_every_penalty(tmp_path, regularizer, data):
    images = bool(data)
    settings = [s for s in SMALL if not (images and s.startswith(("data", "generator", "discriminator")))]
    penalties = {}
    for precision in ("bf16-mixed", "32-true"):
        run = tmp_path / precision
        ganlab.train(ganlab.compose([*settings, *data, f"trainer.precision={precision}", f"regularizer=[{regularizer}]",
                                     "iterations=3", "log_every=1", f"run_dir={run}"]))  # fmt: skip
        rows = list(csv.DictReader((run / "metrics.csv").read_text().splitlines()))
        penalties[precision] = [float(row[f"discriminator/{regularizer.split(',')[0]}"]) for row in rows]
    assert len(penalties["bf16-mixed"]) == 3
    assert min(penalties["bf16-mixed"]) > 0
    assert penalties["bf16-mixed"][0] == pytest.approx(penalties["32-true"][0], rel=0.02)


def test_every_rank_draws_latents_of_its_own(bench):
    config = composed()
    stand = bench(instantiate(config.game)(instantiate(config.data).spec))
    module, drawn = stand.module, []
    for rank in (0, 1):
        stand._trainer.world_size, stand._trainer.global_rank = 2, rank
        module._seek()
        drawn.append(module.game.latent.sample(8, module.game.random))
    stand._trainer.world_size, stand._trainer.global_rank = 1, 0
    module._seek()
    assert not torch.equal(*drawn)
    assert torch.equal(torch.cat(drawn), module.game.latent.sample(16, module.game.random))
