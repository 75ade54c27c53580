"""Every conditioning with every generator and discriminator in conf/: it trains a step or is refused."""

import re
from functools import cache
from itertools import pairwise

import pytest
import torch
import yaml
from omegaconf import OmegaConf
from support.short_texts import FOR_SYMBOLS
from support.small_runs import QUIET
from support.sounds import FOR_SOUND
from support.translated_digits import FROM_IMAGES
from test_conf import NETWORK_CHOICES, SPOKEN, node

from ganlab.config import compose, conf_directory, instantiate, locate
from ganlab.config.validation import find_issues
from ganlab.core.interfaces import Batch, Spec

CONDITIONINGS = sorted(path.stem for path in (conf_directory() / "conditioning").glob("*.yaml"))
SMALL = {"width": 4, "max_width": 8, "style_size": 8, "mapping_layers": 2, "embedding": 4}
SMALL |= {"projection": 2, "resolution": 32}
BATCH_NORM = ("fastgan",)  # discriminators that gradient penalties do not support
SPECS = {  # by the kind of samples, those that most networks support first
    "image": Spec((1, 32, 32), classes=3),
    "sequence": Spec((6, 2), classes=3),
    "audio": Spec((1024, 1), classes=3, kind="audio", facts={"rate": 8000}),
    "video": Spec((4, 1, 16, 16), classes=3, kind="video", facts={"frames_per_second": 8.0}),
}
ALWAYS_SUPPORTED = ("concat", "none")  # label modes of every network


class Labelled:
    """A data set of which only the spec is read."""

    def __init__(self, kind: str) -> None:
        self.spec = SPECS[kind]

    @classmethod
    def preview(cls, kind: str) -> Spec:
        return cls(kind).spec


def shrink(content: dict) -> dict:
    inner = {key: shrink(value) if isinstance(value, dict) else value for key, value in content.items()}
    return inner | {key: value for key, value in SMALL.items() if key in content}


@cache
def kinds(group: str, name: str) -> set[str]:
    if name in FOR_SOUND:
        return {"audio"}
    dims = locate(node(group, name)["_target_"]).sample_dims
    return {kind for kind, spec in SPECS.items() if len(spec.sample) in dims}


def first_of(supported: set[str]) -> str:
    return next(kind for kind in SPECS if kind in supported)


# Networks of the Dirac-GAN support no kind of sample, and those from images or spectrograms, or of symbols, no classes.
UNLABELLED = {*(("generator", name) for name in FROM_IMAGES), SPOKEN}
UNLABELLED |= {(group, name) for group in ("generator", "discriminator") for name in FOR_SYMBOLS}
GENERATORS, DISCRIMINATORS = (
    [name for kind, name in NETWORK_CHOICES if kind == group and kinds(group, name) and (kind, name) not in UNLABELLED]
    for group in ("generator", "discriminator")
)


@cache
def cells() -> list[tuple[str, str, str]]:
    """Return each conditioning with each network, whose partner varies with the conditioning."""
    shared = {(g, d): kinds("generator", g) & kinds("discriminator", d) for g in GENERATORS for d in DISCRIMINATORS}
    triples = []
    for turn, conditioning in enumerate(CONDITIONINGS):
        for index, generator in enumerate(GENERATORS):
            partners = [discriminator for discriminator in DISCRIMINATORS if shared[generator, discriminator]]
            partner = partners[(turn * len(GENERATORS) + index) % len(partners)]
            triples.append((conditioning, generator, partner))
        for index, discriminator in enumerate(DISCRIMINATORS):
            partners = [generator for generator in GENERATORS if shared[generator, discriminator]]
            partner = partners[(turn * len(DISCRIMINATORS) + index) % len(partners)]
            triples.append((conditioning, partner, discriminator))
    return sorted(set(triples))


@cache
def read_conditioning(name: str) -> dict:
    return yaml.safe_load((conf_directory() / "conditioning" / f"{name}.yaml").read_text())


@cache
def compose_base(conditioning: str):
    return compose([*QUIET, "data.labels=true", "generator=mlp", "generator.norm=batch", "discriminator=mlp",
                    f"conditioning={conditioning}", "latent.size=20", "batch_size=4"])  # fmt: skip


def with_networks(conditioning: str, **networks: str):
    config = compose_base(conditioning).copy()
    kind = first_of(set.intersection(*(kinds(group, name) for group, name in networks.items())))
    config.data = {"_target_": f"{__name__}.Labelled", "kind": kind}
    for group, name in networks.items():
        config[group] = OmegaConf.merge(shrink(node(group, name)), read_conditioning(conditioning).get(group, {}))
    if networks["discriminator"] in BATCH_NORM:
        config.regularizer = {}
    return config, SPECS[kind]


@pytest.mark.parametrize(("conditioning", "generator", "discriminator"), cells())
def test_any_conditioning_trains_a_step_or_is_refused(conditioning, generator, discriminator, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", __name__)
    config, spec = with_networks(conditioning, generator=generator, discriminator=discriminator)
    issues = [issue.sentence for issue in find_issues(config)]
    if issues:
        (sentence,) = issues
        assert re.match(
            r"generator: labels(=norm needs batch or instance normalisation| must be one of .*, got 'norm')", sentence
        )
        assert read_conditioning(conditioning)["generator"]["labels"] not in ALWAYS_SUPPORTED
        return
    torch.manual_seed(0)
    game = instantiate(config.game)(spec)
    batch = Batch(torch.randn(4, *spec.sample).clamp(-1, 1), torch.tensor([0, 1, 2, 0]))
    for player, network in game.players().items():
        terms = game.losses(player, batch, 0)
        weights = [weight for module in (network, *game.extra_modules(player)) for weight in module.parameters()]
        slopes = torch.autograd.grad(torch.stack([*terms.values()]).sum(), weights, materialize_grads=True)
        assert all(slope.isfinite().all() for slope in slopes), player
        assert any(slope.any() for slope in slopes), player


def test_each_conditioning_is_tested_with_each_network():
    tested = {(cell[0], position, cell[position]) for cell in cells() for position in (1, 2)}
    assert len(tested) == len(CONDITIONINGS) * (len(GENERATORS) + len(DISCRIMINATORS))
    pairs = {name: {cell[1:] for cell in cells() if cell[0] == name} for name in CONDITIONINGS}
    assert all(len(pairs[name]) > len(DISCRIMINATORS) for name in CONDITIONINGS)
    assert any(first[1:] != second[1:] for first, second in pairwise(cells()))
