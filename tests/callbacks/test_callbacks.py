"""When callbacks act, and how they end an unhealthy run."""

import csv
import io
import json
import re
import signal
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from PIL import Image
from support.small_runs import DIGITS, POINTS, assert_same, go, state

import ganlab
from ganlab.callbacks import Best, Interrupt, NaNMonitor, Periodic, Progress, Samples
from ganlab.config import compose
from ganlab.core.errors import TrainingError, UserError
from ganlab.data import Digits
from ganlab.engine.checkpoints import AtomicCheckpointIO
from ganlab.engine.clock import TrainingClock
from ganlab.engine.module import GANModule
from ganlab.games.sampler import Sampler
from ganlab.kinds import Sheet
from ganlab.metrics import Evaluator


class Record(Periodic):
    def __init__(self, every=0):
        super().__init__(every)
        self.steps = []

    def act(self, trainer, module):
        self.steps.append(module.steps)


class RecordOnInterrupt(Record):
    run_on_interrupt = True


def steps_at_which_it_acts(callback, steps, iterations=None):
    module = SimpleNamespace(steps=0, iterations=iterations or steps)
    for module.steps in range(1, steps + 1):
        callback.on_train_batch_end(None, module)
    callback.on_train_end(None, module)
    return callback.steps


@pytest.mark.parametrize(
    ("every", "steps", "expected"), [(0, 5, [5]), (2, 5, [2, 4, 5]), (5, 5, [5]), (9, 5, [5]), (1, 2, [1, 2])]
)
def test_periodic_acts_at_intervals_and_once_at_the_end(every, steps, expected):
    assert steps_at_which_it_acts(Record(every), steps) == expected


def test_on_interruption_only_callbacks_with_run_on_interrupt_act():
    assert steps_at_which_it_acts(Record(2), 5, iterations=9) == [2, 4]
    assert steps_at_which_it_acts(RecordOnInterrupt(2), 5, iterations=9) == [2, 4, 5]
    with pytest.raises(ValueError, match="every must be at least 0, got -1"):
        Record(-1)


def test_the_former_name_of_run_on_interrupt_works():
    with pytest.warns(FutureWarning, match="Former.when_stopped is now called run_on_interrupt"):

        class Former(Record):
            when_stopped = True

    assert steps_at_which_it_acts(Former(2), 5, iterations=9) == [2, 4, 5]


def module_with(terms=(), norms=None, new=True, device="cpu", steps=None):
    loss_buffer = [{name: torch.tensor(value) for name, value in step.items()} for step in terms]
    return SimpleNamespace(
        steps=len(loss_buffer) if steps is None else steps,
        loss_buffer=loss_buffer,
        norms={name: torch.tensor(value) for name, value in (norms or {}).items()},
        norms_are_new=new,
        device=torch.device(device),
        iterations=100,
        game=SimpleNamespace(players=dict, terms=dict),
        updates=SimpleNamespace(optimizers={}),
        ema=SimpleNamespace(network=torch.nn.Identity()),
    )


def trainer(tmp_path, *callbacks):
    return SimpleNamespace(callbacks=list(callbacks), default_root_dir=str(tmp_path))


def test_nan_monitor_names_the_first_bad_term_and_its_step(tmp_path):
    fine, bad = {"discriminator/r1": 1.0}, {"discriminator/r1": float("nan"), "generator/adversarial": float("inf")}
    # The buffer was drained after two of the five steps, so its first entry is step 3.
    with pytest.raises(TrainingError) as caught:
        NaNMonitor().on_train_batch_end(trainer(tmp_path), module_with([fine, bad, bad], steps=5))
    assert str(caught.value) == (
        "discriminator/r1 became nan at step 4; no checkpoint was written before; try a smaller "
        "optimizer.discriminator.lr, a regularizer such as r1, or trainer.precision=32-true"
    )
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "last.ckpt").write_text("")
    with pytest.raises(TrainingError, match=r"the last healthy checkpoint is .*/checkpoints/last\.ckpt; try"):
        NaNMonitor().on_train_end(trainer(tmp_path), module_with([bad]))


def test_nan_monitor_waits_on_a_device_until_a_callback_is_due(tmp_path):
    module = module_with([{"generator/adversarial": float("nan")}], device="meta", steps=3)
    NaNMonitor().on_train_batch_end(trainer(tmp_path, Record(2)), module)
    with pytest.raises(TrainingError):
        NaNMonitor().on_train_batch_end(trainer(tmp_path, Record(3)), module)
    with pytest.raises(TrainingError):
        NaNMonitor().on_train_end(trainer(tmp_path), module)


def test_nan_monitor_counts_zero_gradients_in_a_row_per_player(tmp_path):
    monitor = NaNMonitor(patience=3)
    sequence = [0.0, 0.0, 1e-30, 0.0, 0.0]
    for step, norm in enumerate(sequence, 1):
        module = module_with(norms={"generator/gradient_norm": norm, "discriminator/gradient_norm": 1.0}, steps=step)
        monitor.on_train_batch_end(trainer(tmp_path), module)
    # A check without new norms does not count.
    monitor.on_train_batch_end(
        trainer(tmp_path), module_with(norms={"generator/gradient_norm": 0.0}, new=False, steps=6)
    )
    with pytest.raises(TrainingError) as caught:
        monitor.on_train_batch_end(trainer(tmp_path), module_with(norms={"generator/gradient_norm": 0.0}, steps=7))
    assert str(caught.value).startswith("the generator's gradient was exactly 0 at 3 logged steps in a row, up to")
    assert "step 7" in str(caught.value)
    assert "optimizer.generator.lr" in str(caught.value)


def test_a_weight_norm_of_zero_is_not_a_zero_gradient(tmp_path):
    monitor = NaNMonitor(patience=1)
    monitor.on_train_batch_end(trainer(tmp_path), module_with(norms={"generator/weight_norm": 0.0}, steps=1))


def test_the_second_ctrl_c_ends_at_once(capfd):
    before = signal.getsignal(signal.SIGINT)
    run = SimpleNamespace(should_stop=False, world_size=1)
    with Interrupt() as interrupt:
        interrupt.on_train_start(run, None)
        interrupt.on_train_batch_end(run, None)
        assert not run.should_stop
        signal.raise_signal(signal.SIGINT)
        assert "press Ctrl-C again to stop at once" in capfd.readouterr().err
        interrupt.on_train_batch_end(run, None)
        assert run.should_stop
        assert interrupt.signal_number == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_progress_prints_lines_if_the_output_is_not_a_terminal(tmp_path, capsys):
    go(tmp_path, *POINTS, "log_every=2", "evaluate_every=6", "metric=[modes]", "protocol.samples=50")
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("step ")]
    pattern = r"step (\d)/6  discriminator [\d.]+  generator [\d.]+ .* \d+ samples/s  \d:\d\d left"
    assert [re.fullmatch(pattern, line)[1] for line in lines] == ["2", "4", "6"]
    assert "modes " in lines[-1]
    assert "modes" not in lines[0]
    assert lines[-1].endswith("0:00 left")


def test_progress_of_a_game_without_an_adversary_shows_its_terms(tmp_path, capsys):
    go(tmp_path, *POINTS, "game=vae", "discriminator=mlp", "generator=mlp", "log_every=6")
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("step ")]
    assert "/reconstruction " in line
    assert "/divergence " in line


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_shows_a_bar_on_a_terminal(tmp_path, monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    go(tmp_path, *POINTS)
    output = screen.getvalue()
    assert "6/6" in output
    assert "100%" in output
    assert "step/s" in output
    assert "discriminator=" in output
    assert "generator=" in output
    assert "samples/s=" in output
    assert "step 6/6  " not in output  # not both


def module_in_progress(**attributes):
    """Return a module with the attributes that Progress reads."""
    loss_buffer = SimpleNamespace(drained_names=[name for name in attributes["latest"] if "/" in name])
    return SimpleNamespace(**attributes, loss_buffer=loss_buffer, scored_at=-1)


@pytest.mark.parametrize(("seconds", "text"), [(5, "0:05"), (65.4, "1:05"), (3600 * 2 + 61, "2:01:01")])
def test_the_remaining_time_follows_from_the_latest_speed(seconds, text, capsys):
    progress = Progress(1)
    latest = {"samples_per_second": 128 / seconds}
    module = module_in_progress(steps=3, samples=3 * 64, iterations=5, latest=latest)
    module.clock = SimpleNamespace(seconds=4.0, paused_seconds=0.0)
    progress.act(SimpleNamespace(is_global_zero=True), module)
    assert capsys.readouterr().err.endswith(f"  {text} left\n")


def test_progress_without_a_measured_speed_shows_no_remaining_time(capsys):
    module = module_in_progress(steps=3, samples=3, iterations=5, latest={"generator/adversarial": 0.5})
    Progress(1).act(SimpleNamespace(is_global_zero=True), module)
    assert capsys.readouterr().err == "step 3/5  generator 0.5\n"


def test_the_remaining_time_includes_the_share_of_paused_seconds(capsys):
    module = module_in_progress(steps=3, samples=3, iterations=5, latest={"samples_per_second": 0.02})
    module.clock = SimpleNamespace(seconds=150.0, paused_seconds=75.0)
    Progress(1).act(SimpleNamespace(is_global_zero=True), module)
    assert capsys.readouterr().err.endswith("  2:30 left\n")  # 2 steps of 50 s, and half of that in addition


def test_speed_excludes_sampling_scoring_and_checkpoints(tmp_path, monkeypatch):
    """Use a clock on which a step takes 1 s, and a sample sheet, a score or a checkpoint 1,000 s."""
    now = [0.0]
    monkeypatch.setattr("ganlab.engine.clock.time.perf_counter", lambda: now[0])

    def taking(seconds, method):
        def slow(*args, **kwargs):
            now[0] += seconds
            return method(*args, **kwargs)

        return slow

    monkeypatch.setattr(GANModule, "training_step", taking(1, GANModule.training_step))
    monkeypatch.setattr(Sampler, "sample", taking(1000, Sampler.sample))
    monkeypatch.setattr(Evaluator, "__call__", taking(1000, Evaluator.__call__))
    monkeypatch.setattr(pl.Trainer, "save_checkpoint", taking(1000, pl.Trainer.save_checkpoint))
    others = ["metric=[modes]", "protocol.samples=50", "optimized_metric=modes", "recovery=roll_back"]
    go(tmp_path, *POINTS, *others, "log_every=1", "evaluate_every=1", "sample_every=1", "checkpoint_every=1")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "metrics.csv").read_text())))
    batch = float(rows[0]["samples"])
    assert {float(row["samples_per_second"]) for row in rows if row["samples_per_second"]} == {batch}


def test_sample_sheets_have_the_configured_count_and_seed(tmp_path):
    go(tmp_path / "a", *DIGITS, "callback.samples.count=4")
    go(tmp_path / "b", *DIGITS, "callback.samples.count=4", "callback.samples.seed=1")
    go(tmp_path / "c", *DIGITS, "callback.samples.count=16")
    sheets = [np.asarray(Image.open(tmp_path / name / "samples" / "00000006.png")) for name in "abc"]
    assert sheets[0].shape == sheets[1].shape
    assert (sheets[0] != sheets[1]).any()
    assert sheets[2].shape != sheets[0].shape
    with pytest.raises(ValueError, match="count must be at least 1, got 0"):
        Samples(count=0)


def test_a_sheet_of_real_samples_is_written_once(tmp_path):
    result = go(tmp_path, *DIGITS, "sample_every=3", "callback.samples.count=4")
    folder = result.run_dir / "samples"
    assert sorted(path.name for path in folder.iterdir()) == ["00000003.png", "00000006.png", "real.png"]
    data = Digits(resolution=8)
    expected = data.draw_sheet(Sheet(data.decoded_samples(4).sample, "real samples"))
    assert np.array_equal(np.asarray(Image.open(folder / "real.png")), np.asarray(expected))
    written = (folder / "real.png").stat().st_mtime_ns
    go(tmp_path, *DIGITS, "sample_every=3", "callback.samples.count=4", "iterations=9")
    assert (folder / "00000009.png").exists()
    assert (folder / "real.png").stat().st_mtime_ns == written


def test_sheets_of_a_conditional_generator_have_rows_by_class(tmp_path, monkeypatch):
    sheets = []
    monkeypatch.setattr(Digits, "draw_sheet", lambda data, sheet: sheets.append(sheet) or Image.new("L", (4, 4)))
    go(tmp_path / "labels", *DIGITS, "data.labels=true", "callback.samples.count=25")
    generated, real = sheets
    assert (generated.title, generated.noun, real.noun) == ("step 6", "generated samples", "real samples")
    for sheet in sheets:
        assert sheet.labels.tolist() == [label for label in range(10) for _ in range(2)]
    sampler = ganlab.load(tmp_path / "labels")
    assert torch.equal(generated.samples, sampler.sample(20, seed=0, cond=generated.labels))
    data = Digits(resolution=8, labels=True)
    images = data.images.take(torch.arange(1797))
    table = {image.numpy().tobytes(): int(label) for image, label in zip(images, data.labels, strict=True)}
    pixels = real.samples.add(1).mul(127.5).round().to(torch.uint8)
    assert [table[image.numpy().tobytes()] for image in pixels] == real.labels.tolist()


def test_sheets_of_a_generator_that_does_not_receive_labels_are_not_by_class(tmp_path, monkeypatch):
    sheets = []
    monkeypatch.setattr(Digits, "draw_sheet", lambda data, sheet: sheets.append(sheet) or Image.new("L", (4, 4)))
    go(tmp_path, *DIGITS, "data.labels=true", "conditioning=none", "callback.samples.count=25")
    assert (sheets[0].labels, len(sheets[0])) == (None, 25)


def test_nothing_is_scored_without_metrics(tmp_path):
    result = go(tmp_path, *POINTS)
    assert result.metrics == {}
    assert not (tmp_path / "scores.json").exists()


def test_scores_are_those_of_the_exported_generator(tmp_path):
    lines = ["data=ring", *(line for line in POINTS if not line.startswith(("metric", "data=")))]
    go(tmp_path, *lines, "metric=[modes]", "protocol.samples=300", "evaluate_every=2")
    scores = json.loads((tmp_path / "scores.json").read_text())["scores"]
    samples = ganlab.load(tmp_path).sample(300)
    data = ganlab.instantiate(compose(lines).data)
    near = torch.cdist(samples, data.modes).min(1).values < 3 * data.sigma
    assert scores["high_quality"] == pytest.approx(near.float().mean().item())


def test_a_metric_that_fails_ends_the_run_with_a_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    go(tmp_path / "whole", *POINTS)
    fails = ["+metric.fails._target_=support.small_runs.FailsOnFakes", "+metric.fails._partial_=true"]
    sentence = r"the scores of step 4: fails_on_fakes needs .*; fix the metric or remove it, and resume from this step"
    with pytest.raises(UserError, match=sentence):
        go(tmp_path / "cut", *POINTS, *fails, "evaluate_every=4", "features=identity", "protocol.samples=50")
    assert state(tmp_path / "cut")[".ganlab.steps"] == 4
    go(tmp_path / "cut", *POINTS)
    assert_same(state(tmp_path / "whole"), state(tmp_path / "cut"))


def test_a_split_that_is_too_small_for_a_metric_is_reported_before_the_first_step(tmp_path):
    lines = [line for line in DIGITS if line != "metric=[]"]
    few = ["data.labels=true", "features=random", "protocol.samples=20", "protocol.real_samples=12"]
    sentence = r"protocol.selection_split=validation: intra_fid needs at least 2 .*; choose a larger split, or remove"
    with pytest.raises(UserError, match=sentence):
        go(tmp_path, *lines, *few, "metric=[intra_fid]", "evaluate_every=4")
    assert json.loads((tmp_path / "status.json").read_text())["step"] == 0


def test_too_few_generated_samples_are_reported_before_the_first_step(tmp_path):
    lines = [line for line in DIGITS if line != "metric=[]"]
    few = ["data.labels=true", "features=random", "protocol.samples=19"]
    with pytest.raises(
        UserError, match=r"metric\.intra_fid needs at least 20 generated samples, got protocol\.samples=19"
    ):
        go(tmp_path, *lines, *few, "metric=[intra_fid]", "evaluate_every=4")
    assert not (tmp_path / "metrics.csv").exists()


def best(folder):
    return json.loads((folder / "checkpoints" / "best.json").read_text())


def test_the_best_is_selected_from_scratch_after_a_change_of_the_score(tmp_path, caplog):
    lines = [*(line for line in POINTS if not line.startswith("metric")), "protocol.samples=100", "evaluate_every=2"]
    go(tmp_path, *lines, "metric=[modes]", "optimized_metric=modes")
    assert best(tmp_path)["score"] == "modes"
    go(tmp_path, *lines, "metric=[modes,fid]", "features=identity", "optimized_metric=fid", "iterations=8")
    assert "best.ckpt was selected by another score" in caplog.text
    assert best(tmp_path) | {"value": 0} == {"score": "fid", "value": 0, "step": 8}
    caplog.clear()
    fid = best(tmp_path)["value"]
    go(tmp_path, *lines, "metric=[fid]", "features=identity", "optimized_metric=fid", "iterations=10")
    assert "best.ckpt was selected" not in caplog.text
    assert best(tmp_path)["value"] <= fid
    go(tmp_path, *lines, "metric=[fid]", "features=identity", "protocol.samples=50", "iterations=12")
    assert "by fid with another definition" in caplog.text
    assert best(tmp_path)["step"] == 12


def test_a_score_without_direction_is_not_offered_for_the_best(tmp_path, caplog):
    go(tmp_path, *(line for line in POINTS if not line.startswith("metric")), "metric=[kid]", "features=identity",
       "protocol.samples=20", "evaluate_every=0", "iterations=1")  # fmt: skip
    assert "optimized_metric=fid is not among this run's scores, so no best.ckpt is written; choose kid" in caplog.text
    assert "kid_standard_error" not in caplog.text


def test_nan_is_never_the_best_score(tmp_path):
    evaluate = SimpleNamespace(higher_is_better=lambda score: False)
    saved: list[int] = []
    trainer = SimpleNamespace(
        default_root_dir=tmp_path,
        is_global_zero=False,
        loggers=[],
        save_checkpoint=lambda path: saved.append(module.steps),
    )
    module = SimpleNamespace(scores={}, scored_at=-1, steps=0, clock=TrainingClock(), device=torch.device("cpu"))
    best = Best("fid")
    best._evaluate = evaluate
    for step, value in enumerate([float("nan"), 50.0, 60.0, float("nan"), 10.0]):
        module.scores, module.scored_at, module.steps = {"fid": value}, step, step
        best.on_train_batch_end(trainer, module)
    assert saved == [1, 4]
    assert best.value == 10.0


def test_a_checkpoint_is_written_atomically(tmp_path):
    files, path = AtomicCheckpointIO(), tmp_path / "deep" / "last.ckpt"
    content = {"ganlab": {"steps": 1}, "state_dict": {"weights": torch.ones(2)}, "optimizer_states": []}
    files.save_checkpoint(content, path)

    class Unpicklable:
        def __reduce__(self):
            raise OSError("no space left")

    with pytest.raises(TrainingError, match=r"last\.ckpt cannot be written \(no space left\); .* is intact"):
        files.save_checkpoint({"steps": 2, "weights": Unpicklable()}, path)
    assert files.load_checkpoint(path)["ganlab"]["steps"] == 1


def test_a_checkpoint_with_code_is_rejected(tmp_path):
    torch.save({"steps": Record()}, tmp_path / "bad.ckpt")
    with pytest.raises(UserError, match=r"bad\.ckpt cannot be read"):
        AtomicCheckpointIO().load_checkpoint(tmp_path / "bad.ckpt")
