"""Every mistake in a configuration is told in a sentence of its own, all at once, before any data is read."""

import copy
import pickle
import subprocess
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from support.small_runs import DIGITS, NETWORKS, command, go

import ganlab
from ganlab.config import check, compose, instantiate, targets
from ganlab.core.errors import ConfigurationError, UserError
from ganlab.data import Digits

POINTS = ["data=ring", *NETWORKS]
IMAGES = ["data=digits", "data.resolution=8", *NETWORKS]


def issues(*overrides: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        compose(overrides)
    return caught.value.issues


SENTENCES = {
    # unknown keys
    "iteratons=5": "there is no setting 'iteratons'; did you mean 'iterations'?",
    "zzz=5": "there is no setting 'zzz'",
    "zzz.y=5": "there is no setting 'zzz.y'",
    "generator.widht=[5]": "generator.widht: MLP has no such setting; did you mean 'widths'?",
    "regularizer.r1.wieght=5": "regularizer.r1.wieght: R1 has no such setting; did you mean 'weight'?",
    "callback.samples.cuont=5": "callback.samples.cuont: Samples has no such setting; did you mean 'count'?",
    "optimizer.generator.lrr=5": "optimizer.generator.lrr: Adam has no such setting; did you mean 'lr'?",
    "metric.kid.subsets=5": "metric.kid must be a part, but it is only {'subsets': 5}; list it with the others, ",
    "optimizer.lr=0.1": (
        "optimizer.lr must be a part, but it is only 0.1; write optimizer.discriminator.lr and optimizer.generator.lr "
        "for the players' own"
    ),
    "trainer.precison=32": "trainer.precison: Trainer has no such setting; did you mean 'precision'?",
    # unknown choices
    "latent=nromal": "latent: there is no 'nromal'; choose codes, normal, truncated, uniform; did you mean 'normal'?",
    "logger=[csv,tensorbord]": (
        "logger: there is no 'tensorbord'; choose csv, tensorboard, wandb; did you mean 'tensorboard'?"
    ),
    "loss._target_=ganlab.losses.Hnge": "loss: there is no 'ganlab.losses.Hnge'; did you mean 'Hinge'?",
    "matmul_precision=low": "matmul_precision: there is no 'low'; choose highest, high, medium",
    "optimized_metric=fidd": "optimized_metric: no metric computes 'fidd'; choose ",
    "trainer.accelerator=cdua": "trainer.accelerator: there is no 'cdua'; choose auto, cpu",
    "trainer.max_steps=9": "trainer.max_steps is not used here; write iterations=STEPS",
    "trainer.accumulate_grad_batches=2": "trainer.accumulate_grad_batches is not used here; write microbatches=N",
    "latent=[]": "latent: nothing is chosen; write latent=NAME",
    "game=[]": "game: nothing is chosen; write game=NAME",
    "loss=[hinge,minimax]": "loss is one part, got [hinge,minimax]; with -m, loss=hinge,minimax tries one after the",
    "ema.half_life_samples=nan": "ema.half_life_samples must be a number, got nan",
    "gradient_clip_norm=nan": "gradient_clip_norm must be a number, got nan",
    "name=../mine": "name must be that of a folder below outputs/, got '../mine'",
    "name=/mine": "name must be that of a folder below outputs/, got '/mine'",
    "microbatches=1000": "microbatches must divide batch_size=64, got 1000",
    "seed=0,1": "seed=0,1: several values are a sweep; give one, or write ganlab train -m",
    "compile=[critic]": "compile: there is no player 'critic'; choose discriminator, generator",
    # wrong types
    "batch_size=many": "batch_size must be an integer, got 'many'",
    "log_every=0.5": "log_every must be an integer, got 0.5",
    "~generator._partial_": "generator.spec: MLP needs it; it comes from the data, so add '_partial_: true' to the",
    "batch_size=6.5": "batch_size must be an integer, got 6.5",
    "seed=null": "seed must be an integer, got None",
    "channels_last=1": "channels_last must be true or false, got 1",
    "compile=generator": "compile must be a list, each text, such as [a,b], got 'generator'",
    "latent.size=big": "latent.size must be an integer, got 'big'",
    "latent.size=true": "latent.size must be an integer, got True",
    "optimizer.generator.betas=0.5": "optimizer.generator.betas must be a list of 2, each a number, got 0.5",
    "optimizer.generator.betas=[0.5]": "optimizer.generator.betas must be a list of 2, each a number, got [0.5]",
    "optimizer.generator.lr=fast": "optimizer.generator.lr must be a number, got 'fast'",
    "generator.widths=[8,wide]": "generator.widths must be a list, each an integer, such as [1,2], got [8, 'wide']",
    "generator=null": "generator: there is no 'None'; choose",
    # values out of range
    "seed=-1": "seed must be at least 0, got -1",
    "iterations=0": "iterations must be at least 1, got 0",
    "gradient_clip_norm=-1": "gradient_clip_norm must be at least 0, got -1",
    "regularizer.r1.every=0": "regularizer.r1: every must be at least 1, got 0",
    "regularizer.r1.weight=-1": "regularizer.r1: weight must be at least 0, got -1",
    "loss.flip=0.5": "loss: flip must be at least 0 and below 0.5, got 0.5",
    "latent.size=0": "latent: size must be at least 1, got 0",
    "schedule.generator=0": "schedule: generator must be at least 1, got 0",
    "optimizer.generator.lr=-1": "optimizer.generator: Invalid learning rate: -1",
    "ema.half_life_samples=0": "ema: half_life_samples must be above 0, got 0",
    "data.sigma=0": "data: sigma must be above 0, got 0",
    "discriminator.dropout=1": "discriminator: dropout must be",
    "checkpoint_every=-1": "checkpoint_every must be at least 0, got -1",
    "protocol.samples=1": "protocol: samples must be at least 2, got 1",
    "protocol.split=tets": "protocol: split must be one of train, validation, test, got 'tets'",
    "callback.nan_monitor.patience=0": "callback.nan_monitor: patience must be at least 1, got 0",
    # not even an override
    "loss": "'loss' is not an override; write key=value, with quotes around lists and spaces",
    "generator.widths=[8": "'generator.widths=[8' is not an override; write key=value, with quotes around lists and",
}


@pytest.mark.parametrize("line", SENTENCES)
def test_each_mistake_has_its_sentence(line):
    found = issues(*POINTS, line)
    assert found[0].startswith(SENTENCES[line])
    if "Adam" not in line and "null" not in line:
        assert len(found) == 1


PAIRS = {
    "half precision under a penalty": (
        [*POINTS, "regularizer=[r1]", "trainer.precision=16-mixed"],
        "regularizer.r1 and trainer.precision=16-mixed: gradient norms overflow in 16-bit floats; "
        "use trainer.precision=bf16-mixed or 32-true",
    ),
    "weights in half precision": (
        [*POINTS, "trainer.precision=bf16-true"],
        "trainer.precision: weights are kept in float32, which bf16-true does not; choose 32-true, "
        "bf16-mixed, 16-mixed",
    ),
    "compiled critic under a penalty": (
        [*POINTS, "regularizer=[gradient_penalty]", "compile=[discriminator,generator]"],
        "regularizer.gradient_penalty and compile: a compiled discriminator cannot be differentiated twice; "
        "drop one of them, or write 'compile=[generator]'",
    ),
    "batch norm under a penalty": (
        [*POINTS, "regularizer=[dragan]", "discriminator.norm=batch"],
        "regularizer.dragan and batch norm in the discriminator: a penalty per sample has no meaning where samples "
        "share statistics; use discriminator.norm=layer, group or none",
    ),
    "a probability loss on logits": (
        [*POINTS, "loss=minimax_probability"],
        "loss: MinimaxProbability reads the critic's output as a probability; "
        "write discriminator.head=tanh_probability",
    ),
    "a logit loss on probabilities": (
        [*POINTS, "loss=non_saturating", "discriminator.head=tanh_probability"],
        "discriminator.head=tanh_probability and loss: NonSaturating reads logits, not probabilities; use "
        "loss=minimax_probability or loss=non_saturating_probability, or discriminator.head=logit",
    ),
    "scaled losses of players that move at once": (
        [*POINTS, "trainer.precision=16-mixed", "schedule=simultaneous", "regularizer=[]"],
        "trainer.precision=16-mixed and schedule: the loss is scaled anew at each player's step, but here both have "
        "their gradients before; use trainer.precision=bf16-mixed or schedule=alternating",
    ),
    "images on points": (
        [*POINTS, "augment=diffaugment"],
        "augment: DiffAugment changes images, but the data has samples of shape (2,); use augment=none",
    ),
    "consistent images on points": (
        [*POINTS, "regularizer=[consistency]"],
        "regularizer.consistency: Consistency changes images, but the data has samples of shape (2,); drop it",
    ),
    "signs without a boundary": (
        [*IMAGES, "augment=ada", "loss=wasserstein"],
        "augment: ADA follows the sign of D's output on real samples, which means nothing under Wasserstein; "
        "use augment=scheduled, or a loss such as non_saturating",
    ),
    "projection without labels": (
        [*POINTS, "conditioning=projection"],
        "discriminator: labels=projection needs class labels, but the data is used without; write data.labels=true",
    ),
    "networks that cannot make the images of a folder, with classes that only it knows": (
        [
            "data=image_folder",
            "data.path=x",
            "data.labels=true",
            "data.resolution=17",
            "generator=resnet",
            "discriminator=mlp",
        ],
        "generator: ResNet halves images until their shorter side is 4 to 15 pixels, which 17x17 does not allow; "
        "resize the data to sides that are 4 to 15 times a power of two, such as 28, 32, 48 or 64",
    ),
    "batch norm under a penalty, with classes that only the folder knows": (
        ["data=image_folder", "data.path=x", "data.labels=true", "regularizer=[r1]", "discriminator.norm=batch"],
        "regularizer.r1 and batch norm in the discriminator: a penalty per sample has no meaning where samples "
        "share statistics; use discriminator.norm=layer, group or none",
    ),
    "class norm without labels": (
        [*POINTS, "conditioning=class_norm", "generator.norm=batch"],
        "generator: labels=norm needs class labels, but the data is used without; write data.labels=true",
    ),
    "class norm without a norm": (
        [*POINTS, "conditioning=class_norm", "data.labels=true"],
        "generator: labels=norm gives each class scales of the network's normalisation, but this network has none "
        "that can take them; use norm=batch or norm=instance",
    ),
    "a classifier without labels": (
        [*POINTS, "conditioning=auxiliary"],
        "regularizer.auxiliary_classifier needs labels, but the data is used without; write data.labels=true",
    ),
    "a class to be found where it is told": (
        [*POINTS, "data.labels=true", "regularizer=[auxiliary_classifier]"],
        "regularizer.auxiliary_classifier guesses the class, which a discriminator with labels=concat is told; "
        "use conditioning=auxiliary, or write discriminator.labels=none",
    ),
    "a class to be found that one of several critics is told": (
        [
            "data=ring",
            "data.labels=true",
            "regularizer=[auxiliary_classifier]",
            "generator=mlp",
            "discriminator=ensemble",
        ],
        "regularizer.auxiliary_classifier guesses the class, which a discriminator with labels=concat is told; "
        "use conditioning=auxiliary, or write discriminator.labels=none",
    ),
    "class norm in a generator that is not normalised": (
        ["generator=stylegan2", "data.labels=true", "conditioning=class_norm"],
        "generator: labels must be one of mapping, concat, none, got 'norm'",
    ),
    "a paper's own way without labels": (
        ["discriminator=sagan", "conditioning=projection"],
        "discriminator: labels=projection needs class labels, but the data is used without; write data.labels=true",
    ),
    "conditioning that does not arrive": (
        [*POINTS, "data.labels=true", "conditioning.generator=norm"],
        "conditioning.generator=norm does not reach the generator, whose labels=concat; write generator.labels=norm",
    ),
    "codes without codes": (
        [*POINTS, "conditioning=infogan", "latent=normal"],
        "regularizer.information looks for codes in the latents, which have none; write latent=codes",
    ),
    "features that are not shown": (
        [*POINTS, "discriminator._target_=support.small_runs.Silent", "regularizer=[feature_matching]"],
        "regularizer.feature_matching reads the critic's features, which Silent does not show; "
        "use a discriminator that does, such as mlp or dcgan",
    ),
    "compiled generator under consensus": (
        [*POINTS, "regularizer=[consensus]", "compile=[generator]"],
        "regularizer.consensus and compile: a compiled generator cannot be differentiated twice; drop one of them, or "
        "write 'compile=[]'",
    ),
    "styles in pairs": (
        [*IMAGES[:2], "game=bigan", "generator=stylegan2", "discriminator=stylegan2", "regularizer=[path_length]"],
        "game: regularizers see pairs of a sample and its latents, which have no styles; drop path_length",
    ),
    "codes in pairs": (
        [*POINTS, "game=bigan", "conditioning=infogan", "latent.size=14"],
        "game: regularizers see pairs of a sample and its latents, where the codes are no secret; drop information",
    ),
    "features of a compiled critic": (
        [*POINTS, "regularizer=[feature_matching]", "compile=[discriminator]"],
        "regularizer.feature_matching and compile: a compiled discriminator does not show its features; drop one of "
        "them, or write 'compile=[generator]'",
    ),
    "path length without styles": (
        [*POINTS, "regularizer=[path_length]"],
        "regularizer.path_length reads the styles of a style generator, and MLP has none; "
        "use a generator that has, such as stylegan2, or drop it",
    ),
    "more packing than the batch": (
        [*POINTS, "batch_size=8", "game.packing=16"],
        "game.packing=16 is more than the discriminator gets at once, batch_size / microbatches = 8; "
        "lower packing or raise batch_size",
    ),
    "packing that leaves a rest": (
        [*POINTS, "batch_size=16", "microbatches=2", "game.packing=3"],
        "game.packing must divide batch_size / microbatches = 8, got 3",
    ),
    "more packing than a process has": (
        [*POINTS, "batch_size=4", "trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2", "game.packing=4"],
        "game.packing=4 is more than the discriminator gets at once, batch_size / microbatches / 2 processes = 2; "
        "lower packing or raise batch_size",
    ),
    "packing of nothing": ([*POINTS, "game.packing=0"], "game: packing must be at least 1, got 0"),
    "packs of single samples": (
        [*POINTS, "conditioning=infogan", "latent.size=14", "game.packing=2"],
        "game.packing=2 and regularizer.information: it looks at single samples; use one of them",
    ),
    "packs and projection": (
        [*POINTS, "data.labels=true", "conditioning=projection", "game.packing=2"],
        "game.packing=2 joins each sample with its label, so that discriminator.labels must be concat, got projection",
    ),
    "lazy terms that never meet an update": (
        [*POINTS, "optimizer=extragradient", "regularizer=[r1]", "regularizer.r1.every=16"],
        "regularizer.r1.every=16 and optimizer.discriminator: every other move of ExtraAdam only looks ahead, and the "
        "term would act at those alone; use an odd every",
    ),
    "a game without regularizers": (
        [*POINTS, "game=vae", "regularizer=[r1]"],
        "game: VAE has no place for regularizer.r1; write 'regularizer=[]'",
    ),
    "a loss that nobody asks": (
        [*POINTS, "game=vae", "loss=hinge"],
        "loss=hinge: VAE has losses of its own; leave it out, or use another game",
    ),
    "a gap of a critic of pairs": (
        [*POINTS, "game=bigan", "metric=[discriminator_gap]", "regularizer=[]"],
        "metric=discriminator_gap requires a discriminator of single samples, which BiGAN does not have; "
        "remove discriminator_gap from metric",
    ),
    "a gap of no game": (
        [*POINTS, "game=vae", "metric=[duality_gap]", "regularizer=[]"],
        "metric=duality_gap requires an adversarial loss of a discriminator, which VAE does not have; "
        "remove duality_gap from metric",
    ),
    "a game without augmentation": (
        [*IMAGES, "game=bigan", "augment=scheduled"],
        "game: BiGAN has no place for Scheduled; write augment=none",
    ),
    "roll back and processes": (
        [*POINTS, "recovery=roll_back", "trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2"],
        "recovery: RollBack needs a single process, and there are 2; choose recovery=stop",
    ),
    "microbatches": (
        [*POINTS, "batch_size=64", "microbatches=3"],
        "microbatches must divide batch_size=64, got 3",
    ),
    "batches beyond memory": (
        [*POINTS, "batch_size=9999999999999"],
        "batch_size=9999999999999: so many samples of shape (2,) are 74,506 GiB for one process, and this machine has "
        "2 GiB of memory; lower it",
    ),
    "weights beyond memory": (
        [*POINTS, "generator.widths=[9999999999]"],
        "generator: its 69,999,999,995 parameters are 261 GiB, and this machine has 2 GiB of memory; make it smaller",
    ),
}


@pytest.mark.parametrize(("overrides", "sentence"), PAIRS.values(), ids=PAIRS)
def test_incompatible_parts(overrides, sentence, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    monkeypatch.setattr("os.sysconf", {"SC_PAGE_SIZE": 1 << 12, "SC_PHYS_PAGES": 1 << 19}.__getitem__)
    assert issues(*overrides) == [sentence]


@pytest.mark.parametrize(
    ("name", "wanted"), [("dcgan", "DCGAN"), ("resnet", "ResNet"), ("rnn", "RNN")], ids=["dcgan", "resnet", "rnn"]
)
def test_networks_for_another_kind_of_data(name, wanted):
    found = issues("data=ring", f"generator={name}", f"discriminator={name}")
    assert [sentence.split(":")[0] for sentence in found] == ["generator", "discriminator"]
    assert all(wanted in sentence and "(2,)" in sentence for sentence in found), found


@pytest.mark.parametrize("precision", ["bf16-mixed", "32-true"])
def test_what_fits_is_let_through(precision):
    lines = [*POINTS, "regularizer=[r1]", f"trainer.precision={precision}", "compile=[generator]"]
    assert compose(lines).compile == ["generator"]
    compose([*POINTS, "regularizer=[weight_clip]", "trainer.precision=16-mixed", "discriminator.norm=batch"])


def test_a_conditional_loss_or_regularizer_without_labels(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    line = "loss._target_=support.small_runs.Conditional"
    assert issues(*POINTS, line, "~loss.smoothing") == [
        "loss needs labels, but the data is used without; write data.labels=true"
    ]
    compose([*POINTS, line, "~loss.smoothing", "data.labels=true"])


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("/x/dög", "/x/dög"),
        ("/x/two(1)", "/x/two(1)"),
        ("~/two", f"{Path.home()}/two"),
        ('say "\\hi"', 'say "\\hi"'),
        ("'/x/dög'", "/x/dög"),
        ("'~/two'", "~/two"),
    ],
)
def test_paths_need_no_quotes_of_hydras(given, meant):
    assert compose([*POINTS, f"data_root={given}"]).data_root == meant


def test_a_list_of_one_is_that_one():
    assert compose([*POINTS, "loss=[hinge]"]).loss == compose([*POINTS, "loss=hinge"]).loss


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("1 +", r"'broken_0' cannot be imported \(SyntaxError: invalid syntax \(broken_0.py, line 1\)\)"),
        ("1 / 0", r"'broken_1' cannot be imported \(ZeroDivisionError: division by zero\)"),
    ],
)
def test_a_module_that_cannot_be_imported_is_told_of(content, sentence, tmp_path, monkeypatch):
    name = sentence.split("'")[1]
    (tmp_path / f"{name}.py").write_text(content)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("GANLAB_ALLOW", name)
    with pytest.raises(ConfigurationError, match=sentence):
        instantiate({"_target_": f"{name}.Own"})


def test_a_yaml_file_that_is_none_is_told_of(tmp_path):
    (tmp_path / "loss").mkdir()
    (tmp_path / "loss" / "broken.yaml").write_text("a: [b")
    with pytest.raises(
        ConfigurationError, match=r"a file is no yaml: while parsing a flow sequence in .*broken\.yaml\", line 1"
    ):
        compose([*POINTS, "loss=broken"], [tmp_path])


def test_all_mistakes_at_once():
    found = issues(
        "data=ring",
        *NETWORKS,
        "loss=hnge",
        "latnt.size=3",
        "batch_size=0",
        "seed=abc",
        "generator.widht=3",
        "discriminator.dropout=2",
        "regularizer.r1.every=0",
        "compile=[critic]",
        "trainer.precison=3",
        "microbatches",
    )
    heads = [sentence.split(":")[0].split(" ")[0] for sentence in found]
    wanted = ["loss", "there", "batch_size", "seed", "generator.widht", "discriminator", "regularizer.r1", "compile"]
    assert set(wanted) | {"trainer.precison", "'microbatches'"} == set(heads)
    assert len(found) == 10


def test_the_message_is_a_heading_and_a_line_per_mistake():
    error = ConfigurationError(["a: b", "c: d", "a: b"])
    assert str(error) == "this configuration cannot be built:\n  a: b\n  c: d"
    assert isinstance(error, UserError)
    assert isinstance(error, ValueError)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.issues) == (ConfigurationError, str(error), ["a: b", "c: d"])


# Whatever a value is replaced by, the answer is a sentence, never a crash.
STRANGE = ["abc", -1, None, [], {}, [{"a": 1}], True]


def leaves(value, path=()):
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))


@pytest.mark.slow
def test_no_value_of_any_setting_makes_the_check_itself_fail():
    plain = OmegaConf.to_container(compose([*POINTS, "metric=[modes]", "logger=[csv,wandb]"]), resolve=False)
    refused = 0
    for number, path in enumerate(leaves(plain)):
        changed = copy.deepcopy(plain)
        inner = changed
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = STRANGE[number % len(STRANGE)]
        issues = []
        try:
            check(OmegaConf.create(changed))
        except ConfigurationError as error:
            issues = error.issues
        refused += bool(issues)
        assert all(len(sentence) < 900 and "\n" not in sentence for sentence in issues), path
    assert refused > 60


@pytest.mark.parametrize("key", ["loss", "generator", "seed", "trainer", "optimizer.generator._target_"])
def test_a_missing_setting_is_told_of(key):
    assert issues(*POINTS, f"~{key}")


# Targets that a configuration may not build, however they are written.
FORBIDDEN = [
    "loss._target_=os.system",
    "loss._target_=builtins.eval",
    "loss._target_=subprocess.run",
    "loss._target_=torch.load",
    "loss._target_=torch.hub.load",
    "loss._target_=hydra.utils.instantiate",
    "loss._target_=ganlab_evil.Loss",
    "loss._target_=torch.nn.modules.module.os.system",
    "loss._target_=torch.nn.modules.module.functools.partial",
    "loss._target_=ganlab.runs.directory.os.replace",
    "loss._target_=ganlab.runs.directory.os",
    "loss._target_=ganlab.runs.directory.Path",
    "loss._target_=ganlab.config.import_module",
    "loss._target_=ganlab.config.hydra_compose",
    "loss._target_=ganlab.losses.Hinge.__init__",
    "loss._target_=ganlab.losses",
    "loss._target_=ganlab",
    "loss._target_=system",
    "loss._target_=",
    "+loss.x={_target_:os.system,command:'touch owned'}",
    "+loss.x=[1,{_target_:os.system,command:'touch owned'}]",
    "+loss.x=[[{a:{_target_:os.system,command:'touch owned'}}]]",
    "loss._target_=${name} name=os.system",
    "loss=${oc.create:{_target_:os.system,command:'touch owned'}}",
    "generator.activation={_target_:os.system,command:'touch owned'}",
    "optimizer.generator._target_=os.system",
    "callback.nan_monitor._target_=os.system",
    "logger.csv._target_=os.system",
    "metric.fid._target_=os.system",
    "features._target_=os.system",
    "game._target_=os.system",
    "data._target_=os.system",
    "trainer.logger={_target_:os.system,command:'touch owned'}",
]


@pytest.mark.parametrize("line", FORBIDDEN)
def test_forbidden_targets_are_neither_accepted_nor_run(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    key, _, value = line.split(" ")[0].lstrip("+").partition("=")
    found = issues(*POINTS, *([line] if "'" in line else line.split(" ")))
    assert any(key.split(".")[0] in sentence for sentence in found)
    assert not list(tmp_path.iterdir())
    node = (
        {"_target_": value}
        if "." in value and "{" not in value
        else {"_target_": "os.system", "command": "touch owned"}
    )
    with pytest.raises((ConfigurationError, ValueError)):
        instantiate({"part": [node]})
    assert not list(tmp_path.iterdir())


def test_the_refusal_says_what_is_allowed_and_how_to_allow_more():
    (found,) = issues(*POINTS, "loss._target_=os.system", "~loss.smoothing", "~loss.flip")
    assert found == (
        "loss: 'os.system' is outside the packages that a configuration may use (ganlab, torch.nn, torch.optim, "
        "pytorch_lightning, torchmetrics, torchvision); add its package to the environment variable GANLAB_ALLOW, "
        "or call ganlab.config.allow"
    )


@pytest.fixture
def own(tmp_path, monkeypatch):
    (tmp_path / "mine_of_test.py").write_text(
        "from os import system\nfrom ganlab.losses import Hinge\n\nclass Own(Hinge):\n    '''Mine.'''\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    return {"_target_": "mine_of_test.Own"}


def test_the_environment_allows_a_package_and_only_that(own, monkeypatch):
    with pytest.raises(ConfigurationError, match=r"mine_of_test\.Own"):
        instantiate(own)
    monkeypatch.setenv("GANLAB_ALLOW", "other, mine_of_test")
    assert type(instantiate(own)).__name__ == "Own"
    with pytest.raises(ConfigurationError):
        instantiate({"_target_": "mine_of_test.system", "command": "true"})
    monkeypatch.setenv("GANLAB_ALLOW", "mine")  # a package's name, not the beginning of one
    with pytest.raises(ConfigurationError):
        instantiate(own)


@pytest.mark.parametrize(("module", "line"), [("of_nobody", ""), ("of_a_stranger", "player = 'critic'")])
def test_an_own_regularizer_that_joins_nobodys_loss_is_told_of(module, line, tmp_path, monkeypatch):
    body = f"{line}\n    def penalty(self, round): return round.on_real.logits"
    (tmp_path / f"{module}.py").write_text(
        f"from ganlab.core.interfaces import Regularizer\n\nclass Own(Regularizer):\n    {body}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("GANLAB_ALLOW", module)
    config = compose(POINTS)
    config.regularizer = {"own": {"_target_": f"{module}.Own", "weight": 1.0}}
    with pytest.raises(ConfigurationError, match=r"regularizer\.own: Own\.player must say whose loss it joins, "):
        check(config)


def test_python_allows_a_package(own, monkeypatch):
    monkeypatch.setattr(targets, "_allowed", list(targets._allowed))
    targets.allow("mine_of_test")
    assert type(instantiate(own)).__name__ == "Own"


def test_yaml_cannot_allow(own, tmp_path):
    folder = tmp_path / "conf" / "loss"
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text("_target_: mine_of_test.Own\n")
    with pytest.raises(ConfigurationError, match="outside the packages"):
        compose([*POINTS, "loss=own"], [tmp_path / "conf"])


def test_a_part_of_a_list_whose_file_does_not_say_so_is_told_how_it_should():
    config = compose(POINTS)
    config.regularizer = {"_target_": "ganlab.regularizers.R1", "weight": 1.0}
    with pytest.raises(ConfigurationError, match=r"write '# @package regularizer.NAME' as its first line"):
        check(config)


def test_no_data_is_read_before_the_mistakes_are_told(monkeypatch):
    def read(self, *_, **__):
        raise AssertionError("data was read")

    monkeypatch.setattr(Digits, "__init__", read)
    with pytest.raises(Exception, match="data was read"):
        instantiate(compose([]).data)  # so the trap is armed, and checking does not step into it
    assert issues("seed=-1") == ["seed must be at least 0, got -1"]
    found = issues("data=image_folder", "data.path=/nowhere/at/all", "iterations=0")
    assert found == ["iterations must be at least 1, got 0"]


def test_a_missing_folder_is_told_in_a_sentence_when_it_is_read(tmp_path):
    with pytest.raises(UserError, match="nowhere"):
        go(tmp_path / "run", "data=image_folder", f"data.path={tmp_path}/nowhere", "data.resolution=8", *NETWORKS)
    assert issues("data=image_folder", *NETWORKS) == ["data.path: nothing is given; write data.path=VALUE"]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["generator=resnet", "data.resolution=17"], "ResNet halves images until their shorter side is 4 to 15 pixels"),
        (["discriminator.norm=batch", "regularizer=[r1]"], "regularizer.r1 and batch norm in the discriminator"),
    ],
)
def test_what_only_the_data_tells_is_told_in_a_sentence_when_they_are_read(lines, sentence, tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    quiet = [line for line in DIGITS if line not in NETWORKS]
    with pytest.raises(ConfigurationError, match=sentence):
        go(tmp_path, *quiet, "data._target_=support.small_runs.Unannounced", "data.resolution=16", *lines)
    assert not (tmp_path / "checkpoints").exists()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("data.validation=1.5", "data: validation must be a share of the samples from 0 to below 1, got 1.5"),
        ("data.test=-0.1", "data: test must be a share of the samples from 0 to below 1, got -0.1"),
        ("data.limit=-1", "data: limit must be at least 0, which is all training samples, got -1"),
    ],
)
def test_splits_that_no_data_has_are_told_before_it_is_read(line, sentence):
    assert issues("data.resolution=8", line, *NETWORKS) == [sentence]


def test_what_lightning_refuses_is_told_in_a_sentence(tmp_path):
    with pytest.raises(UserError, match=r"^trainer: "):
        go(tmp_path, *POINTS, "trainer.accelerator=mps")
    assert "trainer.precision must be one of" in issues(*POINTS, "trainer.precision=12")[0]


def test_scores_against_an_empty_split_are_refused_before_training(tmp_path):
    with pytest.raises(UserError, match="no validation images"):
        go(tmp_path, "data.resolution=8", "data.validation=0", *NETWORKS, "trainer=smoke")
    assert not (tmp_path / "metrics.csv").exists()


@pytest.mark.slow
def test_the_command_line_tells_them_with_exit_code_2_and_without_a_traceback(tmp_path):
    done: subprocess.CompletedProcess[str] = command("train", *POINTS, "loss=hnge", "batch_size=0", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0] == "this configuration cannot be built:"
    assert lines[1].startswith("  loss: there is no 'hnge'; choose hinge, ")
    assert lines[2] == "  batch_size must be at least 1, got 0"
    assert len(lines) == 3
    assert not list(tmp_path.iterdir())


def test_the_package_gives_its_names():
    assert {"Spec", "AdversarialLoss", "Regularizer", "Result", "compose", "instantiate", "load", "train"} <= {
        *dir(ganlab)
    }
    assert all(getattr(ganlab, name) for name in dir(ganlab))
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        ganlab.trian  # noqa: B018
