"""The generator of tables: its outputs are codes that rows may have, and one-hots let gradients pass."""

from dataclasses import replace

import pytest
import torch

from ganlab.core.interfaces import Spec
from ganlab.generators import Table
from ganlab.kinds.table_categories import CategoryColumn
from ganlab.kinds.table_numbers import NumberColumn

COLUMNS = [
    NumberColumn("x", False, [0.0], [1.0], [1.0], -9, 9, 2, 2),
    NumberColumn("y", True, [0.0, 4.0], [1.0, 1.0], [0.5, 0.5], -9, 9, 2, 2),
    CategoryColumn("z", False, ["a", "b"]),
]
SPEC = Spec((7,), latent=5, kind="table", facts={"columns": [column.describe() for column in COLUMNS]})


def rows(network, count=200, cond=None):
    return network(torch.randn(count, 5, generator=torch.Generator().manual_seed(0)), cond)


def test_numbers_have_no_bounds_and_choices_are_one_hot() -> None:
    torch.manual_seed(0)
    network = Table(SPEC, width=16)
    made = rows(network)
    assert made.shape == (200, 7)
    for start, stop in ((2, 5), (5, 7)):
        block = made[:, start:stop]
        torch.testing.assert_close(block.sum(1), torch.ones(200))
        torch.testing.assert_close(block.max(1).values, torch.ones(200))
        assert len(block.argmax(1).unique()) > 1
    made.square().sum(0)[2:].sum().backward()
    assert all(weight.grad is not None for weight in network.parameters())
    last = network.body[-2].weight.grad
    assert last[:2].abs().max() == 0
    assert last[2:].abs().max() > 0


def test_at_first_numbers_are_linear_in_the_latents() -> None:
    network = Table(SPEC, width=16, layers=3)
    latents = torch.randn(2, 5)
    middle, ends = network(latents.mean(0, keepdim=True)), network(latents)
    torch.testing.assert_close(middle[:, :2], ends.mean(0, keepdim=True)[:, :2])


@pytest.mark.parametrize("settings", [{"labels": "concat"}, {"labels": "norm", "norm": "batch"}, {"norm": "layer"}])
def test_classes_change_rows(settings) -> None:
    torch.manual_seed(0)
    network = Table(replace(SPEC, cond=(), classes=2), width=16, **settings)
    for layer in network.body[1:-2]:
        torch.nn.init.normal_(layer.body[-1].weight)  # which is 0 at first, and norms are inside
    first, second = (rows(network, 20, torch.full((20,), label)) for label in (0, 1))
    assert (first[:, 0] != second[:, 0]).any() or settings["labels"] == "norm"


@pytest.mark.parametrize(
    ("spec", "settings", "message"),
    [
        (Spec((7,), latent=5), {}, "Table makes rows of tables, but the data has points"),
        (Spec((3, 8, 8), latent=5), {}, "Table needs points"),
        (SPEC, {"width": 0}, "width must be at least 1"),
        (SPEC, {"layers": -1}, "layers must be at least 0"),
        (replace(SPEC, latent=0), {}, "latent=none draws none"),
    ],
)
def test_other_data_and_settings_are_refused(spec, settings, message) -> None:
    with pytest.raises(ValueError, match=message):
        Table(spec, **settings)
