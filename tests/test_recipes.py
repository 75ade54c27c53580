"""Every experiment in conf/ on downloaded data: its stated parameter counts, and one training step on small files."""

import math
import pickle
import re
import struct

import numpy as np
import pytest
from support.recipes import recipe_lines
from support.small_runs import rows
from test_conf import RECIPES, header

from ganlab.config import compose, instantiate, locate
from ganlab.core.interfaces import Game
from ganlab.training.api import train

COUNTED = [name for name in RECIPES if "# parameters: " in header(name)]
LARGE = ("checkpoint", "best")  # these write hundreds of megabytes
numbers = np.random.default_rng(0)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Write CIFAR-10's Python batches and MNIST's four files with a few random images."""
    root = tmp_path_factory.mktemp("data")
    cifar, mnist = root / "cifar-10-batches-py", root / "MNIST" / "raw"
    cifar.mkdir()
    mnist.mkdir(parents=True)
    for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"):
        content = {"data": numbers.integers(0, 256, (10, 3072), dtype=np.uint8), "labels": list(range(10))}
        (cifar / name).write_bytes(pickle.dumps(content, protocol=2))
    for part, count in (("train", 40), ("t10k", 20)):
        images = numbers.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        for kind, array in (("images-idx3", images), ("labels-idx1", np.arange(count, dtype=np.uint8) % 10)):
            start = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
            (mnist / f"{part}-{kind}-ubyte").write_bytes(start + array.tobytes())
    return root


def build_game(name: str, *overrides: str) -> Game:
    config = compose([f"experiment={name}", *overrides])
    settings = {key: value for key, value in config.data.items() if key[0] != "_"}
    return instantiate(config.game)(locate(config.data._target_).preview(**settings))


def counts(game: Game) -> dict[str, int]:
    return {
        player: sum(weight.numel() for weight in network.parameters()) for player, network in game.players().items()
    }


@pytest.mark.parametrize("name", COUNTED)
def test_networks_have_the_parameter_counts_that_the_recipe_states(name):
    stated = re.search(r"# parameters: generator ([\d,]+), discriminator ([\d,]+)", header(name)).groups()
    assert counts(build_game(name)) == dict(
        zip(("generator", "discriminator"), (int(number.replace(",", "")) for number in stated), strict=True)
    )


def test_packing_widens_only_the_first_layer_of_the_discriminator():
    stated = int(re.search(r"with packing 2 ([\d,]+)", header("stacked_mnist_dcgan"))[1].replace(",", ""))
    packed = counts(build_game("stacked_mnist_dcgan", "game.packing=2"))["discriminator"]
    unpacked = counts(build_game("stacked_mnist_dcgan"))["discriminator"]
    assert packed == stated == unpacked + 3 * 25 * 64


@pytest.mark.parametrize("name", COUNTED)
def test_recipes_state_the_protocol_of_the_published_score(name):
    assert re.search(r"# expect: [^#]*?\d[\d,.]* .*samples", " ".join(header(name).splitlines()).replace(" #  ", ""))


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_trains_a_step_on_files(name, root, tmp_path):
    both = ["schedule.generator=1", "schedule.discriminator=1"]  # so the first step updates both players
    smoke = ["trainer=smoke", "iterations=1", "batch_size=4", f"data_root={root}", f"run_dir={tmp_path}"]
    config = compose([*recipe_lines(name), *smoke, *both])
    for network in (config.generator, config.discriminator):
        if network.get("max_width"):  # at full width a step takes 5 to 20 seconds on one core
            network.max_width = 64
    config.metric = {}  # metrics need feature networks that are downloaded or trained first
    config.callback.samples.count = 4
    for hook in config.training_hook.values():
        hook.update({key: 2 for key in ("batches", "size") if key in hook})
    config.callback = {key: node for key, node in config.callback.items() if key not in LARGE}
    train(config)
    (row,) = rows(tmp_path)
    for player in ("generator", "discriminator"):
        assert math.isfinite(float(row[f"{player}/adversarial"]))
        assert float(row[f"{player}/gradient_norm"]) > 0
    for name, term in config.regularizer.items():
        values = [float(row[key]) for key in (f"discriminator/{name}", f"generator/{name}") if key in row]
        assert values, term
        assert min(values) >= 0, term
    assert (tmp_path / "samples" / "00000001.png").exists()
