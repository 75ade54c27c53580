"""An error in a custom component is reported in a sentence that names it, before training if possible."""

import importlib
from itertools import count

import pytest
import torch
from support.recipes import recipe_lines
from support.small_runs import NETWORKS, QUIET, composed

from ganlab.commands.exit_codes import guarded
from ganlab.commands.train import main
from ganlab.config import check, compose, conf_directory, instantiate
from ganlab.config.dry_build import dry_build
from ganlab.config.forward_check import run as forward_check
from ganlab.core.errors import ConfigurationError, UserError
from ganlab.data import Ring
from ganlab.games.loss_terms import mean_value
from ganlab.losses import Hinge
from ganlab.training.api import train

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
def custom(tmp_path, monkeypatch):
    """Return a function that writes a module with the class Custom and returns its configuration."""

    def write(body: str, partial: bool = True) -> dict:
        module = f"custom_{next(NUMBERS)}"
        (tmp_path / f"{module}.py").write_text(HEAD + body)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.setenv("GANLAB_ALLOW", module)
        importlib.invalidate_caches()
        return {"_target_": f"{module}.Custom"} | ({"_partial_": True} if partial else {})

    return write


def network(forward: str, start: str = "") -> str:
    """Return the source of a network with a layer `g` from latents to samples and one, `d`, from samples to logits."""
    return f"""
class Custom(nn.Module):
    def __init__(self, spec):
        super().__init__()
        self.g, self.d = nn.Linear(spec.latent, 2), nn.Linear(2, 1)
        {start}
    {forward}
"""


def sentence_of(config) -> str:
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
    network("def forward(self, latents): return self.g(latents)"): (
        "generator: Custom fails in forward(latents, cond): Custom.forward() takes 2 positional arguments but 3 were "
        "given"
    ),
    network("def forward(self, latents, cond=None): return self.g(latents)[:, :1]"): (
        "generator: Custom returns a tensor of shape (8, 1), expected samples of shape (8, 2)"
    ),
    network("def forward(self, latents, cond=None): return self.g(latents)[1:]"): (
        "generator: Custom returns a tensor of shape (7, 2), expected samples of shape (8, 2)"
    ),
    network("def forward(self, latents, cond=None): return None"): (
        "generator: Custom returns None, expected samples of shape (8, 2)"
    ),
    network("def forward(self, latents, cond=None): return self.g(latents), latents"): (
        "generator: Custom returns a tuple, expected samples of shape (8, 2)"
    ),
    network("def forward(self, latents, cond=None): return self.g(latents).detach()"): (
        "generator: Custom returns a result without gradients for its weights; remove detach()"
    ),
    network(
        "def forward(self, latents, cond=None): return self.d(latents)"
    ): "generator: Custom fails in forward(latents, cond): ",
    network("def forward(self, latents, cond=None): return self.g(latents).double()"): (
        "generator: Custom returns numbers of type torch.float64, expected torch.float32; write .float()"
    ),
    network("def make(self): pass"): (
        'generator: Custom fails in forward(latents, cond): Module [Custom] is missing the required "forward" function'
    ),
    network("def forward(self, latents, cond=None): return self.g(latents)", "self.requires_grad_(False)"): (
        "generator: Custom has no parameters that require gradients, so there is nothing to train"
    ),
    "class Custom:\n    def __init__(self, spec): pass\n": "generator: custom_",
    "def Custom(spec): return None\n": "generator: custom_",
}


@pytest.mark.parametrize("body", GENERATORS)
def test_a_generator_that_does_not_work_is_reported(custom, body):
    node = custom(body)
    sentence = sentence_of(ring(generator=node))
    assert sentence.startswith(GENERATORS[body])
    if GENERATORS[body].endswith("custom_"):
        assert " must build a torch.nn.Module from the data's Spec, got " in sentence


DISCRIMINATORS = {
    network("def forward(self, samples): return self.d(samples)"): (
        "discriminator: Custom fails in forward(samples, cond): Custom.forward() takes 2 positional arguments but 3 "
        "were"
    ),
    network("def forward(self, samples, cond=None): return self.d(samples).mean()"): (
        "discriminator: Custom returns logits of shape () for 8 samples, expected one or more per sample, such "
        "as shape (8,)"
    ),
    network("def forward(self, samples, cond=None): return self.d(samples)[:1]"): (
        "discriminator: Custom returns logits of shape (1, 1) for 8 samples, expected one or more per sample"
    ),
    network("def forward(self, samples, cond=None): return self.d(samples), samples"): (
        "discriminator: Custom returns a tuple, expected logits as a tensor or in a DiscriminatorOutput"
    ),
    network("def forward(self, samples, cond=None): return self.d(samples).half()"): (
        "discriminator: Custom returns numbers of type torch.float16, expected torch.float32; write .float()"
    ),
    network("def forward(self, samples, cond=None): pass"): "discriminator: Custom returns None, expected logits",
    network(
        "def forward(self, samples, cond=None): return self.g(samples)"
    ): "discriminator: Custom fails in forward(samples, cond): ",
    network("def run(self): pass"): (
        "discriminator: Custom fails in forward(samples, cond): Module [Custom] is missing"
    ),
    network("def forward(self, samples, cond=None): return samples.mean(1)", "del self.g, self.d"): (
        "discriminator: Custom has no parameters that require gradients"
    ),
    "def Custom(spec): return None\n": "discriminator: custom_",
}


@pytest.mark.parametrize("body", DISCRIMINATORS)
def test_a_discriminator_that_does_not_work_is_reported(custom, body):
    assert sentence_of(ring(discriminator=custom(body))).startswith(DISCRIMINATORS[body])


@pytest.mark.parametrize(
    "forward",
    [
        "def forward(self, samples, cond=None): return self.d(samples)",
        "def forward(self, samples, cond=None): return self.d(samples).squeeze(1)",
        "def forward(self, samples, cond=None): return DiscriminatorOutput(self.d(samples).expand(-1, 7))",
        # control flow that depends on values, or memory, which the meta device does not have
        "def forward(self, samples, cond=None): return self.d(samples) * (2 if samples.sum() > 0 else 1)",
        "def forward(self, samples, cond=None): return self.d(samples) + samples.detach().numpy().size",
        "def forward(self, samples, cond=None): return self.d(samples) + torch.arange(len(samples))[:, None]",
        # torch cannot do these on the meta device, with errors that do not name it
        "def forward(self, samples, cond=None):\n        with torch.autocast(samples.device.type, enabled=False):\n"
        "            return self.d(samples)",
        "def forward(self, samples, cond=None): return self.d(samples[samples[:, 0].argsort()])",
        # in groups of four, which divide the batch
        "def forward(self, samples, cond=None): return self.d(samples.view(4, -1, 2)).view(-1)",
    ],
)
def test_a_discriminator_that_works_is_accepted_and_trains(custom, forward, tmp_path):
    config = ring(f"run_dir={tmp_path / 'run'}", discriminator=custom(network(forward)))
    check(config)
    train(config)


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ("assert samples.is_cuda", ""),
        ("if samples.device.type != 'cuda': raise RuntimeError('only on a GPU')", ""),
        ("if samples.device.type == 'meta': raise RuntimeError('kernel failed')", ""),
        ("raise RuntimeError('kernel failed')", "Custom fails in forward(samples, cond): kernel failed"),
        ("raise NotImplementedError", "Custom fails in forward(samples, cond): NotImplementedError"),
    ],
)
def test_errors_of_the_meta_device_are_not_reported(custom, condition, sentence):
    body = network(f"def forward(self, samples, cond=None):\n        {condition}\n        return self.d(samples)")
    config = ring(discriminator=custom(body))
    if sentence:
        assert sentence in sentence_of(config)
    else:
        check(config)


def test_both_networks_are_reported_together(custom, monkeypatch):
    one = custom(network("def forward(self, latents, cond=None): return latents"))
    other = custom(network("def forward(self, samples, cond=None): return samples.mean()"))
    monkeypatch.setenv("GANLAB_ALLOW", ",".join(node["_target_"].split(".")[0] for node in (one, other)))
    with pytest.raises(ConfigurationError) as caught:
        check(ring(generator=one, discriminator=other))
    assert [sentence.split(":")[0] for sentence in caught.value.issues] == ["generator", "discriminator"]


@pytest.mark.parametrize("game", ["adversarial", "vae", "vae_gan", "bigan"])
@pytest.mark.parametrize("labels", ["false", "true"])
@pytest.mark.slow
def test_a_generator_is_checked_as_each_game_calls_it(custom, game, labels):
    def node(width: str) -> dict:
        return custom(network(f"def forward(self, latents, cond=None): return self.g(latents)[:, :{width}]"))

    lines = [f"game={game}", f"data.labels={labels}", "regularizer=[]"]
    check(ring(*lines, generator=node("2")))
    sentence = sentence_of(ring(*lines, generator=node("1")))
    assert sentence.startswith("generator: Custom returns a tensor of shape (8, 1)")


@pytest.mark.parametrize("labels", ["false", "true"])
@pytest.mark.slow
def test_packs_have_one_output_each_and_no_labels(custom, labels):
    def node(forward: str) -> dict:
        layer = "self.d = nn.Linear(spec.sample[0], 1)"
        return custom(network(f"def forward(self, packs): return {forward}", layer))

    lines = [f"data.labels={labels}", "game.packing=4"]
    check(ring(*lines, discriminator=node("self.d(packs)")))
    wrong = ring(*lines, discriminator=node("self.d(packs).expand(-1, 4).reshape(-1)"))
    sentence = "discriminator: Custom returns logits of shape (8,) for 8 samples, expected one or more per pack, "
    assert sentence_of(wrong).startswith(sentence)


def test_the_synthetic_batch_has_labels(custom):
    look = "self.table = nn.Embedding(spec.classes, 2)"
    forward = "def forward(self, latents, cond): return self.g(latents) + self.table(cond)"
    check(ring("data.labels=true", generator=custom(network(forward, look))))


def test_custom_components_inside_shipped_ones_are_checked(custom):
    node = custom(network("def forward(self, samples, cond=None): return self.d(samples).mean()"))
    config = ring(discriminator={**ENSEMBLE, "critics": {"member": node}})
    assert sentence_of(config).startswith("discriminator: Ensemble fails in forward(samples, cond): ")


def loss(generator: str, discriminator: str = "real.relu() + fake") -> str:
    return f"""
class Custom(AdversarialLoss):
    def discriminator(self, real, fake): return {discriminator}
    def generator(self, fake, real=None): return {generator}
"""


LOSSES = {
    loss("None"): "loss: Custom returns None for the generator, expected one value per logit, shape (8,)",
    loss("0.5"): "loss: Custom returns a float for the generator, expected one value per logit",
    loss("-fake.mean()"): "loss: Custom returns a tensor of shape () for the generator, expected one value per logit",
    loss("-fake[1:]"): "loss: Custom returns a tensor of shape (7,) for the generator, expected one value per logit",
    loss("-fake", "torch.stack([real, fake])"): "loss: Custom returns a tensor of shape (2, 8) for the discriminator",
    loss("(fake > 0).int()"): (
        "loss: Custom returns numbers of type torch.int32, expected torch.float32; write .float(), for the generator"
    ),
    loss(
        "-fake", "(real + fake).double()"
    ): "loss: Custom returns numbers of type torch.float64, expected torch.float32",
    loss("-fake.detach()"): (
        "loss: Custom returns a result without gradients for the weights; remove detach(), no_grad() and the like, for "
        "the generator"
    ),
    loss("-fake", "torch.as_tensor(real.detach() + 1)"): (
        "loss: Custom returns a result without gradients for the weights; remove detach(), no_grad() and the like, for "
        "the discriminator"
    ),
    loss("real.relu()")
    + "    relativistic = True\n": "loss: Custom returns a result without gradients for the weights",
    loss("fake + fakes"): (
        "loss: Custom fails in discriminator(real, fake) or generator(fake, real): name 'fakes' is not"
    ),
    "class Custom(AdversarialLoss):\n    def discriminator(self, real, fake): return real\n": "loss: ",
    loss("-fake") + "    def __init__(self): pass\n": "loss: custom_",
    "class Custom: pass\n": "loss: custom_",
}


@pytest.mark.parametrize("body", LOSSES)
def test_a_loss_that_does_not_work_is_reported(custom, body):
    sentence = sentence_of(ring(loss=custom(body, partial=False)))
    assert sentence.startswith(LOSSES[body])
    if "def __init__" in body:
        assert "must call super().__init__(…) of AdversarialLoss" in sentence


def test_a_loss_of_several_logits_per_sample_is_accepted(custom):
    body = network("def forward(self, samples, cond=None): return self.d(samples)").replace("Custom", "Discriminator")
    node = custom(loss("-fake") + body, partial=False)
    discriminator = {"_target_": node["_target_"].replace("Custom", "Discriminator"), "_partial_": True}
    check(ring(loss=node, discriminator={**ENSEMBLE, "critics": {"one": discriminator, "other": discriminator}}))


def penalty(returned: str, more: str = "") -> str:
    return f"""
class Custom(Regularizer):
    player = "discriminator"
    def __init__(self, weight=1.0, every=1):
        {more or "super().__init__(weight, every)"}
    def penalty(self, view): return {returned}
"""


PENALTIES = {
    penalty("None"): (
        "regularizer.custom: Custom returns None, expected one value for each of 8 samples, or a single value"
    ),
    penalty("1.0"): "regularizer.custom: Custom returns a float, expected one value for each of 8 samples",
    penalty("float(view.on_real.logits.mean())"): (
        "regularizer.custom: Custom returns a float, expected one value for each of 8 samples"
    ),
    penalty("self.weight * view.real.norm().item()"): (
        "regularizer.custom: Custom returns a float, expected one value for each of 8 samples"
    ),
    penalty("view.on_real.logits.square().mean()"): (
        "regularizer.custom: Custom returns a single value computed from 8 samples, expected one value for each; leave "
        "out mean() or sum(), or write [None] after a value that belongs to the whole batch"
    ),
    penalty("(view.on_real.logits - view.on_fake.logits).sum()"): (
        "regularizer.custom: Custom returns a single value computed from 8 samples, expected one value for each"
    ),
    penalty("(view.on_real.logits > 0).long()"): (
        "regularizer.custom: Custom returns numbers of type torch.int64, expected torch.float32; write .float()"
    ),
    penalty("torch.cat([view.on_real.logits] * 2)"): (
        "regularizer.custom: Custom returns a tensor of shape (16,), expected one value"
    ),
    penalty(
        "view.on_real.logit"
    ): "regularizer.custom: Custom fails in penalty(view): 'DiscriminatorOutput' object has no attribute",
    penalty("view.real.sum()", "self.weight = weight"): "regularizer.custom: custom_",
    penalty("view.real.sum()", "nn.Module.__init__(self)"): "regularizer.custom: custom_",
    penalty("view.real.sum()") + "    def select_rows(self, rows, view): pass\n": (
        "regularizer.custom: Custom returns None from select_rows, expected row indices"
    ),
}


@pytest.mark.parametrize("body", PENALTIES)
def test_a_regularizer_that_does_not_work_is_reported(custom, body):
    sentence = sentence_of(ring(regularizer={"custom": custom(body, partial=False)}))
    assert sentence.startswith(PENALTIES[body])
    if sentence.startswith("regularizer.custom: custom_"):
        assert sentence.endswith("must call super().__init__(…) of Regularizer")


@pytest.mark.parametrize(
    "body",
    [
        penalty("view.on_real.logits.square()"),
        penalty("view.on_real.logits.mean()[None]"),
        penalty("view.on_real.logits[:4]"),
        penalty("sum(weight.square().sum() for weight in view.network.parameters())"),
        penalty("torch.stack([field.square().sum() for field in view.vector_field()]).sum()"),
        penalty("torch.autograd.grad(view.on_real.logits.sum(), view.real, create_graph=True)[0].square().sum(1)")
        + "    differentiates = True\n",
        penalty("view.random.normal('noise', (len(view.real),), view.real.device) * view.on_fake.logits"),
        penalty("view.latents.square().sum(1) + (1 if view.on_real.logits.sum() > 0 else 0)"),
    ],
)
@pytest.mark.parametrize("game", ["adversarial", "bigan"])
@pytest.mark.slow
def test_a_regularizer_that_works_is_accepted_and_trains(custom, body, game, tmp_path):
    node = custom(body, partial=False)
    config = ring(f"game={game}", f"run_dir={tmp_path / 'run'}", regularizer={"custom": node})
    check(config)
    train(config)


def data(returned: str, labels: bool = False) -> str:
    return f"""
class Custom(PointDataSet):
    def __init__(self):
        super().__init__(1.0, ("custom",), {labels}, {3 if labels else 0})
    def draw(self, count, random): return {returned}
"""


DATA = {
    data("Batch(torch.zeros(count, 3))"): (
        "data: draw(2, random) must return float32 samples of shape (2, 2), got float32 of shape (2, 3)"
    ),
    data("Batch(torch.zeros(count + 1, 2))"): "data: draw(2, random) must return float32 samples of shape (2, 2), got",
    data("torch.zeros(count, 2)"): (
        "data: draw must return a Batch of samples of shape (2, 2) and labels or None, got a torch.Tensor"
    ),
    data("Batch(np.zeros((count, 2)))"): (
        "data: draw(2, random) must return float32 samples of shape (2, 2), got a numpy.ndarray"
    ),
    data("Batch(torch.zeros(count, 2).double())"): (
        "data: draw(2, random) must return float32 samples of shape (2, 2), got float64 of shape (2, 2)"
    ),
    data("None"): "data: draw must return a Batch of samples of shape (2, 2) and labels or None, got a NoneType",
    data("Batch(torch.zeros(count, 2))", True): (
        "data: draw(2, random) must return int64 labels of shape (2,), got None"
    ),
    data("Batch(torch.zeros(count, 2), torch.full((count,), 3))", True): (
        "data: draw must return labels from 0 to 2, got [3, 3]"
    ),
}


@pytest.mark.parametrize("body", DATA)
def test_data_that_draw_other_shapes_are_reported(custom, body):
    assert sentence_of(ring(data=custom(body, partial=False))).startswith(DATA[body])


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (
            "class Custom:\n    def __init__(self, features, data=None): pass\n",
            "Custom must extend ganlab.metrics.Metric, ganlab.metrics.ModelMetric",
        ),
        (
            "class Custom(Metric):\n    name, scores = 'custom', {'custom': True}\n",
            "Custom cannot score without compute, statistics",
        ),
        (
            "class Custom(Metric):\n    statistics = ()\n    def compute(self, real, fake): return {}\n",
            "Custom must declare its name and its scores, as ganlab.metrics.FID does",
        ),
    ],
)
def test_a_class_that_is_not_a_metric_is_reported(custom, body, sentence):
    assert sentence_of(ring(metric={"custom": custom(body)})).startswith(f"metric.custom: {sentence}")


def test_a_function_that_does_not_build_a_metric_is_reported_before_training(custom, tmp_path):
    config = ring(f"run_dir={tmp_path / 'run'}", metric={"custom": custom("def Custom(features, data): return 3\n")})
    with pytest.raises(UserError, match=r"metric\.custom builds 3, which is not a metric"):
        train(config)


def test_components_of_a_custom_game_are_not_checked(custom):
    config = ring(generator=custom(network("def forward(self, words): return self.g(words)")))
    config.game["_target_"] = custom("from ganlab.games import AdversarialGame\nclass Custom(AdversarialGame): pass\n")[
        "_target_"
    ]
    modules = ",".join(node["_target_"].split(".")[0] for node in (config.game, config.generator))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_ALLOW", modules)
        check(config)


@pytest.mark.parametrize("returned", [None, 1.0, [1.0]])
def test_a_loss_that_is_not_a_tensor_is_reported_in_training_too(returned):
    with pytest.raises(UserError, match=r"Hinge must return a tensor, got .*: a loss returns one value per logit"):
        mean_value(returned, Hinge())


def test_the_check_leaves_torchs_random_state_alone_and_skips_shipped_components(custom, monkeypatch):
    config = ring(generator=custom(network("def forward(self, latents, cond=None): return self.g(latents)")))
    before = torch.get_rng_state()
    check(config)
    assert torch.equal(before, torch.get_rng_state())
    monkeypatch.setattr("ganlab.generators.MLP.forward", lambda *_: pytest.fail("was called"))
    assert dry_build(compose(RING), set())[1] == []


def test_the_command_line_reports_it_with_exit_code_2_and_trains_nothing(custom, tmp_path, capsys):
    node = custom(network("def forward(self, latents): return self.g(latents)"))
    folder = tmp_path / "conf" / "generator"
    folder.mkdir(parents=True)
    (folder / "custom.yaml").write_text(f"_target_: {node['_target_']}\n_partial_: true\n")
    lines = [line for line in RING if not line.startswith("generator")]
    run = f"run_dir={tmp_path / 'run'}"
    assert guarded(main, [*lines, "--config-dir", str(tmp_path / "conf"), "generator=custom", run]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("  generator: Custom fails in forward(latents, cond): ")
    assert not (tmp_path / "run").exists()


def test_the_preview_of_shipped_data_is_their_spec():
    assert Ring.preview(labels=True) == instantiate({"_target_": "ganlab.data.Ring", "labels": True}).spec


@pytest.mark.slow
@pytest.mark.parametrize("experiment", sorted(path.stem for path in (conf_directory() / "experiment").glob("*.yaml")))
def test_nothing_would_be_held_against_our_custom_s(experiment, monkeypatch):
    monkeypatch.setattr(forward_check, "SHIPPED", "ganlab.games")
    monkeypatch.setattr(forward_check, "instantiate", lambda *_: pytest.fail("was built for real"))
    compose(recipe_lines(experiment))
