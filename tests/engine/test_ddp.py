"""Two processes train as one on the joined batch, whatever is trained, and one of them writes."""

import json

import pytest
import torch
import yaml
from omegaconf import OmegaConf
from support.small_runs import DIGITS, POINTS, QUIET, rows, state
from support.two_ranks import TWO, start

from ganlab.config import compose, conf_directory, locate
from ganlab.core.errors import ConfigurationError
from ganlab.engine.distributed.strategies import PER_NETWORK
from ganlab.training.run import Run

pytestmark = pytest.mark.slow

# Groups whose parts take part in training; every file of theirs is tried.
GROUPS = ("regularizer", "loss", "schedule", "ema", "optimizer", "latent", "augment", "lr_schedule")
MORE = {  # beside the part itself, so that it acts and differs
    "schedule": ["schedule.generator=2"],
    "latent": ["latent.size=16"],
    "ema": ["optimizer.generator.lr=0.01"],
    "lr_schedule": ["optimizer.generator.lr=0.01"],
    "dragan": ["regularizer.dragan.spread=5"],
    "information": ["latent=codes", "latent.size=16"],
    "path_length": ["generator._target_=support.small_runs.Styled", "regularizer.path_length.every=1"],
    "top_k": ["regularizer.top_k.decay=0.5", "regularizer.top_k.decay_steps=1"],
    "ada": ["augment.start=0.5", "augment.speed_samples=100", "augment.interval=2", "optimizer=sgd"],
    "scheduled": ["augment.start=0.5", "optimizer=sgd"],
}
# What is of the joined batch by its definition: of these, two processes make two batches of half the size.
OF_THE_BATCH = {
    "regularizer/dragan": "its noise is as wide as the standard deviation of the batch",
    "regularizer/consensus": "the squared norm of a mean gradient is no mean of squared norms",
    "regularizer/feature_matching": "it compares mean features of the batch",
    "regularizer/top_k": "it ranks the samples of the batch",
    "loss/relativistic_average": "each sample is judged against the mean of the batch",
    "batch norm": "samples are normalised by statistics of the batch",
}
LEAN = ["callback=[nan_monitor,metrics_logger,checkpoint,status_file]"]
EVERYTHING = [
    *DIGITS, "data.limit=20", "data.flip=true", "data.labels=true", "regularizer=[r1,instance_noise]",
    "regularizer.r1.every=2", "loss.flip=0.2", "microbatches=2", "schedule.generator=2", "gradient_clip_norm=1",
    "optimizer=sgd",  # Adam makes as large a step of a gradient's last digit as of a gradient
]  # fmt: skip
OTHERS = {
    "everything": EVERYTHING,
    # A forward pass is a power iteration: microbatches, of which there are as many passes, would see other weights.
    "spectral norm": [*DIGITS, "discriminator.spectral_norm=true", "optimizer=sgd"],
    "batch norm": [*DIGITS, "generator.norm=batch", "regularizer=[]"],
    "classes": [*DIGITS, "data.labels=true", "conditioning=auxiliary", "augment=diffaugment",
                "regularizer=[lecam]", "optimizer=sgd"],
    "packs": [*POINTS, "data.labels=true", "game.packing=2", "optimizer=sgd"],
    **{name: [*POINTS, f"game={name}", "regularizer=[]"] for name in ("vae", "vae_gan", "bigan")},
    "bytes": [
        *QUIET, "data.resolution=8", "generator.width=8", "discriminator.width=8", "optimizer=sgd", "batch_size=8",
        "log_every=0", "iterations=3",
    ],
    "absent": [*POINTS, "discriminator._target_=support.two_ranks.Absent", "regularizer=[]"],
    "scores": [*POINTS, "metric=[fid]", "evaluate_every=3", "protocol.samples=64"],
    **{f"strategy {name}": [*POINTS, f"trainer.strategy={name}"] for name in PER_NETWORK},
}  # fmt: skip


def part(group, name):
    """Return a run with one part of a group in it, on points where it can be."""
    content = yaml.safe_load((conf_directory() / group / f"{name}.yaml").read_text()) or {}
    target = locate(content["_target_"]) if "_target_" in content else None
    lines = [
        f"{group}=[{name}]" if group == "regularizer" and content else f"{group}={name}",
        *MORE.get(group, []),
        *MORE.get(name, []),
    ]
    lines += ["data.labels=true"] if getattr(target, "needs_labels", False) else []
    lines += ["discriminator.labels=none"] if getattr(target, "guesses_labels", False) else []
    lines += ["discriminator.head=tanh_probability"] if getattr(target, "reads", "") == "probability" else []
    try:
        return composed([*POINTS, *lines])
    except ConfigurationError:
        return composed([*DIGITS, *lines])


def composed(lines):
    return plain(compose([*lines, *LEAN, *TWO]))


def plain(config):
    """Return it without references, which part of a larger file would not hold."""
    return OmegaConf.create(OmegaConf.to_container(config, resolve=True))


def alone(config, directory, **settings):
    """Train by one process."""
    config = OmegaConf.merge(config, {"run_dir": str(directory), **settings})
    config.trainer = {"accelerator": "cpu", "devices": 1, "precision": "32-true"}
    Run(config).go()


PARTS = {
    f"{group}/{path.stem}": (group, path.stem)
    for group in GROUPS
    for path in sorted((conf_directory() / group).glob("*.yaml"))
}
CASES = [
    *PARTS,
    "everything",
    "spectral norm",
    "batch norm",
    "classes",
    "packs",
    "vae",
    "vae_gan",
    "bigan",
    "absent",
    "scores",
    *(f"strategy {name}" for name in PER_NETWORK),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return the folders of runs by one process and by two, and what each of the two kept."""
    home = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_ALLOW", "support")
        cases = {name: part(*named) for name, named in PARTS.items()}
        cases |= {name: composed(lines) for name, lines in OTHERS.items()}
        cases["scores"] = plain(compose([*OTHERS["scores"], *TWO]))  # with all that writes
        whole, half = cases["everything"], OmegaConf.merge(cases["everything"], {"iterations": 3})
        one, two = home / "one", home / "two"
        alone(half, two / "one to two")
        started = start(two, {**cases, "one to two": whole, "two to one": half})
        try:
            for name, config in cases.items():
                alone(config, one / name, microbatches=2 if name in OF_THE_BATCH else config.microbatches)
                if name in OF_THE_BATCH:
                    alone(config, one / f"{name} joined")
            ends = [process.wait() for process in started]
        finally:
            for process in started:
                process.kill()
                process.wait()
        assert ends == [0, 0], "\n".join((two / f"said{rank}.txt").read_text()[-2000:] for rank in (0, 1))
        alone(whole, two / "two to one")
    return one, two, [torch.load(two / f"rank{rank}.pt", weights_only=True) for rank in (0, 1)]


def furthest(first, second):
    """Return the largest difference of two states, which have the same names and shapes."""
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert type(value) is type(second[name]), name
        assert torch.is_tensor(value) or value == second[name], name
    numbers = {name: value for name, value in first.items() if torch.is_tensor(value) and value.is_floating_point()}
    return max(float((value - second[name]).abs().max()) for name, value in numbers.items() if value.numel())


def weights(directory):
    """Return what a checkpoint says of what moves, without what batch norm counts: it counts microbatches."""
    return {
        name: value for name, value in state(directory).items() if "running_" not in name and "num_batches" not in name
    }


@pytest.mark.parametrize("case", CASES)
def test_two_processes_equal_one(runs, case):
    one, two, _ = runs
    assert furthest(weights(one / case), weights(two / case)) < 1e-6


@pytest.mark.parametrize("case", CASES)
def test_what_is_compared_was_trained(runs, case):
    kept = runs[2][0]["kept"][case]
    assert max(float((now - kept["first"][name]).abs().max()) for name, now in kept["tensors"].items()) > 1e-5


@pytest.mark.parametrize("case", OF_THE_BATCH)
def test_what_is_of_the_joined_batch_is_named_for_a_reason(runs, case):
    one, two, _ = runs
    assert furthest(weights(one / f"{case} joined"), weights(two / case)) > 1e-6


@pytest.mark.parametrize("case", CASES)
def test_what_is_logged_is_of_the_joined_batch(runs, case):
    one, two, _ = runs
    ours = {"samples_per_second", "memory_mib"}
    if case in OF_THE_BATCH or case == "everything":  # of microbatches, the verdicts shown are the last one's
        ours |= {"discriminator/real", "discriminator/fake", "discriminator/accuracy"}
    pairs = list(zip(rows(one / case), rows(two / case), strict=True))
    assert len(pairs) == 6
    for first, second in pairs:
        assert first.keys() == second.keys()
        for name in first.keys() - ours:
            assert second[name] == first[name] or float(second[name]) == pytest.approx(float(first[name]), abs=2e-5), (
                name
            )


def test_both_processes_end_with_the_same_and_draw_for_themselves(runs):
    first, second = (each["kept"] for each in runs[2])
    assert first.keys() == second.keys()
    assert len(first) > len(CASES)
    for case, kept in first.items():
        assert all(torch.equal(value, second[case]["tensors"][name]) for name, value in kept["tensors"].items()), case
        assert not torch.equal(kept["latents"], second[case]["latents"])


def test_names_of_the_same_strategy_mean_the_same(runs):
    kept = [runs[2][0]["kept"][f"strategy {name}"] for name in PER_NETWORK]
    assert {each["strategy"] for each in kept} == {"PlayerDDPStrategy"}
    for each in kept[1:]:
        assert all(torch.equal(value, each["tensors"][name]) for name, value in kept[0]["tensors"].items())


def test_at_most_half_of_the_stock_wrappers_bytes_travel(runs):
    for each in runs[2]:
        (stock, trained), ours = each["stock"], each["kept"]["bytes"]
        sent = ours["sent"]
        assert 0 < sent["all_reduce torch.float32"] <= stock / 2
        others = sum(sent.values()) - sent["all_reduce torch.float32"]
        assert others < stock / 100
        for name, value in trained.items():
            torch.testing.assert_close(ours["tensors"][f"game.{name}"], value, rtol=0, atol=1e-6)


def test_one_process_writes(runs):
    _, two, (first, second) = runs
    assert second["writes"] == []
    assert first["writes"]
    directories = {path.parent.name for path in two.rglob("config.yaml")}
    assert directories == {path.split("/")[-1] for path in directories}
    assert not list(two.rglob("*.tmp"))
    assert not (two / "outputs").exists()
    assert {path.name for path in (two / "scores").iterdir()} == {
        ".lock", "checkpoints", "config.yaml", "generator.json", "generator.safetensors", "metrics.csv", "samples",
        "scores.json", "status.json",
    }  # fmt: skip


def test_scores_are_those_of_one_process(runs):
    one, two, _ = runs
    first, second = (json.loads((place / "scores" / "scores.json").read_text()) for place in (one, two))
    assert second["scores"] == pytest.approx(first["scores"], rel=1e-4)
    assert second["protocol_hash"] == first["protocol_hash"]


@pytest.mark.parametrize("way", ["one to two", "two to one"])
def test_a_run_goes_on_with_another_number_of_processes(runs, way):
    one, two, _ = runs
    assert furthest(weights(one / "everything"), weights(two / way)) < 1e-6
    assert json.loads((two / way / "status.json").read_text())["state"] == "finished"


def test_a_weight_without_a_gradient_is_left_alone_only_where_no_process_has_one(runs):
    first = runs[2][0]["kept"]["absent"]["tensors"]
    assert first["game.discriminator.idle"] == 1
    assert first["game.discriminator.rare"] != 1
