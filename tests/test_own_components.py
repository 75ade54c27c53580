"""A mistake in a part of one's own is told in a sentence that names the part, before training where it can be."""

import importlib
from itertools import count

import pytest
import torch
from support.small_runs import NETWORKS, QUIET, composed

from ganlab.commands.exit_codes import guarded
from ganlab.commands.train import main, train
from ganlab.config import check, compose, conf_directory, instantiate
from ganlab.config.dry_build import dry_build
from ganlab.config.forward_check import run as director
from ganlab.core.errors import ConfigurationError, UserError
from ganlab.data import Ring
from ganlab.games.means import mean
from ganlab.losses import Hinge

HEAD = """
import numpy as np
import torch
from torch import Tensor, nn
from ganlab.data import PointDataSet
from ganlab.core.interfaces import AdversarialLoss, Batch, Regularizer, DiscriminatorOutput
from ganlab.losses import Hinge
from ganlab.metrics import Metric

"""
RING = ["data=ring", *NETWORKS, *QUIET, "iterations=2", "batch_size=8"]
ENSEMBLE = {"_target_": "ganlab.discriminators.Ensemble", "_partial_": True}
NUMBERS = count()


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Write a module with the class Own, and return what a configuration says of it."""

    def write(body: str, partial: bool = True) -> dict:
        module = f"own_part_{next(NUMBERS)}"
        (tmp_path / f"{module}.py").write_text(HEAD + body)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.setenv("GANLAB_ALLOW", module)
        importlib.invalidate_caches()
        return {"_target_": f"{module}.Own"} | ({"_partial_": True} if partial else {})

    return write


def network(forward: str, start: str = "") -> str:
    """Return a class of a network with a layer that maps what it gets to what it must return."""
    return f"""
class Own(nn.Module):
    def __init__(self, spec):
        super().__init__()
        self.maker, self.critic = nn.Linear(spec.latent, 2), nn.Linear(2, 1)
        {start}
    {forward}
"""


def told(config) -> str:
    with pytest.raises(ConfigurationError) as caught:
        check(config)
    (sentence,) = caught.value.issues
    return sentence


def ring(*lines: str, **groups):
    config = composed(*RING, *lines)
    for group, node in groups.items():
        config[group] = node
    return config


GENERATORS = {
    network("def forward(self, latents): return self.maker(latents)"): (
        "generator: Own fails in forward(latents, cond): Own.forward() takes 2 positional arguments but 3 were given"
    ),
    network("def forward(self, latents, cond=None): return self.maker(latents)[:, :1]"): (
        "generator: Own makes a tensor of shape (8, 1), where samples of shape (8, 2) are wanted"
    ),
    network("def forward(self, latents, cond=None): return self.maker(latents)[1:]"): (
        "generator: Own makes a tensor of shape (7, 2), where samples of shape (8, 2) are wanted"
    ),
    network("def forward(self, latents, cond=None): return None"): (
        "generator: Own makes None, where samples of shape (8, 2) are wanted"
    ),
    network("def forward(self, latents, cond=None): return self.maker(latents), latents"): (
        "generator: Own makes a tuple, where samples of shape (8, 2) are wanted"
    ),
    network("def forward(self, latents, cond=None): return self.maker(latents).detach()"): (
        "generator: Own returns what is cut from its weights, so that they get no gradients; drop detach"
    ),
    network(
        "def forward(self, latents, cond=None): return self.critic(latents)"
    ): "generator: Own fails in forward(latents, cond): ",
    network("def make(self): pass"): (
        'generator: Own fails in forward(latents, cond): Module [Own] is missing the required "forward" function'
    ),
    network("def forward(self, latents, cond=None): return self.maker(latents)", "self.requires_grad_(False)"): (
        "generator: Own has no parameters that require gradients, so that there is nothing to learn"
    ),
    "class Own:\n    def __init__(self, spec): pass\n": "generator: own_part",
    "def Own(spec): return None\n": "generator: own_part",
}


@pytest.mark.parametrize("body", GENERATORS)
def test_a_generator_that_cannot_play(own, body):
    node = own(body)
    sentence = told(ring(generator=node))
    assert sentence.startswith(GENERATORS[body])
    if GENERATORS[body].endswith("own_part"):
        assert " must make a torch.nn.Module of the data's Spec, got " in sentence


DISCRIMINATORS = {
    network("def forward(self, samples): return self.critic(samples)"): (
        "discriminator: Own fails in forward(samples, cond): Own.forward() takes 2 positional arguments but 3 were"
    ),
    network("def forward(self, samples, cond=None): return self.critic(samples).mean()"): (
        "discriminator: Own returns logits of shape () for 8 samples, where one or more for each are wanted, as in (8,)"
    ),
    network("def forward(self, samples, cond=None): return self.critic(samples)[:1]"): (
        "discriminator: Own returns logits of shape (1, 1) for 8 samples, where one or more for each are wanted"
    ),
    network("def forward(self, samples, cond=None): return self.critic(samples), samples"): (
        "discriminator: Own returns a tuple, where logits, as a tensor or in a DiscriminatorOutput, are wanted"
    ),
    network("def forward(self, samples, cond=None): pass"): "discriminator: Own returns None, where logits",
    network(
        "def forward(self, samples, cond=None): return self.maker(samples)"
    ): "discriminator: Own fails in forward(samples, cond): ",
    network("def judge(self): pass"): "discriminator: Own fails in forward(samples, cond): Module [Own] is missing",
    network("def forward(self, samples, cond=None): return samples.mean(1)", "del self.maker, self.critic"): (
        "discriminator: Own has no parameters that require gradients"
    ),
    "def Own(spec): return None\n": "discriminator: own_part",
}


@pytest.mark.parametrize("body", DISCRIMINATORS)
def test_a_discriminator_that_cannot_play(own, body):
    assert told(ring(discriminator=own(body))).startswith(DISCRIMINATORS[body])


@pytest.mark.parametrize(
    "forward",
    [
        "def forward(self, samples, cond=None): return self.critic(samples)",
        "def forward(self, samples, cond=None): return self.critic(samples).squeeze(1)",
        "def forward(self, samples, cond=None): return DiscriminatorOutput(self.critic(samples).expand(-1, 7))",
        # data decide, which only real numbers can, or memory is asked for
        "def forward(self, samples, cond=None): return self.critic(samples) * (2 if samples.sum() > 0 else 1)",
        "def forward(self, samples, cond=None): return self.critic(samples) + samples.detach().numpy().size",
        "def forward(self, samples, cond=None): return self.critic(samples) + torch.arange(len(samples))[:, None]",
        # torch cannot, without memory, and does not say why
        "def forward(self, samples, cond=None):\n        with torch.autocast(samples.device.type, enabled=False):\n"
        "            return self.critic(samples)",
        "def forward(self, samples, cond=None): return self.critic(samples[samples[:, 0].argsort()])",
        # in groups of four, as the batch can be cut
        "def forward(self, samples, cond=None): return self.critic(samples.view(4, -1, 2)).view(-1)",
    ],
)
def test_a_discriminator_that_can_play_is_let_through_and_trains(own, forward, tmp_path):
    config = ring(f"run_dir={tmp_path / 'run'}", discriminator=own(network(forward)))
    check(config)
    train(config)


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ("assert samples.is_cuda", ""),
        ("if samples.device.type != 'cuda': raise RuntimeError('only on a GPU')", ""),
        ("if samples.device.type == 'meta': raise RuntimeError('of some kernel')", ""),
        ("raise RuntimeError('of some kernel')", "Own fails in forward(samples, cond): of some kernel"),
        ("raise NotImplementedError", "Own fails in forward(samples, cond): NotImplementedError"),
    ],
)
def test_what_only_this_trial_cannot_do_is_not_held_against_a_part(own, condition, sentence):
    body = network(f"def forward(self, samples, cond=None):\n        {condition}\n        return self.critic(samples)")
    config = ring(discriminator=own(body))
    if sentence:
        assert sentence in told(config)
    else:
        check(config)


def test_both_networks_are_told_of_at_once(own, monkeypatch):
    one = own(network("def forward(self, latents, cond=None): return latents"))
    other = own(network("def forward(self, samples, cond=None): return samples.mean()"))
    monkeypatch.setenv("GANLAB_ALLOW", ",".join(node["_target_"].split(".")[0] for node in (one, other)))
    with pytest.raises(ConfigurationError) as caught:
        check(ring(generator=one, discriminator=other))
    assert [sentence.split(":")[0] for sentence in caught.value.issues] == ["generator", "discriminator"]


@pytest.mark.parametrize("game", ["adversarial", "vae", "vae_gan", "bigan"])
@pytest.mark.parametrize("labels", ["false", "true"])
@pytest.mark.slow
def test_a_generator_is_tried_as_each_game_calls_it(own, game, labels):
    def node(width: str) -> dict:
        return own(network(f"def forward(self, latents, cond=None): return self.maker(latents)[:, :{width}]"))

    lines = [f"game={game}", f"data.labels={labels}", "regularizer=[]"]
    check(ring(*lines, generator=node("2")))
    assert told(ring(*lines, generator=node("1"))).startswith("generator: Own makes a tensor of shape (8, 1)")


@pytest.mark.parametrize("labels", ["false", "true"])
@pytest.mark.slow
def test_packs_are_judged_without_labels_and_once_each(own, labels):
    def node(forward: str) -> dict:
        layer = "self.critic = nn.Linear(spec.sample[0], 1)"
        return own(network(f"def forward(self, packs): return {forward}", layer))

    lines = [f"data.labels={labels}", "game.packing=4"]
    check(ring(*lines, discriminator=node("self.critic(packs)")))
    wrong = ring(*lines, discriminator=node("self.critic(packs).expand(-1, 4).reshape(-1)"))
    assert told(wrong).startswith("discriminator: Own returns logits of shape (8,) for 8 samples, where one")


def test_the_labels_of_a_batch_are_there(own):
    look = "self.table = nn.Embedding(spec.classes, 2)"
    forward = "def forward(self, latents, cond): return self.maker(latents) + self.table(cond)"
    check(ring("data.labels=true", generator=own(network(forward, look))))


def test_own_parts_inside_of_ours_are_tried(own):
    node = own(network("def forward(self, samples, cond=None): return self.critic(samples).mean()"))
    config = ring(discriminator={**ENSEMBLE, "critics": {"mine": node}})
    assert told(config).startswith("discriminator: Ensemble fails in forward(samples, cond): ")


def loss(generator: str, discriminator: str = "real.relu() + fake") -> str:
    return f"""
class Own(AdversarialLoss):
    def discriminator(self, real, fake): return {discriminator}
    def generator(self, fake, real=None): return {generator}
"""


LOSSES = {
    loss("None"): "loss: Own returns None for the generator, where one value for each logit, (8,), is wanted",
    loss("0.5"): "loss: Own returns a float for the generator, where one value for each logit",
    loss("-fake.mean()"): "loss: Own returns a tensor of shape () for the generator, where one value for each logit",
    loss("-fake[1:]"): "loss: Own returns a tensor of shape (7,) for the generator, where one value for each logit",
    loss("-fake", "torch.stack([real, fake])"): "loss: Own returns a tensor of shape (2, 8) for the discriminator",
    loss("fake + fakes"): "loss: Own fails in discriminator(real, fake) or generator(fake, real): name 'fakes' is not",
    "class Own(AdversarialLoss):\n    def discriminator(self, real, fake): return real\n": "loss: ",
    loss("-fake") + "    def __init__(self): pass\n": "loss: own_part",
    "class Own: pass\n": "loss: own_part",
}


@pytest.mark.parametrize("body", LOSSES)
def test_a_loss_that_is_none(own, body):
    sentence = told(ring(loss=own(body, partial=False)))
    assert sentence.startswith(LOSSES[body])
    if "def __init__" in body:
        assert "must call super().__init__(…), which AdversarialLoss needs" in sentence


def test_a_loss_of_several_logits_a_sample(own):
    body = network("def forward(self, samples, cond=None): return self.critic(samples)").replace("Own", "Critic")
    node = own(loss("-fake") + body, partial=False)
    critic = {"_target_": node["_target_"].replace("Own", "Critic"), "_partial_": True}
    check(ring(loss=node, discriminator={**ENSEMBLE, "critics": {"one": critic, "other": critic}}))


def penalty(returned: str, more: str = "") -> str:
    return f"""
class Own(Regularizer):
    player = "discriminator"
    def __init__(self, weight=1.0, every=1):
        {more or "super().__init__(weight, every)"}
    def penalty(self, round): return {returned}
"""


PENALTIES = {
    penalty("None"): "regularizer.own: Own returns None, where a value for each of 8 samples, or one for all",
    penalty("1.0"): "regularizer.own: Own returns a float, where a value for each of 8 samples",
    penalty("torch.cat([round.on_real.logits] * 2)"): "regularizer.own: Own returns a tensor of shape (16,), where a",
    penalty(
        "round.on_real.logit"
    ): "regularizer.own: Own fails in penalty(round): 'DiscriminatorOutput' object has no attribute",
    penalty("round.real.sum()", "self.weight = weight"): "regularizer.own: own_part",
    penalty("round.real.sum()", "nn.Module.__init__(self)"): "regularizer.own: own_part",
    penalty("round.real.sum()") + "    def select_rows(self, rows, view): pass\n": (
        "regularizer.own: Own returns None from select_rows, where the numbers of rows are wanted"
    ),
}


@pytest.mark.parametrize("body", PENALTIES)
def test_a_regularizer_that_is_none(own, body):
    sentence = told(ring(regularizer={"own": own(body, partial=False)}))
    assert sentence.startswith(PENALTIES[body])
    if sentence.startswith("regularizer.own: own_part"):
        assert sentence.endswith("must call super().__init__(…), which Regularizer needs")


@pytest.mark.parametrize(
    "body",
    [
        penalty("round.on_real.logits.square()"),
        penalty("round.on_real.logits.mean()"),
        penalty("round.on_real.logits[:4]"),
        penalty("sum(weight.square().sum() for weight in round.network.parameters())"),
        penalty("torch.stack([each.square().sum() for each in round.vector_field()]).sum()"),
        penalty("torch.autograd.grad(round.on_real.logits.sum(), round.real, create_graph=True)[0].square().sum(1)")
        + "    differentiates = True\n",
        penalty("round.random.normal('mine', (len(round.real),), round.real.device) * round.on_fake.logits"),
        penalty("round.latents.square().sum(1) + (1 if round.on_real.logits.sum() > 0 else 0)"),
    ],
)
@pytest.mark.parametrize("game", ["adversarial", "bigan"])
@pytest.mark.slow
def test_a_regularizer_that_is_one_is_let_through_and_trains(own, body, game, tmp_path):
    node = own(body, partial=False)
    config = ring(f"game={game}", f"run_dir={tmp_path / 'run'}", regularizer={"own": node})
    check(config)
    train(config)


def data(returned: str, labels: bool = False) -> str:
    return f"""
class Own(PointDataSet):
    def __init__(self):
        super().__init__(1.0, ("own",), {labels}, {3 if labels else 0})
    def draw(self, count, random): return {returned}
"""


DATA = {
    data("Batch(torch.zeros(count, 3))"): (
        "data: draw(2, random) must return float32 samples of shape (2, 2), got float32 of shape (2, 3)"
    ),
    data("Batch(torch.zeros(count + 1, 2))"): "data: draw(2, random) must return float32 samples of shape (2, 2), got",
    data("torch.zeros(count, 2)"): (
        "data: draw must return a Batch of samples (2, 2) and labels or None, got a torch.Tensor"
    ),
    data("Batch(np.zeros((count, 2)))"): (
        "data: draw(2, random) must return float32 samples of shape (2, 2), got a numpy.ndarray"
    ),
    data("Batch(torch.zeros(count, 2).double())"): (
        "data: draw(2, random) must return float32 samples of shape (2, 2), got float64 of shape (2, 2)"
    ),
    data("None"): "data: draw must return a Batch of samples (2, 2) and labels or None, got a NoneType",
    data("Batch(torch.zeros(count, 2))", True): (
        "data: draw(2, random) must return int64 labels of shape (2,), got None"
    ),
    data("Batch(torch.zeros(count, 2), torch.full((count,), 3))", True): (
        "data: draw must return labels from 0 to 2, got [3, 3]"
    ),
}


@pytest.mark.parametrize("body", DATA)
def test_data_that_draw_something_else(own, body):
    assert told(ring(data=own(body, partial=False))).startswith(DATA[body])


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("class Own:\n    def __init__(self, features, data=None): pass\n", "Own is no metric; it must extend"),
        (
            "class Own(Metric):\n    name, scores = 'own', {'own': True}\n",
            "Own cannot score without compute, statistics",
        ),
        (
            "class Own(Metric):\n    statistics = ()\n    def compute(self, real, fake): return {}\n",
            "Own must say its name and its scores, as ganlab.metrics.FID does",
        ),
    ],
)
def test_a_metric_that_is_none(own, body, sentence):
    assert told(ring(metric={"own": own(body)})).startswith(f"metric.own: {sentence}")


def test_a_function_that_makes_no_metric_is_told_before_training(own, tmp_path):
    config = ring(f"run_dir={tmp_path / 'run'}", metric={"own": own("def Own(features, data): return 3\n")})
    with pytest.raises(UserError, match=r"metric\.own makes 3, which is no metric"):
        train(config)


def test_a_game_of_ones_own_is_left_to_itself(own):
    config = ring(generator=own(network("def forward(self, words): return self.maker(words)")))
    config.game["_target_"] = own("from ganlab.games import AdversarialGame\nclass Own(AdversarialGame): pass\n")[
        "_target_"
    ]
    modules = ",".join(node["_target_"].split(".")[0] for node in (config.game, config.generator))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_ALLOW", modules)
        check(config)


@pytest.mark.parametrize("returned", [None, 1.0, [1.0]])
def test_what_is_no_tensor_is_told_in_training_too(returned):
    with pytest.raises(UserError, match=r"Hinge returned .* where a tensor is wanted: a loss has a value for each"):
        mean(returned, Hinge())


def test_trying_leaves_torchs_randomness_alone_and_ours_is_not_tried(own, monkeypatch):
    config = ring(generator=own(network("def forward(self, latents, cond=None): return self.maker(latents)")))
    before = torch.get_rng_state()
    check(config)
    assert torch.equal(before, torch.get_rng_state())
    monkeypatch.setattr("ganlab.generators.MLP.forward", lambda *_: pytest.fail("was asked"))
    assert dry_build(compose(RING), set())[1] == []


def test_the_command_line_tells_it_with_exit_code_2_and_trains_nothing(own, tmp_path, capsys):
    node = own(network("def forward(self, latents): return self.maker(latents)"))
    folder = tmp_path / "conf" / "generator"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(f"_target_: {node['_target_']}\n_partial_: true\n")
    lines = [line for line in RING if not line.startswith("generator")]
    run = f"run_dir={tmp_path / 'run'}"
    assert guarded(main, [*lines, "--config-dir", str(tmp_path / "conf"), "generator=mine", run]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert told[1].startswith("  generator: Own fails in forward(latents, cond): ")
    assert not (tmp_path / "run").exists()


def test_our_own_data_draw_what_they_say():
    assert Ring.preview(labels=True) == instantiate({"_target_": "ganlab.data.Ring", "labels": True}).spec


@pytest.mark.slow
@pytest.mark.parametrize("experiment", sorted(path.stem for path in (conf_directory() / "experiment").glob("*.yaml")))
def test_nothing_would_be_held_against_our_own_parts(experiment, monkeypatch):
    monkeypatch.setattr(director, "OURS", "ganlab.games")
    monkeypatch.setattr(director, "instantiate", lambda *_: pytest.fail("was built for real"))
    compose([f"experiment={experiment}"])
