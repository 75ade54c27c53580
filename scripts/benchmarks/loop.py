"""GAN training as one writes it by hand after the tutorials: what ganlab is measured against.

The `naive` loop runs the generator once for each player and takes its data from a DataLoader; the `lean` one, for
information, runs it once per batch, as PyTorch's DCGAN tutorial does, and indexes its data directly. Both leave
optimizers and memory format at their defaults. Of ganlab they take only the networks, so that the arithmetic is the
same. Usage: loop.py naive|lean CASE.json
"""

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import relu, softplus
from torch.utils.data import DataLoader, TensorDataset
from turns import Turns

from ganlab.core.interfaces import Spec

LOSSES = {
    "non_saturating": (
        lambda real, fake: softplus(-real).mean() + softplus(fake).mean(),
        lambda fake: softplus(-fake).mean(),
    ),
    "hinge": (
        lambda real, fake: relu(1 - real).mean() + relu(1 + fake).mean(),
        lambda fake: -fake.mean(),
    ),
}
PRINT_EVERY = 50


def network(node: dict[str, Any], spec: Spec, device: torch.device) -> nn.Module:
    module, _, name = node["_target_"].rpartition(".")
    settings = {key: value for key, value in node.items() if not key.startswith("_")}
    return getattr(import_module(module), name)(spec, **settings).to(device)


def loaded(table: Tensor, size: int) -> Iterator[Tensor]:
    loader = DataLoader(TensorDataset(table), batch_size=size, shuffle=True, drop_last=True)
    while True:
        for (batch,) in loader:
            yield batch


def indexed(table: Tensor, size: int) -> Iterator[Tensor]:
    while True:
        for rows in torch.randperm(len(table)).split(size):
            if len(rows) == size:
                yield table[rows]


def train(case: dict[str, Any], lean: bool) -> None:
    device = torch.device(case["device"])
    torch.manual_seed(0)
    spec = Spec(tuple(case["sample"]), latent=case["latent"])
    generator, discriminator = (network(case[player], spec, device) for player in ("generator", "discriminator"))
    optimizer_d, optimizer_g = (
        torch.optim.Adam(each.parameters(), lr=case["lr"], betas=case["betas"]) for each in (discriminator, generator)
    )
    loss_of_d, loss_of_g = LOSSES[case["loss"]]
    mixed = torch.autocast(device.type, torch.bfloat16, enabled=case["precision"] == "bf16-mixed")
    turns = Turns(device)
    table = torch.load(case["table"], weights_only=True)
    for step, batch in enumerate((indexed if lean else loaded)(table, case["batch_size"]), 1):
        real = batch.to(device)
        with mixed:
            fake = generator(torch.randn(len(real), case["latent"], device=device))
            loss_d = loss_of_d(discriminator(real), discriminator(fake.detach()))
        optimizer_d.zero_grad()
        loss_d.backward()
        optimizer_d.step()

        with mixed:
            if not lean:
                fake = generator(torch.randn(len(real), case["latent"], device=device))
            loss_g = loss_of_g(discriminator(fake))
        optimizer_g.zero_grad()
        loss_g.backward()
        optimizer_g.step()

        if step % PRINT_EVERY == 0:
            print(f"step {step}  D {loss_d.item():.4f}  G {loss_g.item():.4f}", file=sys.stderr)
        turns.step_is_done()


if __name__ == "__main__":
    train(json.loads(Path(sys.argv[2]).read_text()), lean=sys.argv[1] == "lean")
