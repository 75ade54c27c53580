"""Every way to condition on every generator and every critic, found by looking: it takes a step or is refused."""

import re
from functools import cache
from itertools import pairwise

import pytest
import torch
import yaml
from omegaconf import OmegaConf
from support.small_runs import QUIET
from test_conf import NETS, node

from ganlab.config import compose, conf_directory, instantiate, locate
from ganlab.config.validation import find_issues
from ganlab.core.interfaces import Batch, Spec

WAYS = sorted(path.stem for path in (conf_directory() / "conditioning").glob("*.yaml"))
SMALL = {"width": 4, "max_width": 8, "style_size": 8, "mapping_layers": 2, "embedding": 4}
SPECS = {3: Spec((1, 32, 32), classes=3), 2: Spec((6, 2), classes=3)}  # by the rank of samples
POSSIBLE = ("concat", "none")  # on any network


class Labelled:
    """Data that is asked for nothing but its spec."""

    def __init__(self, rank: int) -> None:
        self.spec = SPECS[rank]

    @classmethod
    def preview(cls, rank: int) -> Spec:
        return cls(rank).spec


def small(content: dict) -> dict:
    inner = {key: small(value) if isinstance(value, dict) else value for key, value in content.items()}
    return inner | {key: value for key, value in SMALL.items() if key in content}


@cache
def ranks(group: str, name: str) -> set[int]:
    return {*locate(node(group, name)["_target_"]).sample_dims} & SPECS.keys()


# The Dirac-GAN's have one number to say everything with.
GENERATORS, CRITICS = (
    [name for kind, name in NETS if kind == group and ranks(group, name)] for group in ("generator", "discriminator")
)


@cache
def cells() -> list[tuple[str, str, str]]:
    """Return each way with each generator and each critic, in turn with another partner that it shares samples with."""
    fits = {(g, d): ranks("generator", g) & ranks("discriminator", d) for g in GENERATORS for d in CRITICS}
    found = {}
    for turn, way in enumerate(WAYS):
        for index, generator in enumerate(GENERATORS):
            partners = [critic for critic in CRITICS if fits[generator, critic]]
            found[way, generator, partners[(turn * len(GENERATORS) + index) % len(partners)]] = None
        for index, critic in enumerate(CRITICS):
            partners = [generator for generator in GENERATORS if fits[generator, critic]]
            found[way, partners[(turn * len(CRITICS) + index) % len(partners)], critic] = None
    return list(found)


@cache
def written(way: str) -> dict:
    return yaml.safe_load((conf_directory() / "conditioning" / f"{way}.yaml").read_text())


@cache
def base(way: str):
    return compose([*QUIET, "data.labels=true", "generator=mlp", "generator.norm=batch", "discriminator=mlp",
                    f"conditioning={way}", "latent.size=20", "batch_size=4"])  # fmt: skip


def with_networks(way: str, **networks: str):
    config = base(way).copy()
    shared = set.intersection(*(ranks(group, name) for group, name in networks.items()))
    config.data = {"_target_": f"{__name__}.Labelled", "rank": max(shared)}
    for group, name in networks.items():
        config[group] = OmegaConf.merge(small(node(group, name)), written(way).get(group, {}))
    return config, SPECS[max(shared)]


@pytest.mark.parametrize(("way", "generator", "critic"), cells())
def test_any_conditioning_takes_a_step_or_is_refused(way, generator, critic, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", __name__)
    config, spec = with_networks(way, generator=generator, discriminator=critic)
    found = [issue.sentence for issue in find_issues(config)]
    if found:
        (sentence,) = found
        assert re.match(r"generator: labels(=norm gives each class | must be one of .*, got 'norm')", sentence)
        assert written(way)["generator"]["labels"] not in POSSIBLE
        return
    torch.manual_seed(0)
    game = instantiate(config.game)(spec)
    batch = Batch(torch.randn(4, *spec.sample).clamp(-1, 1), torch.tensor([0, 1, 2, 0]))
    for player, network in game.players().items():
        terms = game.losses(player, batch, 0)
        weights = [weight for part in (network, *game.extra_modules(player)) for weight in part.parameters()]
        slopes = torch.autograd.grad(torch.stack([*terms.values()]).sum(), weights, materialize_grads=True)
        assert all(slope.isfinite().all() for slope in slopes), player
        assert any(slope.any() for slope in slopes), player


def test_each_way_meets_each_network():
    met = {(way, each) for way, generator, critic in cells() for each in (("generator", generator), ("critic", critic))}
    assert len(met) == len(WAYS) * (len(GENERATORS) + len(CRITICS))
    assert all(len({cell[1:] for cell in cells() if cell[0] == way}) > len(CRITICS) for way in WAYS)
    assert any(first[1:] != second[1:] for first, second in pairwise(cells()))
