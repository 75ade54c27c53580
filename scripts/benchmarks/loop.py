"""A hand-written GAN training loop as in tutorials, the baseline for ganlab's speed.

The `naive` loop runs the generator once for each player and reads its data from a DataLoader. The `lean` loop runs it
once per batch, as in PyTorch's DCGAN tutorial, and indexes its data directly. Both use the default optimizers and
memory format. They use only the networks of ganlab, so the arithmetic is the same. Usage: loop.py naive|lean CASE.json
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


def build_network(node: dict[str, Any], spec: Spec, device: torch.device) -> nn.Module:
    module, _, name = node["_target_"].rpartition(".")
    settings = {key: value for key, value in node.items() if not key.startswith("_")}
    return getattr(import_module(module), name)(spec, **settings).to(device)


def loader_batches(table: Tensor, size: int) -> Iterator[Tensor]:
    loader = DataLoader(TensorDataset(table), batch_size=size, shuffle=True, drop_last=True)
    while True:
        for (batch,) in loader:
            yield batch


def indexed_batches(table: Tensor, size: int) -> Iterator[Tensor]:
    while True:
        for rows in torch.randperm(len(table)).split(size):
            if len(rows) == size:
                yield table[rows]


def train(case: dict[str, Any], lean: bool) -> None:
    device = torch.device(case["device"])
    torch.manual_seed(0)
    spec = Spec(tuple(case["sample"]), latent=case["latent"])
    generator, discriminator = (build_network(case[player], spec, device) for player in ("generator", "discriminator"))
    optimizer_d, optimizer_g = (
        torch.optim.Adam(network.parameters(), lr=case["lr"], betas=case["betas"])
        for network in (discriminator, generator)
    )
    discriminator_loss, generator_loss = LOSSES[case["loss"]]
    autocast = torch.autocast(device.type, torch.bfloat16, enabled=case["precision"] == "bf16-mixed")
    turns = Turns(device)
    table = torch.load(case["table"], weights_only=True)
    for step, batch in enumerate((indexed_batches if lean else loader_batches)(table, case["batch_size"]), 1):
        real = batch.to(device)
        with autocast:
            fake = generator(torch.randn(len(real), case["latent"], device=device))
            loss_d = discriminator_loss(discriminator(real), discriminator(fake.detach()))
        optimizer_d.zero_grad()
        loss_d.backward()
        optimizer_d.step()

        with autocast:
            if not lean:
                fake = generator(torch.randn(len(real), case["latent"], device=device))
            loss_g = generator_loss(discriminator(fake))
        optimizer_g.zero_grad()
        loss_g.backward()
        optimizer_g.step()

        if step % PRINT_EVERY == 0:
            print(f"step {step}  D {loss_d.item():.4f}  G {loss_g.item():.4f}", file=sys.stderr)
        turns.count_step()


if __name__ == "__main__":
    train(json.loads(Path(sys.argv[2]).read_text()), lean=sys.argv[1] == "lean")
