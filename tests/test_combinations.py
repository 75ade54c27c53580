"""Every loss with every set of regularizers on every kind of sample: three steps each, without exceptions."""

from functools import partial
from itertools import product
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf
from support.small_runs import Mapped, Styled

import ganlab
from ganlab import discriminators, generators
from ganlab.config import conf_directory, instantiate, locate
from ganlab.core.interfaces import Batch, Spec
from ganlab.games import AdversarialGame
from ganlab.latents import Codes
from ganlab.schedules import Alternating


def names(group):
    return sorted(path.stem for path in Path(conf_directory(), group).glob("*.yaml"))


LOSSES = names("loss")


def needs_pairs(name):
    """Return whether a regularizer needs pairs of images, which are combined in tests/regularizers/test_pairs.py."""
    node = OmegaConf.load(conf_directory() / "regularizer" / f"{name}.yaml")
    return bool(node) and getattr(locate(node._target_), "needs_pairs", False)


SETS = [[name] for name in names("regularizer") if not needs_pairs(name)] + [
    ["r1", "r2"],
    ["gradient_penalty", "instance_noise", "l2"],
]
AUGMENTS = names("augment")
SHAPES = [(2,), (1, 8, 8), (6, 2)]
CLASSES = [0, 3]
MICROBATCHES = [1, 2]
N_CRITIC = [1, 3]
GRID = (SHAPES, CLASSES, MICROBATCHES, N_CRITIC)
NODES = {}
SETTINGS = {"top_k": {"decay": 0.5, "decay_steps": 1}}  # so it excludes samples from the second step on


def node(group, name):
    """Return a component's node as composed, for components without interpolations; cached."""
    if (group, name) not in NODES:
        NODES[group, name] = OmegaConf.load(conf_directory() / group / f"{name}.yaml")
    return NODES[group, name]


def build(terms):
    return {name: instantiate(node("regularizer", name), **SETTINGS.get(name, {})) for name in terms if name != "none"}


def supported(terms, shape, classes):
    return all((classes or not term.needs_labels) and len(shape) in term.sample_dims for term in build(terms).values())


def data_for(terms):
    """Return the first sample shape and number of classes that the terms support."""
    return next(data for data in product(SHAPES, CLASSES) if supported(terms, *data))


def checkerboard(offset):
    """Yield half of the cells of GRID; every pair of values occurs in one of them."""
    for indexes in product(*(range(len(values)) for values in GRID)):
        if (sum(indexes) + offset) % 2 == 0:
            yield tuple(values[index] for values, index in zip(GRID, indexes, strict=True))


def build_game(loss, terms, shape=(2,), classes=0, augment="none", packing=1):
    torch.manual_seed(0)
    loss = instantiate(node("loss", loss))
    head = "tanh_probability" if loss.reads == "probability" else "logit"
    terms = build(terms)
    generator = Styled if any(term.reads_styles for term in terms.values()) else generators.MLP
    shows_maps = any(term.reads_maps for term in terms.values())
    dense = partial(discriminators.MLP, widths=(8,), activation="tanh", head=head)
    return AdversarialGame(
        Spec(shape, classes=classes),
        lambda spec: generator(spec, widths=(8,)),
        partial(Mapped, head=head) if shows_maps else dense,
        loss,
        terms,
        instantiate(node("augment", augment)),
        Codes(4, categories=(2,), continuous=1),
        packing,
    )


def batches(count, shape, classes, size=8):
    generator = torch.Generator().manual_seed(1)
    for _ in range(count):
        cond = torch.randint(classes, (size,), generator=generator) if classes else None
        yield Batch(torch.randn(size, *shape, generator=generator).clamp(-1, 1), cond)


def flat(network):
    return torch.cat([weights.detach().flatten() for weights in network.parameters()])


@pytest.mark.parametrize("terms", SETS, ids="+".join)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.slow
def test_any_loss_with_any_regularizers_trains(bench, loss, terms):
    for shape, classes, microbatches, n_critic in checkerboard(LOSSES.index(loss) + SETS.index(terms)):
        if not supported(terms, shape, classes):
            continue
        game = build_game(loss, terms, shape, classes)
        before = {name: flat(network) for name, network in game.players().items()}
        module = bench(game, lr=0.01, schedule=Alternating(generator=n_critic), microbatches=microbatches).run(
            batches(3, shape, classes)
        )
        cell = f"{shape=} {classes=} {microbatches=} {n_critic=}"
        assert (module.steps, module.samples) == (3, 24), cell
        for name, network in game.players().items():
            after = flat(network)
            assert after.isfinite().all(), f"{name} is not finite: {cell}"
            assert not torch.equal(after, before[name]), f"{name} did not change: {cell}"
        assert all(value.isfinite() for row in module.loss_buffer for value in row.values()), cell


@pytest.mark.parametrize("augment", AUGMENTS)
def test_any_augmentation_trains(bench, augment):
    config = ganlab.compose([f"augment={augment}", "data=digits", "data.resolution=8"])
    assert instantiate(config.augment) is not None
    for terms in SETS:
        game = build_game("non_saturating", terms, (1, 8, 8), 3, augment=augment)
        before = flat(game)
        bench(game, lr=0.01).run(batches(2, (1, 8, 8), 3))
        assert flat(game).isfinite().all()
        assert not torch.equal(flat(game), before)


# These depend on statistics of the batch, so microbatches change them.
BATCHWISE_LOSSES = {"relativistic_average": "compares samples with the batch's mean logit"}
BATCHWISE_TERMS = {
    "dragan": "scales its noise by the batch's standard deviation",
    "consensus": "squares the gradient of the batch's mean loss",
    "feature_matching": "compares mean features of the batch",
    "top_k": "ranks the samples of the batch",
}


def difference(bench, loss, terms, **settings):
    """Train four steps with one and with two microbatches, and return the largest difference of their states."""
    ends = []
    data = settings.pop("data", None) or data_for(terms)
    for microbatches in (1, 2):
        game = build_game(loss, terms, *data, **settings)
        bench(game, lr=0.05, microbatches=microbatches, schedule=Alternating(generator=2)).run(batches(4, *data))
        ends.append(torch.cat([value.flatten().float() for value in game.state_dict().values()]))
    return (ends[0] - ends[1]).abs().max().item()


@pytest.mark.parametrize("terms", [terms for terms in SETS if not BATCHWISE_TERMS.keys() & {*terms}], ids="+".join)
@pytest.mark.parametrize("loss", [loss for loss in LOSSES if loss not in BATCHWISE_LOSSES])
def test_two_microbatches_equal_one(bench, loss, terms):
    assert difference(bench, loss, terms) < 1e-6


@pytest.mark.parametrize("terms", [[name] for name in BATCHWISE_TERMS], ids="+".join)
def test_batchwise_terms_depend_on_microbatches(bench, terms):
    assert difference(bench, "non_saturating", terms) > 1e-5


@pytest.mark.parametrize("loss", BATCHWISE_LOSSES)
def test_batchwise_losses_depend_on_microbatches(bench, loss):
    assert difference(bench, loss, []) > 1e-5


@pytest.mark.parametrize("flip", [0.3])
def test_label_flips_are_the_same_in_microbatches(bench, flip):
    ends = []
    for microbatches in (1, 2, 4):
        game = build_game("hinge", [])
        game.loss.flip = flip
        bench(game, lr=0.05, microbatches=microbatches).run(batches(4, (2,), 0))
        ends.append(flat(game))
    torch.testing.assert_close(ends[0], ends[1], rtol=0, atol=1e-6)
    torch.testing.assert_close(ends[0], ends[2], rtol=0, atol=1e-6)


@pytest.mark.parametrize("augment", AUGMENTS)
def test_augmentations_are_the_same_in_microbatches(bench, augment):
    assert difference(bench, "non_saturating", [], data=((1, 8, 8), 3), augment=augment) < 1e-6


@pytest.mark.parametrize("packing", [2, 4])
@pytest.mark.parametrize("data", list(product(SHAPES, CLASSES)), ids=str)
@pytest.mark.slow
def test_packs_are_the_same_in_microbatches_with_any_loss(bench, data, packing):
    for loss in LOSSES:
        if loss not in BATCHWISE_LOSSES:
            assert difference(bench, loss, ["r1"], data=data, packing=packing) < 1e-6
