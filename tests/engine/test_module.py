import csv
import json
import re
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.plugins import MixedPrecision
from support import small_runs

import ganlab
from ganlab.config import instantiate
from ganlab.core.errors import TrainingError
from ganlab.core.interfaces import AdversarialLoss, Batch
from ganlab.core.interfaces.communicator import Communicator, SingleProcess
from ganlab.data import DataModule
from ganlab.training.build import build_module

SMALL = ["data=ring", "generator=mlp", "discriminator=mlp", "generator.widths=[8]", "discriminator.widths=[8]",
         "latent.size=4", "batch_size=16", "metric=[]", "trainer=cpu",
         "callback=[nan_monitor,metrics_logger,status_file]"]  # fmt: skip
# Warnings of a plain Trainer; a ganlab run does not emit them (test_a_short_run_emits_no_warning).
LIGHTNING_WARNINGS = (
    "does not have many workers",
    "LeafSpec",
    "smaller than the logging interval",
    "in eval mode at the start",
    "srun",
)
quiet = pytest.mark.filterwarnings(*(f"ignore:.*{message}.*" for message in LIGHTNING_WARNINGS))


def composed(*overrides):
    return small_runs.composed(*SMALL, *overrides)


class Recorder(pl.Callback):
    """Records weights, averages, learning rates and gradient norms after every step."""

    def __init__(self):
        self.weights, self.averages, self.rates, self.norms = [], [], [], []

    def on_train_batch_end(self, trainer, module, *args):
        self.weights.append({name: flat(network) for name, network in module.game.players().items()})
        self.averages.append(flat(module.ema.network))
        self.rates.append([optimizer.param_groups[0]["lr"] for optimizer in trainer.optimizers])
        gradients = [w.grad for w in module.game.discriminator.parameters()]
        self.norms.append(torch.nn.utils.get_total_norm(gradients).item())


def flat(network):
    return torch.cat([weights.detach().flatten() for weights in network.parameters()]).clone()


def fit(config, *callbacks, **settings):
    """Train with a plain Trainer, without a run directory and the run's callbacks."""
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
def test_steps_count_batches_unlike_lightnings_global_step(schedule, optimizer_steps):
    trainer, module = fit(composed("iterations=12", schedule))
    assert (module.steps, module.samples) == (12, 12 * 16)
    assert trainer.global_step == optimizer_steps


@quiet
def test_players_are_updated_at_their_steps_and_the_average_only_after_the_generator():
    recorder = Recorder()
    fit(composed("iterations=7", "schedule.generator=3", "ema.half_life_samples=50"), recorder)
    pairs = list(zip(recorder.weights, recorder.weights[1:], strict=False))
    after_update = {p: [not torch.equal(a[p], b[p]) for a, b in pairs] for p in ("discriminator", "generator")}
    averaged = [not torch.equal(a, b) for a, b in zip(recorder.averages, recorder.averages[1:], strict=False)]
    assert after_update["discriminator"] == [True] * 6
    # Among the states after steps 1 … 7, the generator differs after the third and the sixth.
    assert after_update["generator"] == averaged == [False, True, False, False, True, False]


@quiet
def test_the_average_weighs_updates_by_samples():
    recorder = Recorder()
    fit(composed("iterations=6", "schedule.generator=2", "ema.half_life_samples=50", "ema.ramp_up=0"), recorder)
    # Updates at steps 2, 4, 6, each of 32 samples, have weight 1 − 0.5^(32/50); the first average is the first weights.
    weight = 1 - 0.5 ** (32 / 50)
    expected = recorder.averages[0]
    for step in (2, 4, 6):
        expected = expected.lerp(recorder.weights[step - 1]["generator"], weight)
        torch.testing.assert_close(recorder.averages[step - 1], expected)


@quiet
def test_learning_rates_are_scheduled_by_steps_for_each_player():
    recorder = Recorder()
    rates = ("optimizer.discriminator.lr=0.002", "optimizer.generator.lr=0.01")
    fit(composed("iterations=10", "lr_schedule=linear", *rates), recorder)
    assert [rates[0] for rates in recorder.rates] == pytest.approx([0.002 * (1 - step / 10) for step in range(10)])
    assert [rates[1] for rates in recorder.rates] == pytest.approx([0.01 * (1 - step / 10) for step in range(10)])


@quiet
def test_gradients_are_clipped_to_the_norm_and_shorter_ones_are_unchanged():
    free, tight, loose = Recorder(), Recorder(), Recorder()
    fit(composed("iterations=3"), free)
    fit(composed("iterations=3", "gradient_clip_norm=1e-3"), tight)
    fit(composed("iterations=3", "gradient_clip_norm=1e3"), loose)
    assert min(free.norms) > 1e-2
    assert tight.norms == pytest.approx([1e-3] * 3, rel=1e-3)
    assert loose.norms == free.norms


@quiet
def test_a_clipped_sgd_step_has_the_clipped_length():
    recorder = Recorder()
    config = composed("iterations=2", "gradient_clip_norm=1e-2", "optimizer=sgd", "optimizer.discriminator.lr=0.5")
    fit(config, recorder)
    before, after = (weights["discriminator"] for weights in recorder.weights)
    assert (after - before).norm().item() == pytest.approx(0.5 * 1e-2, rel=1e-3)


@quiet
@pytest.mark.parametrize("fused", ["true", "false"])
def test_sixteen_bit_gradients_are_clipped_and_measured_without_the_loss_scale(fused):
    config = composed(
        "iterations=3", "log_every=1", "regularizer=[]", "gradient_clip_norm=1e-2", "optimizer=sgd",
        f"optimizer.generator.fused={fused}", f"optimizer.discriminator.fused={fused}",
    )  # fmt: skip
    half, single = Recorder(), Recorder()
    scaled = MixedPrecision("16-mixed", "cpu", torch.amp.GradScaler("cpu", init_scale=2.0**12))
    _, module = fit(config, half, plugins=[scaled])
    _, plain = fit(config, single)
    assert half.norms == pytest.approx([1e-2] * 3, rel=1e-2)
    for name, norm in plain.norms.items():
        assert module.norms[name].item() == pytest.approx(norm.item(), rel=1e-2)
    for one, other in zip(half.weights, single.weights, strict=True):
        torch.testing.assert_close(one["generator"], other["generator"], atol=1e-5, rtol=1e-3)


@quiet
def test_the_loss_buffer_has_a_limit(monkeypatch):
    monkeypatch.setattr("ganlab.engine.loss_buffer.MAX_STEPS", 3)
    _, module = fit(composed("iterations=5"))
    assert module.steps == 5
    assert len(module.loss_buffer) == 3


@quiet
def test_norms_are_measured_before_clipping():
    _, module = fit(composed("iterations=3", "gradient_clip_norm=1e-3", "log_every=3"))
    assert module.norms["discriminator/gradient_norm"] > 1e-2
    weights = flat(module.game.discriminator)
    assert module.norms["discriminator/weight_norm"].item() == pytest.approx(weights.norm().item(), rel=1e-3)


@quiet
def test_ganlabs_counts_are_saved_and_lightnings_are_not():
    _, module = fit(composed("iterations=5"))
    checkpoint = {"loops": 1, "state_dict": module.state_dict()}
    module.on_save_checkpoint(checkpoint)
    assert checkpoint.keys() == {"ganlab", "observed", "state_dict", "term_weights"}
    assert len(checkpoint["observed"]["names"]) == 5
    assert checkpoint["ganlab"] == {"steps": 5, "samples": 80}
    module.updates.steps = module.updates.samples = 0
    module.on_load_checkpoint(checkpoint)
    assert (module.steps, module.samples) == (5, 80)


def test_a_players_backward_pass_does_not_change_the_others_gradients(bench):
    config = composed("regularizer=[r1]")
    module = bench(instantiate(config.game)(instantiate(config.data).spec)).module
    batch = Batch(torch.randn(16, 2))
    module.updates.accumulate("discriminator", batch)
    assert all(w.grad is None for w in module.game.generator.parameters())
    before = [w.grad.clone() for w in module.game.discriminator.parameters()]
    module.updates.accumulate("generator", batch)
    after = [w.grad for w in module.game.discriminator.parameters()]
    assert all(torch.equal(x, y) for x, y in zip(before, after, strict=True))


@quiet
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.slow
def test_the_seed_alone_determines_the_weights(seed):
    def train(seed, torch_seed):
        torch.manual_seed(torch_seed)
        return flat(fit(composed("iterations=4", f"seed={seed}", "discriminator.dropout=0.3"))[1])

    assert torch.equal(train(seed, 5), train(seed, 6))
    assert not torch.equal(train(seed, 5), train(seed + 1, 5))


def test_a_short_run_emits_no_warning(tmp_path):
    # Warnings are errors in tests.
    result = ganlab.train(composed("iterations=3", f"run_dir={tmp_path / 'run'}"))
    assert result.run_dir == tmp_path / "run"


class Poisoned(AdversarialLoss):
    """A Wasserstein loss whose generator side is NaN at the fourth call."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def discriminator(self, real, fake):
        return fake - real

    def generator(self, fake, real=None):
        self.calls += 1
        return -fake * (float("nan") if self.calls == 4 else 1)


def failure(config):
    """Train until the run fails and return the message and the status."""
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
        "optimizer.generator.lr (now 0.0005), a regularizer such as r1, or trainer.precision=32-true"
    )
    assert (status["state"], status["reason"]) == ("failed", sentence)


@quiet
def test_a_far_too_large_learning_rate_stops_the_run_with_a_message(tmp_path):
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


class Rank(Communicator):
    """One of two processes that do not communicate."""

    count = 2

    def __init__(self, rank):
        self.rank = rank

    def unused(self, *arguments):
        raise AssertionError

    average_gradients = sum_tensors = broadcast = mean = any_rank = unused


def test_ranks_draw_different_latents_of_the_joined_batch(bench):
    config = composed()
    updates, latents = bench(instantiate(config.game)(instantiate(config.data).spec)).module.updates, []
    for rank in (0, 1):
        updates.connect(Rank(rank))
        updates.seek()
        latents.append(updates.game.latent.sample(8, updates.game.random))
    updates.connect(SingleProcess())
    updates.seek()
    assert not torch.equal(*latents)
    assert torch.equal(torch.cat(latents), updates.game.latent.sample(16, updates.game.random))
