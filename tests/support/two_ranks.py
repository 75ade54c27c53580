"""Two ranks on the CPU, started once for many runs, and the state of each at the end of each run.

`python -m support.two_ranks DIRECTORY` is one of the two; DIRECTORY/cases.yaml has the configurations of the runs.
"""

import os
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig, OmegaConf
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from ganlab.core.errors import TrainingError
from ganlab.data import normalize
from ganlab.data.stream import Stream
from ganlab.sweeps.launchers.fork_server import ForkedProcess
from ganlab.training.build import build_data, build_module
from ganlab.training.run import Run
from support.forked_commands import start_module

TWO = ["trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2"]
final = {}  # this process's state at the end of training, by case
sent = Counter()  # bytes that this process passed to collectives since the start of the run, by kind


def start(directory: Path, cases: dict[str, DictConfig]) -> list[ForkedProcess | subprocess.Popen[bytes]]:
    """Start both; each writes rank….pt, with its final states and the files it wrote, and output….txt."""
    directory.mkdir(exist_ok=True)
    (directory / "cases.yaml").write_text(OmegaConf.to_yaml(OmegaConf.create(cases)))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    cluster = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "NODE_RANK": "0", "WORLD_SIZE": "2"}
    common = {**os.environ, **cluster, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "GANLAB_ALLOW": "support"}
    common["PYTHONWARNINGS"] = "ignore"
    return [
        start_module(
            "support.two_ranks",
            [str(directory)],
            directory,
            {**common, "LOCAL_RANK": rank},
            directory / f"output{rank}.txt",
        )
        for rank in ("0", "1")
    ]


class Record(pl.Callback):
    """Records this process's weights, averages and buffers, and the latents of its next step."""

    def __init__(self, case: str) -> None:
        self.case = case

    def on_train_start(self, trainer, module):
        sent.clear()  # count the traffic of steps, not of the start
        self.first = _tensors(module)

    def on_train_end(self, trainer, module):
        module.updates.seek()
        final[self.case] = {
            "first": self.first,
            "tensors": _tensors(module),
            "latents": module.game.latent.sample(4, module.game.random),
            "sent": dict(sent),
            "strategy": type(trainer.strategy).__name__,
        }


def _tensors(module):
    return {name: value.clone() for name, value in module.state_dict().items() if torch.is_tensor(value)}


class FailOnRank(pl.Callback):
    """Fails on one rank only."""

    def __init__(self, at: int, rank: int) -> None:
        self.at, self.rank = at, rank

    def on_train_batch_end(self, trainer, module, *args):
        if (module.steps, trainer.global_rank) == (self.at, self.rank):
            raise TrainingError(f"the callback failed at step {self.at}")


class MissingGradient(nn.Module):
    """A linear discriminator with a weight that only the second half of the batch uses, and an unused weight."""

    sample_dims = (1,)

    def __init__(self, spec, **settings):
        super().__init__()
        self.linear = nn.Linear(spec.sample[0], 1)
        self.rare, self.unused = nn.Parameter(torch.ones(())), nn.Parameter(torch.ones(()))

    def forward(self, samples, cond=None):
        logits = self.linear(samples).squeeze(1)
        if distributed.is_initialized():
            return logits * self.rare if distributed.get_rank() else logits
        first, second = logits.chunk(2)
        return torch.cat([first, second * self.rare])


def train_with_torch_ddp(config: DictConfig) -> tuple[int, dict[str, torch.Tensor]]:
    """Train with torch's DDP wrapper; return the bytes of gradients that it reduced, and the weights."""
    data = build_data(config)
    module = build_module(config, data)
    game, rank, reduced = module.game, distributed.get_rank(), Counter()

    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.game = game

        def forward(self, player, batch, update):
            return torch.stack(list(game.losses(player, batch, update).values())).sum()

    def count(state, bucket):
        reduced["bytes"] += bucket.buffer().nbytes
        future = distributed.all_reduce(bucket.buffer(), async_op=True).get_future()
        return future.then(lambda done: done.value()[0] / 2)

    wrapped = DistributedDataParallel(Both(), find_unused_parameters=True)
    wrapped.register_comm_hook(None, count)
    optimizers = dict(zip(game.players(), module.configure_optimizers(), strict=True))
    for step, batch in enumerate(Stream(data, config.batch_size, config.iterations, config.seed, 0, rank, 2)):
        for player, optimizer in optimizers.items():
            for name, network in game.players().items():
                network.requires_grad_(name == player)
            game.random.seek(step, rank, 2)
            optimizer.zero_grad()
            wrapped(player, normalize(batch), step).backward()
            optimizer.step()
    return reduced["bytes"], {name: weights.detach() for name, weights in game.named_parameters()}


def _count_bytes(name: str) -> None:
    collective = getattr(distributed, name)

    def counting(tensor, *arguments, **settings):
        sent[f"{name} {tensor.dtype}"] += tensor.nbytes
        return collective(tensor, *arguments, **settings)

    setattr(distributed, name, counting)


def _record_writes(paths: list[str]) -> None:
    def hook(event, arguments):
        if event == "open" and isinstance(arguments[0], str) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
            paths.append(arguments[0])
        elif event in ("os.mkdir", "os.rename", "os.remove"):
            paths.append(str(arguments[0]))

    sys.addaudithook(hook)


def main(directory: Path) -> None:
    rank, writes = os.environ["LOCAL_RANK"], []
    _record_writes(writes)
    for name in ("all_reduce", "broadcast"):
        _count_bytes(name)
    cases = OmegaConf.load(directory / "cases.yaml")
    for name, config in cases.items():
        config.run_dir = str(directory / name)
        config.callback.record = {"_target_": "support.two_ranks.Record", "case": name}
        Run(config).train()  # the configuration is already validated
    written = [path for path in writes if str(directory) in path or not path.startswith("/")]
    torch_ddp = train_with_torch_ddp(cases["bytes"])
    torch.save({"final": final, "writes": written, "torch_ddp": torch_ddp}, directory / f"rank{rank}.pt")
    distributed.destroy_process_group()


if __name__ == "__main__":
    from support import two_ranks  # the module that configurations name; this one is __main__

    two_ranks.main(Path(sys.argv[1]))
