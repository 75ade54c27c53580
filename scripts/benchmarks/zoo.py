"""Measure the training step of every architecture on this machine: a generator and the discriminator of the same name.

A step is one update of each player on a batch of random images, with the hinge loss and without labels, as in ganlab:
one forward pass of the generator for both, fused Adam, images in channels_last. Each row is a separate process, so its
memory is measured separately. Compilation, which takes a minute or more, is not included in the times. FLOPs are those
that torch counts in matrix products, convolutions and attention, forward and backward; a fused multiply-add counts as
two. If an architecture cannot be built, its row has the reason.
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
MODES = ("float32", "float32-compiled", "bf16", "bf16-compiled")  # bf16 is bf16-mixed
WARM_UP = 2
HEADER = "architecture   mode             parameters   GFLOPs/step     MiB    ms/step   images/s"


def architectures() -> list[str]:
    """Return the names of both a generator and a discriminator."""
    generators, discriminators = (
        {path.stem for path in (conf_directory() / group).glob("*.yaml")} for group in ("generator", "discriminator")
    )
    return sorted(generators & discriminators)


class Step:
    """One update of both players per call."""

    def __init__(self, name: str, resolution: int, batch: int, device: torch.device, mode: str) -> None:
        overrides = [f"generator={name}", f"discriminator={name}", "loss=hinge", "regularizer=[]", "latent.size=128"]
        # The data set is only named for the check of the configuration; it is not read.
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
        self.autocast = torch.autocast(device.type, torch.bfloat16, enabled="bf16" in mode)
        images = torch.rand(batch, 3, resolution, resolution, device=device) * 2 - 1
        self.batch = Batch(images.to(memory_format=torch.channels_last))
        self.steps = 0

    def __call__(self) -> None:
        """Update the discriminator, then the generator."""
        self.game.random.seek(self.steps)
        with self.autocast:
            self.game.prepare(self.batch, ORDER)
        for player in ORDER:
            with self.autocast:
                loss: Tensor = torch.stack(list(self.game.losses(player, self.batch, self.steps).values())).sum()
            for weight in self.weights[player]:
                weight.grad = None
            loss.backward(inputs=self.weights[player])
            self.optimizers[player].step()
        self.steps += 1


def synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Measure one architecture in one mode in this process."""
    device = torch.device(args.device)
    name, mode = args.one
    try:
        step = Step(name, args.resolution, args.batch, device, mode)
    except ConfigurationError as error:
        return {"reason": str(error).splitlines()[-1].strip()}
    counter = FlopCounterMode(display=False)
    if "compiled" in mode:  # the counter does not see inside compiled code
        step()
    else:
        with counter:
            step()
    for _ in range(WARM_UP):
        step()
    times = []
    for _ in range(args.repeats):
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
        "images_per_second": 1000 * args.batch / median(times),
    }


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/benchmark zoo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = architectures()
    parser.add_argument("--architectures", nargs="+", choices=known, default=known, help="which (default: all)")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES), metavar="MODE", help=", ".join(MODES))
    parser.add_argument("--resolution", type=int, default=32, help="image size in pixels (default: 32)")
    parser.add_argument("--batch", type=int, default=16, help="batch size (default: 16)")
    parser.add_argument("--repeats", type=int, default=5, help="timed steps; the result is their median (default: 5)")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="auto: cuda if there is one")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all numbers to FILE")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)  # for the process of one row
    args = parser.parse_args(arguments)
    for name, minimum in (("resolution", 8), ("batch", 2), ("repeats", 1)):
        if getattr(args, name) < minimum:
            parser.error(f"--{name} must be at least {minimum}, got {getattr(args, name)}")
    if args.device == "auto":
        args.device = "cuda" if torch.cuda.is_available() else "cpu"
    return args


def measure_in_process(name: str, mode: str, args: argparse.Namespace) -> dict[str, Any]:
    """Measure one architecture in one mode in a new process."""
    settings = [f"--{key}={getattr(args, key)}" for key in ("resolution", "batch", "repeats", "device")]
    done = subprocess.run([sys.executable, __file__, *settings, "--one", name, mode], capture_output=True, text=True)
    if done.returncode:
        return {"reason": (done.stderr.strip().splitlines() or ["the process was killed"])[-1]}
    content: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return content


def format_row(name: str, mode: str, numbers: dict[str, Any]) -> str:
    """Return a row as text."""
    if "reason" in numbers:
        return f"{name:14} {mode:16} {numbers['reason']}"
    gflops = "-" if numbers["gflops"] is None else f"{numbers['gflops']:.1f}"
    return (
        f"{name:14} {mode:16} {numbers['parameters']:10,} {gflops:>13} {numbers['mib']:7.0f} "
        f"{numbers['ms_per_step']:10.1f} {numbers['images_per_second']:10.1f}"
    )


def main(arguments: list[str]) -> None:
    args = parse(arguments)
    if args.one:
        print(json.dumps(measure(args)))
        return
    device = torch.cuda.get_device_name() if args.device == "cuda" else f"cpu, {torch.get_num_threads()} threads"
    print(f"{args.resolution}x{args.resolution}, batch {args.batch}, {device}, torch {torch.__version__}\n\n{HEADER}")
    rows: dict[str, dict[str, Any]] = {}
    for name in args.architectures:
        for mode in args.modes:
            numbers = measure_in_process(name, mode, args)
            rows.setdefault(name, {})[mode] = numbers
            print(format_row(name, mode, numbers), flush=True)
            if "reason" in numbers:
                break
    if args.json:
        settings = {key: getattr(args, key) for key in ("resolution", "batch", "repeats")}
        content = {"torch": torch.__version__, "device": device, **settings, "rows": rows}
        args.json.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
