"""Two processes train like one process on the joined batch, with every component; only rank 0 writes files."""

import json

import pytest
import torch
import yaml
from omegaconf import OmegaConf
from support.image_pairs import PAIRS
from support.short_texts import NARROW, text_lines
from support.small_runs import CLIPS, DIGITS, NETWORKS, POINTS, QUIET, rows, state
from support.sounds import SOUND_PAIRS
from support.two_ranks import TWO, start
from support.vgg19_weights import write_random_weights

from ganlab.config import compose, conf_directory, locate
from ganlab.core.errors import ConfigurationError
from ganlab.engine.distributed.strategy_choice import PER_NETWORK
from ganlab.training.run import Run

pytestmark = pytest.mark.slow

# Groups whose components affect training; every choice of them is tested.
GROUPS = ("regularizer", "loss", "schedule", "ema", "optimizer", "latent", "augment", "lr_schedule")
MORE = {  # further settings, so the component has an effect
    "schedule": ["schedule.generator=2"],
    "ema": ["optimizer.generator.lr=0.01"],
    "lr_schedule": ["optimizer.generator.lr=0.01"],
    "dragan": ["regularizer.dragan.spread=5"],
    "information": ["latent=codes", "latent.size=16"],
    # Small weights, because rounding errors are relative to the gradients, which Adam's state contains.
    "pixel_l1": ["regularizer.pixel_l1.weight=1"],
    # The logarithm multiplies rounding errors of quiet bands; test_log_mel_term.py compares halves in double precision.
    "log_mel_l1": ["regularizer.log_mel_l1.weight=0.01", "optimizer=sgd"],
    "pixel_l2": ["regularizer.pixel_l2.weight=1"],
    "path_length": ["generator._target_=support.small_runs.Styled", "regularizer.path_length.every=1"],
    "reconstruction": ["discriminator._target_=support.small_runs.Mapped"],
    "top_k": ["regularizer.top_k.decay=0.5", "regularizer.top_k.decay_steps=1"],
    "ada": ["augment.start=0.5", "augment.speed_samples=100", "augment.interval=2", "optimizer=sgd"],
    "scheduled": ["augment.start=0.5", "optimizer=sgd"],
}
# These depend on the composition of the batch: two processes have two batches of half the size.
DEPENDS_ON_BATCH = {
    "regularizer/dragan": "its noise has the standard deviation of the batch",
    "regularizer/consensus": "the squared norm of a mean gradient is not the mean of squared norms",
    "regularizer/feature_matching": "it compares mean features of the batch",
    "regularizer/top_k": "it ranks the samples of the batch",
    "loss/relativistic_average": "each sample is compared with the mean of the batch",
    "batch norm": "samples are normalised by statistics of the batch",
}
TABLE_NETWORKS = ["generator=table", "generator.width=8", *(line for line in NETWORKS if "generator" not in line)]
SPOKEN_TONES = [*SOUND_PAIRS, *QUIET, "generator=hifigan", "generator.width=16", "discriminator=mlp",
                "discriminator.labels=none", "discriminator.widths=[8]", "batch_size=4", "iterations=6"]  # fmt: skip
FEW_CALLBACKS = ["callback=[nan_monitor,metrics_logger,checkpoint,status_file]"]
EVERYTHING = [
    *DIGITS, "data.limit=20", "data.flip=true", "data.labels=true", "regularizer=[r1,instance_noise]",
    "regularizer.r1.every=2", "loss.flip=0.2", "microbatches=2", "schedule.generator=2", "gradient_clip_norm=1",
    "optimizer=sgd",  # Adam turns rounding errors of zero gradients into full steps
]  # fmt: skip
OTHER_CASES = {
    "everything": EVERYTHING,
    # Every forward pass makes a power iteration, so several microbatches would use different weights.
    "spectral norm": [*DIGITS, "discriminator.spectral_norm=true", "optimizer=sgd"],
    "batch norm": [*DIGITS, "generator.norm=batch", "regularizer=[]"],
    "classes": [*DIGITS, "data.labels=true", "conditioning=auxiliary", "augment=diffaugment",
                "regularizer=[lecam]", "optimizer=sgd"],
    "tables": ["data=diabetes", *TABLE_NETWORKS, *QUIET, "iterations=6", "batch_size=8", "optimizer=sgd"],
    "packs": [*POINTS, "data.labels=true", "game.packing=2", "optimizer=sgd"],
    "clips": [*CLIPS, "discriminator.frames=2", "optimizer=sgd"],  # random frames of clips are drawn
    **{name: [*POINTS, f"game={name}", "regularizer=[]"] for name in ("vae", "vae_gan", "bigan")},
    "regression": [*PAIRS, "game=regression", "regularizer=[pixel_l1]", "optimizer=sgd"],
    "cyclegan": [*PAIRS, "+data.paired=false", "game=cyclegan", "game.pool=12", "regularizer=[lecam]", "optimizer=sgd",
                 "augment=diffaugment"],
    "cut": [*PAIRS, "+data.paired=false", "game=cut", "game.patches=16", "optimizer=sgd",
            "optimizer.generator.lr=1e-4"],
    "reinforce": [*text_lines(), *NARROW, *QUIET, "batch_size=8", "iterations=6", "optimizer=sgd", "game=reinforce",
                  "discriminator=sequence_recurrent", "game.pretraining_steps=2"],
    "gumbel": [*text_lines(), *NARROW, *QUIET, "regularizer=[r1]", "batch_size=8", "iterations=6", "optimizer=sgd",
               "game.pretraining_steps=2", "game.discriminator_steps=1"],
    "bytes": [
        "experiment=dcgan_r1_digits", *QUIET, "data.resolution=8", "generator.width=8", "discriminator.width=8",
        "optimizer=sgd", "batch_size=8",
        "log_every=0", "iterations=3",
    ],
    "missing gradient": [*POINTS, "discriminator._target_=support.two_ranks.MissingGradient", "regularizer=[]"],
    "scores": [*POINTS, "metric=[fid]", "evaluate_every=3", "protocol.samples=64"],
    # The source is added when it is trained; its classes do not fit, so the first layers start again.
    "initial weights": [*DIGITS, "discriminator.frozen=1", "generator.trainable=[body.*]", "optimizer=sgd"],
    "copies": [
        *DIGITS, "+callback=[copies]", "callback.copies.samples=40", "features=identity", "optimizer=sgd",
        "callback.copies.every=3",
    ],
    **{f"strategy {name}": [*POINTS, f"trainer.strategy={name}"] for name in PER_NETWORK},
}  # fmt: skip


TRANSLATORS_ONLY = {("latent", "none"), ("latent", "map")}  # latents of generators that start from an image


def with_component(group, name):
    """Return a configuration with this choice of a group, on points if possible, else on digits."""
    if (group, name) == ("latent", "gumbel"):  # of generators that choose symbols
        return composed(OTHER_CASES["gumbel"])
    if (group, name) in TRANSLATORS_ONLY:
        return composed([*(line for line in PAIRS if line != "latent=none"), f"latent={name}"])
    content = yaml.safe_load((conf_directory() / group / f"{name}.yaml").read_text()) or {}
    target = locate(content["_target_"]) if "_target_" in content else None
    overrides = [
        f"{group}=[{name}]" if group == "regularizer" and content else f"{group}={name}",
        *MORE.get(group, []),
        *MORE.get(name, []),
        *(["latent.size=16"] if "size" in content and group == "latent" else []),
    ]
    if getattr(target, "needs_labels", False):
        overrides.append("data.labels=true")
    if getattr(target, "guesses_labels", False):
        overrides.append("discriminator.labels=none")
    if getattr(target, "reads", "") == "probability":
        overrides.append("discriminator.head=tanh_probability")
    if getattr(target, "needs_pairs", False):
        pairs = SPOKEN_TONES if target.sample_kind else PAIRS
        return composed([*pairs, *overrides])
    try:
        return composed([*POINTS, *overrides])
    except ConfigurationError:
        return composed([*DIGITS, *overrides])


def composed(overrides):
    return plain(compose([*overrides, *FEW_CALLBACKS, *TWO]))


def plain(config):
    """Return the configuration without interpolations, which a section of another file cannot resolve."""
    return OmegaConf.create(OmegaConf.to_container(config, resolve=True))


def train_in_one_process(config, directory, **settings):
    """Train in this process."""
    config = OmegaConf.merge(config, {"run_dir": str(directory), **settings})
    config.trainer = {"accelerator": "cpu", "devices": 1, "precision": "32-true"}
    Run(config).train()


COMPONENTS = {
    f"{group}/{path.stem}": (group, path.stem)
    for group in GROUPS
    for path in sorted((conf_directory() / group).glob("*.yaml"))
}
CASES = [
    *COMPONENTS,
    "everything",
    "spectral norm",
    "batch norm",
    "classes",
    "tables",
    "packs",
    "clips",
    "vae",
    "vae_gan",
    "bigan",
    "regression",
    "cyclegan",
    "cut",
    "gumbel",
    "reinforce",
    "missing gradient",
    "scores",
    "initial weights",
    "copies",
    *(f"strategy {name}" for name in PER_NETWORK),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return the folders of runs with one process and with two, and the records of the two ranks."""
    home = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_ALLOW", "support")
        write_random_weights(home / "vgg19.pth")
        term = "regularizer.perceptual_vgg19"
        MORE["perceptual_vgg19"] = ["data.resolution=16", f"{term}.weights={home / 'vgg19.pth'}", f"{term}.weight=1"]
        cases = {name: with_component(*choice) for name, choice in COMPONENTS.items()}
        cases |= {name: composed(overrides) for name, overrides in OTHER_CASES.items()}
        for name in ("scores", "copies"):  # with all callbacks that write files
            cases[name] = plain(compose([*OTHER_CASES[name], *TWO]))
        whole, half = cases["everything"], OmegaConf.merge(cases["everything"], {"iterations": 3})
        one, two = home / "one", home / "two"
        train_in_one_process(half, two / "one to two")
        train_in_one_process(half, home / "source")
        cases["initial weights"].init_from = str(home / "source")
        processes = start(two, {**cases, "one to two": whole, "two to one": half})
        try:
            for name, config in cases.items():
                microbatches = 2 if name in DEPENDS_ON_BATCH else config.microbatches
                train_in_one_process(config, one / name, microbatches=microbatches)
                if name in DEPENDS_ON_BATCH:
                    train_in_one_process(config, one / f"{name} joined")
            exit_codes = [process.wait() for process in processes]
        finally:
            for process in processes:
                process.kill()
                process.wait()
        assert exit_codes == [0, 0], "\n".join((two / f"output{rank}.txt").read_text()[-2000:] for rank in (0, 1))
        train_in_one_process(whole, two / "two to one")
    return one, two, [torch.load(two / f"rank{rank}.pt", weights_only=True) for rank in (0, 1)]


def largest_difference(first, second):
    """Return the largest difference between two states, which must have the same names and shapes."""
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert type(value) is type(second[name]), name
        assert torch.is_tensor(value) or value == second[name], name
    numbers = {name: value for name, value in first.items() if torch.is_tensor(value) and value.is_floating_point()}
    return max(float((value - second[name]).abs().max()) for name, value in numbers.items() if value.numel())


def weights(directory):
    """Return a checkpoint's state without the running statistics of batch norm, which depend on microbatches."""
    return {
        name: value for name, value in state(directory).items() if "running_" not in name and "num_batches" not in name
    }


@pytest.mark.parametrize("case", CASES)
def test_two_processes_equal_one(runs, case):
    one, two, _ = runs
    assert largest_difference(weights(one / case), weights(two / case)) < 1e-6


@pytest.mark.parametrize("case", CASES)
def test_training_changed_the_compared_weights(runs, case):
    record = runs[2][0]["final"][case]
    assert max(float((now - record["first"][name]).abs().max()) for name, now in record["tensors"].items()) > 1e-5


@pytest.mark.parametrize("case", DEPENDS_ON_BATCH)
def test_components_that_depend_on_the_batch_differ_between_one_and_two_processes(runs, case):
    one, two, _ = runs
    assert largest_difference(weights(one / f"{case} joined"), weights(two / case)) > 1e-6


@pytest.mark.parametrize("case", CASES)
def test_logged_values_are_those_of_the_joined_batch(runs, case):
    one, two, _ = runs
    ignored = {"samples_per_second", "memory_mib"}
    if case in DEPENDS_ON_BATCH or case == "everything":  # outputs of the last microbatch only are logged
        ignored |= {"discriminator/real", "discriminator/fake", "discriminator/accuracy"}
    pairs = list(zip(rows(one / case), rows(two / case), strict=True))
    assert len(pairs) == 6
    for first, second in pairs:
        assert first.keys() == second.keys()
        for name in first.keys() - ignored:
            assert second[name] == first[name] or float(second[name]) == pytest.approx(float(first[name]), abs=2e-5), (
                name
            )


def test_both_ranks_have_the_same_weights_and_draw_different_latents(runs):
    first, second = (record["final"] for record in runs[2])
    assert first.keys() == second.keys()
    assert len(first) > len(CASES)
    for case, own in first.items():
        assert all(torch.equal(value, second[case]["tensors"][name]) for name, value in own["tensors"].items()), case
        assert not own["latents"].numel() or not torch.equal(own["latents"], second[case]["latents"]), case


def test_all_names_of_the_strategy_are_equivalent(runs):
    first, *others = [runs[2][0]["final"][f"strategy {name}"] for name in PER_NETWORK]
    assert {state["strategy"] for state in (first, *others)} == {"PlayerDDPStrategy"}
    for other in others:
        assert all(torch.equal(value, other["tensors"][name]) for name, value in first["tensors"].items())


def test_at_most_half_as_many_bytes_are_sent_as_by_torch_ddp(runs):
    for record in runs[2]:
        (ddp_bytes, trained), state = record["torch_ddp"], record["final"]["bytes"]
        sent = state["sent"]
        assert 0 < sent["all_reduce torch.float32"] <= ddp_bytes / 2
        others = sum(sent.values()) - sent["all_reduce torch.float32"]
        assert others < ddp_bytes / 100
        for name, value in trained.items():
            torch.testing.assert_close(state["tensors"][f"game.{name}"], value, rtol=0, atol=1e-6)


def test_only_rank_zero_writes_files(runs):
    _, two, (first, second) = runs
    assert second["writes"] == []
    assert first["writes"]
    directories = {path.parent.name for path in two.rglob("config.yaml")}
    assert directories == {path.split("/")[-1] for path in directories}
    assert not list(two.rglob("*.tmp"))
    assert not (two / "outputs").exists()
    assert {path.name for path in (two / "scores").iterdir()} == {
        ".lock", "checkpoints", "config.yaml", "discriminator.safetensors", "generator.json",
        "generator.safetensors", "metrics.csv", "samples", "scores.json", "status.json",
    }  # fmt: skip


def test_scores_are_those_of_one_process(runs):
    one, two, _ = runs
    first, second = (json.loads((folder / "scores" / "scores.json").read_text()) for folder in (one, two))
    assert second["scores"] == pytest.approx(first["scores"], rel=1e-4)
    assert second["protocol_hash"] == first["protocol_hash"]


@pytest.mark.parametrize("change", ["one to two", "two to one"])
def test_a_run_is_resumed_with_another_number_of_processes(runs, change):
    one, two, _ = runs
    assert largest_difference(weights(one / "everything"), weights(two / change)) < 1e-6
    assert json.loads((two / change / "status.json").read_text())["state"] == "finished"


def test_a_weight_is_not_updated_only_if_it_has_no_gradient_on_any_rank(runs):
    first = runs[2][0]["final"]["missing gradient"]["tensors"]
    assert first["game.discriminator.unused"] == 1
    assert first["game.discriminator.rare"] != 1
