"""Every issue of a configuration is reported in its own sentence, all at once, before any data is read."""

import copy
import pickle
import subprocess

import pytest
from omegaconf import OmegaConf
from support.config_issues import POINTS, issues_of
from support.small_runs import DIGITS, NETWORKS, command, go

from ganlab.config import check, compose, instantiate
from ganlab.core.errors import ConfigurationError, UserError
from ganlab.data import Digits

SENTENCES = {
    # unknown keys
    "generator.widht=[5]": "generator.widht: MLP has no such setting; did you mean 'widths'?",
    "regularizer.r1.wieght=5": "regularizer.r1.wieght: R1 has no such setting; did you mean 'weight'?",
    "callback.samples.cuont=5": "callback.samples.cuont: Samples has no such setting; did you mean 'count'?",
    "optimizer.generator.lrr=5": "optimizer.generator.lrr: Adam has no such setting; did you mean 'lr'?",
    "metric.kid.subsets=5": (
        "metric.kid: expected a component, got {'subsets': 5}; select it first, as in '+metric=[kid]'"
    ),
    "optimizer.lr=0.1": (
        "optimizer.lr: expected a component, got 0.1; set it per player: optimizer.discriminator.lr and "
        "optimizer.generator.lr"
    ),
    "generator.lr=1": "generator.lr: MLP has no such setting; did you mean optimizer.generator.lr?",
    "trainer.precison=32": "trainer.precison: Trainer has no such setting; did you mean 'precision'?",
    # unknown names
    "loss._target_=ganlab.losses.Hnge": "loss: there is no 'ganlab.losses.Hnge'; did you mean 'Hinge'?",
    "matmul_precision=low": "matmul_precision: there is no 'low'; choose highest, high, medium",
    "optimized_metric=fidd": "optimized_metric: no metric computes 'fidd'; choose ",
    "trainer.accelerator=cdua": "trainer.accelerator: there is no 'cdua'; choose auto, cpu",
    "trainer.max_steps=9": "trainer.max_steps is not used here; write iterations=STEPS",
    "trainer.accumulate_grad_batches=2": "trainer.accumulate_grad_batches is not used here; write microbatches=N",
    "ema.half_life_samples=nan": "ema.half_life_samples must be a number, got nan",
    "gradient_clip_norm=nan": "gradient_clip_norm must be a number or a number by name, got nan",
    "name=../mine": "name must be a folder below outputs/, got '../mine'",
    "name=/mine": "name must be a folder below outputs/, got '/mine'",
    "microbatches=1000": "microbatches must divide batch_size=64, got 1000",
    "compile=[critic]": "compile: there is no player 'critic'; choose discriminator, generator",
    "trainer.val_check_interval=3": "trainer.val_check_interval is not used here; scores are computed every evaluate_",
    "trainer.limit_val_batches=2": "trainer.limit_val_batches is not used here; scores are computed every evaluate_",
    "trainer.check_val_every_n_epoch=2": "trainer.check_val_every_n_epoch is not used here; scores are computed every",
    "trainer.log_every_n_steps=5": "trainer.log_every_n_steps is not used here; write log_every=STEPS",
    "trainer.logger=true": "trainer.logger is not used here; write 'logger=[csv,wandb]'",
    "trainer.plugins=slurm": "trainer.plugins is not used here; ganlab sets it; remove it",
    "trainer.profiler=smple": "trainer.profiler: there is no 'smple'; choose simple, advanced, pytorch, xla; did you",
    "trainer.devices=0": "trainer.devices must be a number of devices of at least 1, a list of their indices such as",
    "trainer.devices=-2": "trainer.devices must be a number of devices of at least 1, a list of their indices such as",
    "trainer.devices=many": "trainer.devices must be a number of devices of at least 1, a list of their indices such",
    "trainer.num_nodes=0": "trainer.num_nodes must be at least 1, got 0",
    f"name={'x' * 300}": "name must be a folder below outputs/, got 'xxx",
    "name=a/../b": "name must be a folder below outputs/, got 'a/../b'",
    "protocol.name=../../x": "protocol: name must be the name of a file, of at most 200 bytes and without / or \\, got",
    "protocol.name=a/b": "protocol: name must be the name of a file, of at most 200 bytes and without / or \\, got",
    f"protocol.name={'x' * 201}": "protocol: name must be the name of a file, of at most 200 bytes",
    # wrong types
    "batch_size=many": "batch_size must be an integer, got 'many'",
    "log_every=0.5": "log_every must be an integer, got 0.5",
    "~generator._partial_": "generator.spec: MLP requires it; it comes from the data, so add '_partial_: true' to the",
    "batch_size=6.5": "batch_size must be an integer, got 6.5",
    "seed=null": "seed must be an integer, got None",
    "channels_last=1": "channels_last must be true or false, got 1",
    "compile=generator": "compile must be a list, each text, such as [a,b], got 'generator'",
    "latent.size=big": "latent.size must be an integer, got 'big'",
    "latent.size=true": "latent.size must be an integer, got True",
    "optimizer.generator.betas=0.5": "optimizer.generator.betas must be a list of 2, each a number, got 0.5",
    "optimizer.generator.betas=[0.5]": "optimizer.generator.betas must be a list of 2, each a number, got [0.5]",
    "optimizer.generator.lr=fast": "optimizer.generator.lr must be a number, got 'fast'",
    "generator.widths=[8,wide]": "generator.widths must be a list, each an integer, such as [1,2], got [8, 'wide']",
    # numbers that are not finite or do not fit in 64 bits, and empty text
    "regularizer.r1.weight=1e400": "regularizer.r1.weight must be a number that is finite, got inf",
    "optimizer.generator.lr=-inf": "optimizer.generator.lr must be a number that is finite, got -inf",
    "optimizer.generator.betas=[0.5,inf]": "optimizer.generator.betas must be a list of 2, each a number",
    "gradient_clip_norm=inf": "gradient_clip_norm must be a number that is finite or a number by name, got inf",
    "ema.half_life_samples=1e999": "ema.half_life_samples must be a number that is finite, got inf",
    "seed=99999999999999999999": "seed must be an integer within ±9223372036854775807, got 99999999999999999999",
    "latent.size=-99999999999999999999": "latent.size must be an integer within ±9223372036854775807, got -999",
    f"data.sigma={10**400}": "data.sigma must be a number within ±9223372036854775807, got 1000",
    "data_root=": "data_root must be text that is not empty, got ''",
    "run_dir='  '": "run_dir must be text that is not empty, got '  '",
    "protocol.name=": "protocol.name must be text that is not empty, got ''",
    # values out of range
    "seed=-1": "seed must be at least 0, got -1",
    "iterations=0": "iterations must be at least 1, got 0",
    "gradient_clip_norm=-1": "gradient_clip_norm must be at least 0, got -1",
    "regularizer.r1.every=0": "regularizer.r1: every must be at least 1, got 0",
    "regularizer.r1.weight=-1": "regularizer.r1: weight must be at least 0, got -1",
    "loss.flip=0.5": "loss: flip must be at least 0 and below 0.5, got 0.5",
    "latent.size=0": "latent: size must be at least 1, got 0",
    "schedule.generator=0": "schedule: generator must be at least 1, got 0",
    "optimizer.generator.lr=-1": "optimizer.generator: Invalid learning rate: -1",
    "ema.half_life_samples=0": "ema: half_life_samples must be above 0, got 0",
    "data.sigma=0": "data: sigma must be above 0, got 0",
    "discriminator.dropout=1": "discriminator: dropout must be",
    "checkpoint_every=-1": "checkpoint_every must be at least 0, got -1",
    "protocol.samples=1": "protocol: samples must be at least 2, got 1",
    "protocol.split=tets": "protocol: split must be one of train, validation, test, got 'tets'",
    "callback.nan_monitor.patience=0": "callback.nan_monitor: patience must be at least 1, got 0",
}


@pytest.mark.parametrize("line", SENTENCES)
def test_each_issue_has_its_sentence(line):
    issues = issues_of(*POINTS, line)
    assert issues[0].startswith(SENTENCES[line])
    assert len(issues) == 1


def test_all_issues_are_reported_together():
    issues = issues_of(
        "data=ring",
        *NETWORKS,
        "loss=hnge",
        "latnt.size=3",
        "batch_size=0",
        "seed=abc",
        "generator.widht=3",
        "discriminator.dropout=2",
        "regularizer.r1.every=0",
        "trainer.precison=3",
        "microbatches",
    )
    heads = [sentence.split(":")[0].split(" ")[0] for sentence in issues]
    expected = ["loss", "there", "batch_size", "seed", "generator.widht", "discriminator", "regularizer.r1"]
    assert set(expected) | {"trainer.precison", "'microbatches'"} == set(heads)
    assert len(issues) == 9


def test_the_message_is_a_heading_and_a_line_per_issue():
    error = ConfigurationError(["a: b", "c: d", "a: b"])
    assert str(error) == "this configuration cannot be built:\n  a: b\n  c: d"
    assert isinstance(error, UserError)
    assert isinstance(error, ValueError)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.issues) == (ConfigurationError, str(error), ["a: b", "c: d"])


# Replacing a value by any of these leads to a sentence or to a valid configuration, never to a traceback.
STRANGE = ["abc", -1, None, [], {}, [{"a": 1}], True]


def leaves(value, path=()):
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))


@pytest.mark.slow
def test_no_value_of_any_setting_raises_in_the_check_itself():
    plain = OmegaConf.to_container(compose([*POINTS, "metric=[modes]", "logger=[csv,wandb]"]), resolve=False)
    rejected = 0
    for number, path in enumerate(leaves(plain)):
        changed = copy.deepcopy(plain)
        inner = changed
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = STRANGE[number % len(STRANGE)]
        issues = []
        try:
            check(OmegaConf.create(changed))
        except ConfigurationError as error:
            issues = error.issues
        rejected += bool(issues)
        assert all(len(sentence) < 900 and "\n" not in sentence for sentence in issues), path
    assert rejected > 60


@pytest.mark.parametrize("key", ["loss", "generator", "seed", "trainer", "optimizer.generator._target_"])
def test_a_missing_setting_is_reported(key):
    assert issues_of(*POINTS, f"~{key}")


def test_a_file_that_replaces_a_list_group_is_reported_with_the_line_to_write():
    config = compose(POINTS)
    config.regularizer = {"_target_": "ganlab.regularizers.R1", "weight": 1.0}
    with pytest.raises(ConfigurationError, match=r"write '# @package regularizer.NAME' as its first line"):
        check(config)


def test_issues_are_reported_before_data_is_read(monkeypatch):
    def read(self, *_, **__):
        raise AssertionError("data was read")

    monkeypatch.setattr(Digits, "__init__", read)
    with pytest.raises(Exception, match="data was read"):
        instantiate(compose([]).data)  # the patch works; checking does not read data
    assert issues_of("seed=-1") == ["seed must be at least 0, got -1"]
    issues = issues_of("data=image_folder", "data.path=/nowhere/at/all", "iterations=0")
    assert issues == ["iterations must be at least 1, got 0"]


def test_a_missing_folder_is_reported_when_it_is_read(tmp_path):
    with pytest.raises(UserError, match="nowhere"):
        go(tmp_path / "run", "data=image_folder", f"data.path={tmp_path}/nowhere", "data.resolution=8", *NETWORKS)
    assert issues_of("data=image_folder", *NETWORKS) == ["data.path: no value is set; write data.path=VALUE"]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["generator=resnet", "data.resolution=17"], "ResNet halves images until their shorter side is 4 to 15 pixels"),
        (["discriminator.norm=batch", "regularizer=[r1]"], "regularizer.r1 and batch norm in the discriminator"),
    ],
)
def test_issues_that_depend_on_the_data_are_reported_when_it_is_read(lines, sentence, tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    quiet = [line for line in DIGITS if line not in NETWORKS]
    with pytest.raises(ConfigurationError, match=sentence):
        go(tmp_path, *quiet, "data._target_=support.small_runs.WithoutPreview", "data.resolution=16", *lines)
    assert not (tmp_path / "checkpoints").exists()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("data.validation=1.5", "data: validation must be a share of the samples from 0 to below 1, got 1.5"),
        ("data.test=-0.1", "data: test must be a share of the samples from 0 to below 1, got -0.1"),
        ("data.limit=-1", "data: limit must be at least 0, which is all training samples, got -1"),
    ],
)
def test_impossible_splits_are_reported_before_data_is_read(line, sentence):
    assert issues_of("data.resolution=8", line, *NETWORKS) == [sentence]


def test_a_device_or_a_precision_that_does_not_exist_is_reported_in_one_sentence(tmp_path):
    with pytest.raises(UserError, match=r"^trainer\.accelerator=mps: PyTorch finds no such device on this machine; "):
        go(tmp_path, *POINTS, "trainer.accelerator=mps")
    assert "trainer.precision must be one of" in issues_of(*POINTS, "trainer.precision=12")[0]


def test_scores_against_an_empty_split_are_rejected_before_training(tmp_path):
    with pytest.raises(UserError, match="no validation images"):
        go(tmp_path, "data.resolution=8", "data.validation=0", *NETWORKS, "trainer=smoke")
    assert not (tmp_path / "metrics.csv").exists()


@pytest.mark.slow
def test_the_command_line_reports_issues_with_exit_code_2_and_without_a_traceback(tmp_path):
    done: subprocess.CompletedProcess[str] = command("train", *POINTS, "loss=hnge", "batch_size=0", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0] == "this configuration cannot be built:"
    assert lines[1].startswith("  loss: there is no 'hnge'; choose hinge, ")
    assert lines[2] == "  batch_size must be at least 1, got 0"
    assert len(lines) == 3
    assert not list(tmp_path.iterdir())
