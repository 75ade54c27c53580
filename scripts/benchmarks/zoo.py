"""Measure every architecture's training step on this machine: a generator against the critic of the same name.

A step is a move of each on one batch of random images, with the hinge loss and without labels, as ganlab makes it: one
forward pass of the generator for both, fused Adam, images in channels_last. Every row is a process of its own, so that
memory is its own too; compiling, which takes a minute or more, is not in its times. FLOPs are what torch counts in
matrix products, convolutions and attention, forwards and backwards, and a fused multiplication and addition is two.
What an architecture cannot be built for, it says.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode
from turns import peak_mib

from ganlab.config import compose, conf_directory, instantiate
from ganlab.core.errors import ConfigurationError
from ganlab.core.interfaces import Batch, Game, Spec

ORDER = ("discriminator", "generator")
MODES = ("float32", "float32-compiled", "bf16", "bf16-compiled")  # bf16 is mixed precision
WARM_UP = 2
HEADER = "architecture   mode             parameters   GFLOPs/step     MiB    ms/step   images/s"


def architectures() -> list[str]:
    """Find the names that both groups have."""
    sides = [{path.stem for path in (conf_directory() / group).glob("*.yaml")} for group in ("generator", *ORDER[:1])]
    return sorted(sides[0] & sides[1])


class Step:
    """Moves of both players, as often as it is called."""

    def __init__(self, name: str, resolution: int, batch: int, device: torch.device, mode: str) -> None:
        overrides = [f"generator={name}", f"discriminator={name}", "loss=hinge", "regularizer=[]", "latent.size=128"]
        # The data set is only named, so that the configuration can be checked; nothing is read.
        config = compose([*overrides, "data=cifar10", f"data.resolution={resolution}"])
        torch.manual_seed(0)
        game: Game = instantiate(config.game)(Spec((3, resolution, resolution)))
        self.game = game.to(device, memory_format=torch.channels_last)
        self.weights = {player: [*network.parameters()] for player, network in game.players().items()}
        self.parameters = sum(weight.numel() for weights in self.weights.values() for weight in weights)
        self.optimizers = {
            player: instantiate(config.optimizer[player])(weights) for player, weights in self.weights.items()
        }
        if "compiled" in mode:
            for network in game.players().values():
                network.compile()
        self.mixed = torch.autocast(device.type, torch.bfloat16, enabled="bf16" in mode)
        images = torch.rand(batch, 3, resolution, resolution, device=device) * 2 - 1
        self.batch = Batch(images.to(memory_format=torch.channels_last))
        self.steps = 0

    def __call__(self) -> None:
        """Move the critic, then the generator."""
        self.game.random.seek(self.steps)
        with self.mixed:
            self.game.prepare(self.batch, ORDER)
        for player in ORDER:
            with self.mixed:
                loss: Tensor = torch.stack(list(self.game.losses(player, self.batch, self.steps).values())).sum()
            for weight in self.weights[player]:
                weight.grad = None
            loss.backward(inputs=self.weights[player])
            self.optimizers[player].step()
        self.steps += 1


def synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def measured(given: argparse.Namespace) -> dict[str, Any]:
    """Measure one architecture in one mode, in this process."""
    device = torch.device(given.device)
    name, mode = given.one
    try:
        step = Step(name, given.resolution, given.batch, device, mode)
    except ConfigurationError as error:
        return {"reason": str(error).splitlines()[-1].strip()}
    counter = FlopCounterMode(display=False)
    if "compiled" in mode:  # which the counter cannot look into
        step()
    else:
        with counter:
            step()
    for _ in range(WARM_UP):
        step()
    times = []
    for _ in range(given.repeats):
        synchronize(device)
        started = time.perf_counter()
        step()
        synchronize(device)
        times.append(1000 * (time.perf_counter() - started))
    return {
        "parameters": step.parameters,
        "gflops": counter.get_total_flops() / 1e9 if "compiled" not in mode else None,
        "mib": peak_mib(device),
        "ms_per_step": median(times),
        "images_per_second": 1000 * given.batch / median(times),
    }


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/benchmark zoo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = architectures()
    parser.add_argument("--architectures", nargs="+", choices=known, default=known, help="which (default: all)")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES), metavar="MODE", help=", ".join(MODES))
    parser.add_argument("--resolution", type=int, default=32, help="pixels on a side (default: 32)")
    parser.add_argument("--batch", type=int, default=16, help="images of a step (default: 16)")
    parser.add_argument("--repeats", type=int, default=5, help="timed steps, of which the median counts (default: 5)")
    parser.add_argument(
        "--device", choices=["auto", "cpu", "cuda"], default="auto", help="auto: cuda where there is one"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers there too")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)  # what a measuring process is told
    given = parser.parse_args(arguments)
    for name, least in (("resolution", 8), ("batch", 2), ("repeats", 1)):
        if getattr(given, name) < least:
            parser.error(f"--{name} must be at least {least}, got {getattr(given, name)}")
    if given.device == "auto":
        given.device = "cuda" if torch.cuda.is_available() else "cpu"
    return given


def row(name: str, mode: str, given: argparse.Namespace) -> dict[str, Any]:
    """Have a process measure one architecture in one mode."""
    settings = [f"--{key}={getattr(given, key)}" for key in ("resolution", "batch", "repeats", "device")]
    done = subprocess.run([sys.executable, __file__, *settings, "--one", name, mode], capture_output=True, text=True)
    if done.returncode:
        return {"reason": (done.stderr.strip().splitlines() or ["it was killed"])[-1]}
    content: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return content


def line(name: str, mode: str, numbers: dict[str, Any]) -> str:
    """Return a row as printed."""
    if "reason" in numbers:
        return f"{name:14} {mode:16} {numbers['reason']}"
    gflops = "-" if numbers["gflops"] is None else f"{numbers['gflops']:.1f}"
    return (
        f"{name:14} {mode:16} {numbers['parameters']:10,} {gflops:>13} {numbers['mib']:7.0f} "
        f"{numbers['ms_per_step']:10.1f} {numbers['images_per_second']:10.1f}"
    )


def main(arguments: list[str]) -> None:
    given = parse(arguments)
    if given.one:
        print(json.dumps(measured(given)))
        return
    device = torch.cuda.get_device_name() if given.device == "cuda" else f"cpu, {torch.get_num_threads()} threads"
    print(
        f"{given.resolution}x{given.resolution}, batch {given.batch}, {device}, torch {torch.__version__}\n\n{HEADER}"
    )
    rows: dict[str, dict[str, Any]] = {}
    for name in given.architectures:
        for mode in given.modes:
            numbers = row(name, mode, given)
            rows.setdefault(name, {})[mode] = numbers
            print(line(name, mode, numbers), flush=True)
            if "reason" in numbers:
                break
    if given.json:
        facts = {key: getattr(given, key) for key in ("resolution", "batch", "repeats")}
        content = {"torch": torch.__version__, "device": device, **facts, "rows": rows}
        given.json.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
