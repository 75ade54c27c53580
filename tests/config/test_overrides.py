"""Command-line overrides: syntax, unknown names and their suggestions, and lists that are replaced or extended."""

from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from support.config_issues import POINTS, issues_of

from ganlab.config import compose
from ganlab.config.groups import LIST_GROUPS, choices, conf_directory
from ganlab.config.hints import LISTED, hint, settings_that_end_with
from ganlab.config.overrides import normalize
from ganlab.config.schema import EVALUATE
from ganlab.core.errors import ConfigurationError
from ganlab.core.shell_lines import setting

SENTENCES = {
    "iteratons=5": "there is no setting 'iteratons'; did you mean 'iterations'?",
    "zzz=5": "there is no setting 'zzz'",
    "zzz.y=5": "there is no setting 'zzz.y'",
    "latent=nromal": (
        "latent: there is no 'nromal'; choose codes, gumbel, map, none, normal, truncated, uniform; "
        "did you mean 'normal'?"
    ),
    "logger=[csv,tensorbord]": (
        "logger: there is no 'tensorbord'; choose csv, tensorboard, wandb; did you mean 'tensorboard'?"
    ),
    "latent=[]": "latent: nothing is chosen; write latent=NAME",
    "game=[]": "game: nothing is chosen; write game=NAME",
    "loss=[hinge,minimax]": (
        "loss is one component, got [hinge,minimax]; with -m, loss=hinge,minimax runs one after the other"
    ),
    "loss=interval(0,1)": "loss=interval(0,1): an interval holds numbers, and loss has the choices hinge, ",
    "loss=glob(hinje*)": "loss=glob(hinje*): no choice of loss matches; choose hinge, ",
    "loss=glob([h*,w*],exclude=*)": "loss=glob([h*,w*],exclude=*): no choice of loss matches; choose hinge, ",
    "seed=glob(*)": "seed=glob(*): seed is no group with choices that a glob could match; write seed=VALUE,VALUE",
    "latent.size=glob(*)": "latent.size=glob(*): latent.size is no group with choices that a glob could match; write",
    "optimizer=[adam,sgd]": (
        "optimizer is one component, got [adam,sgd]; with -m, optimizer=adam,sgd runs one after the other"
    ),
    "optimizer=[]": "optimizer: nothing is chosen; write optimizer=NAME",
    "experiment=[ring,grid]": (
        "experiment is one set of settings, got [ring,grid]; with -m, experiment=ring,grid runs one after the other"
    ),
    "~loss": "loss is needed and cannot be removed; write loss=NAME",
    "~optimizer": "optimizer is needed and cannot be removed; write optimizer=NAME",
    "regularizer=[none,r1]": "regularizer: none stands for an empty list; leave it out, or write regularizer=none",
    "experiment=[]": "experiment: nothing is chosen; write experiment=NAME, or ~experiment for none",
    "trials=6": "there is no setting 'trials'; did you mean hydra.sweeper.trials?",
    "partition=gpu": "there is no setting 'partition'; did you mean hydra.launcher.partition?",
    f"seed={'9' * 5000}": "seed must be an integer, got '999",
    "+loss=hinge": "loss is not a list, so nothing can be added to it; write loss=NAME",
    "+optimizer=sgd": "optimizer is not a list, so nothing can be added to it; write optimizer=NAME",
    "+metric=[kdi]": "metric: there is no 'kdi'; choose accuracy_score, ",
    "generator=null": "generator: there is no 'None'; choose",
    "loss": "'loss' is not a setting; write KEY=VALUE, such as loss=hinge, with quotes around lists and spaces",
    "generator.widths=[8": (
        "'generator.widths=[8' is not a setting; write KEY=VALUE, such as loss=hinge, with quotes around lists and "
        "spaces"
    ),
}


@pytest.mark.parametrize("line", SENTENCES)
def test_each_invalid_override_has_its_sentence(line):
    issues = issues_of(*POINTS, line)
    assert issues[0].startswith(SENTENCES[line])
    if "null" not in line:
        assert len(issues) == 1


@pytest.mark.parametrize(
    ("line", "expanded"),
    [
        ("loss=glob(*wass*)", "loss=choice(wasserstein)"),
        ("loss=glob([h*,w*])", "loss=choice(hinge,wasserstein)"),
        ("loss=glob(non*,exclude=*probability)", "loss=choice(non_saturating)"),
        ("+metric=glob(*fid,exclude=[m*,i*])", "+metric=choice(fid,reverse_fid,spatial_fid)"),
        ("experiment=glob(ring_*)", "experiment=choice(ring_best,ring_textbook)"),
    ],
)
def test_a_glob_becomes_the_choices_that_it_matches(line, expanded):
    assert normalize([line], [conf_directory()]) == ([expanded], [])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("/x/dög", "/x/dög"),
        ("/x/two(1)", "/x/two(1)"),
        ("~/two", f"{Path.home()}/two"),
        ('say "\\hi"', 'say "\\hi"'),
        ("'/x/dög'", "/x/dög"),
        ("'~/two'", "~/two"),
    ],
)
def test_paths_need_no_quotes_for_hydra(text, value):
    assert compose([*POINTS, f"data_root={text}"]).data_root == value


def test_a_list_of_one_selects_that_component():
    assert compose([*POINTS, "loss=[hinge]"]).loss == compose([*POINTS, "loss=hinge"]).loss


LR = "did you mean optimizer.discriminator.lr or optimizer.generator.lr?"
ITERATIONS = "did you mean 'iterations'?"
# An unknown setting, and what its sentence advises.
HINTS = {
    # the end of a dotted setting
    "lr=0.1": LR,
    "+lr=0.1": LR,
    "optim.lr=0.1": LR,
    "weight=5": "did you mean regularizer.r1.weight?",
    "latnt.size=3": "did you mean latent.size?",
    # spelled similarly
    "seeed=1": "did you mean 'seed'?",
    "wieght=5": "did you mean regularizer.r1.weight?",
    # other trainers' names
    "learning_rate=0.1": LR,
    "epochs=10": "training is counted in steps: iterations=N",
    "max_epochs=10": "training is counted in steps: iterations=N",
    "steps=10": ITERATIONS,
    "max_steps=10": ITERATIONS,
    "batch=8": "did you mean 'batch_size'?",
    "dataset=ring": "did you mean 'data'?",
    "gpus=2": "did you mean trainer.devices?",
    "devices=2": "did you mean trainer.devices?",
    "device=cuda": "write trainer=gpu or trainer=cpu, or trainer.accelerator=NAME",
    "resume=outputs/ring/1": "a run is resumed from its directory: ganlab resume DIR",
}


@pytest.mark.parametrize("line", HINTS)
def test_an_unknown_setting_comes_with_advice(line):
    key = line.lstrip("+").split("=")[0]
    assert issues_of(*POINTS, line) == [f"there is no setting '{key}'; {HINTS[line]}"]


def test_advice_reads_the_components_that_the_other_overrides_select():
    sentence = "there is no setting 'subset_size'; did you mean metric.kid.subset_size?"
    assert issues_of(*POINTS, "subset_size=20", "metric=[kid]") == [sentence]
    assert "metric.kid" not in issues_of(*POINTS, "subset_size=20", "metric=[fid]")[0]


def test_every_unknown_setting_of_a_line_comes_with_its_own_advice():
    assert issues_of(*POINTS, "lr=1", "seed=-1", "epochs=3", "loss=hnge")[:2] == [
        *("there is no setting 'lr'; " + LR, "there is no setting 'epochs'; training is counted in steps: iterations=N")
    ]


def test_advice_of_another_command_is_not_given():
    with pytest.raises(ConfigurationError) as caught:
        compose(["run=x", "epochs=3"], command=EVALUATE)
    assert caught.value.issues == ["there is no setting 'epochs'"]


def test_a_suggestion_names_few_settings():
    paths = [f"callback.{name}.every" for name in "abcdef"]
    assert hint("every", ["seed"], paths) == f"; did you mean {', '.join(paths[:LISTED])} …?"
    assert hint("zzz", ["seed"], paths) == ""


def test_a_longer_end_of_the_key_is_preferred():
    paths = ["optimizer.discriminator.lr", "optimizer.generator.lr"]
    assert settings_that_end_with("x.generator.lr", paths) == ["optimizer.generator.lr"]
    assert settings_that_end_with("r", paths) == []


# A list group, a component that it does not hold by default, and an experiment that replaces the list.
ADDITIONS = {
    "callback": ("trajectory", "experiment=ring"),
    "logger": ("tensorboard", "experiment=ring"),
    "metric": ("kid", "experiment=ring"),
    "regularizer": ("l2", "experiment=wgan_gp_ring"),
    "training_hook": ("standing_statistics", "experiment=ring"),
}


def test_additions_are_tested_in_every_list_group():
    assert ADDITIONS.keys() == LIST_GROUPS <= choices([conf_directory()]).keys()


@pytest.mark.parametrize("group", ADDITIONS)
@pytest.mark.parametrize("brackets", [True, False])
def test_a_plus_appends_to_the_list_of_the_defaults_or_of_an_experiment(group, brackets):
    name, experiment = ADDITIONS[group]
    addition = f"+{group}=[{name}]" if brackets else f"+{group}={name}"
    for lines in ([], [experiment]):
        plain, extended = compose(lines)[group], compose([*lines, addition])[group]
        assert list(extended) == [*plain, name]
        assert all(extended[other] == plain[other] for other in plain)


def test_a_list_without_a_plus_replaces_the_list():
    assert list(compose(["experiment=ring", "metric=[kid]"]).metric) == ["kid"]


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["metric=[kid]", "+metric=[modes]"], ["kid", "modes"]),
        (["+metric=[modes]", "metric=[kid]"], ["kid", "modes"]),
        (["metric=[]", "+metric=[modes]"], ["modes"]),
        (
            ["+metric=[kid]", "+metric=[modes,prdc]"],
            ["fid", "inception_score", "class_accuracy", "kid", "modes", "prdc"],
        ),
        (["+metric=[fid]"], ["fid", "inception_score", "class_accuracy"]),
        (["+metric=[]"], ["fid", "inception_score", "class_accuracy"]),
        (["++metric=[kid]"], ["fid", "inception_score", "class_accuracy", "kid"]),
        (["metric=[kid]", "+metric=[kid]"], ["kid"]),
    ],
)
def test_replacements_and_additions_of_one_list_are_joined(lines, names):
    assert list(compose([*POINTS, *lines]).metric) == names


def test_settings_of_an_added_component_can_be_set():
    config = compose(["+metric=[kid]", "metric.kid.subset_size=20", "+regularizer=[l2]", "regularizer.l2.weight=3"])
    assert config.metric.kid.subset_size == 20
    assert config.regularizer.l2.weight == 3


def test_evaluate_appends_too():
    names = list(compose(["run=x"], command=EVALUATE).metric)
    assert list(compose(["run=x", "+metric=[modes]"], command=EVALUATE).metric) == [*names, "modes"]


def test_a_component_of_the_users_can_be_added(tmp_path):
    (tmp_path / "metric").mkdir()
    content = (conf_directory() / "metric" / "kid.yaml").read_text().replace("metric.kid", "metric.custom")
    (tmp_path / "metric" / "custom.yaml").write_text(content)
    assert list(compose(["+metric=[custom]"], [tmp_path]).metric) == [
        "fid",
        "inception_score",
        "class_accuracy",
        "custom",
    ]


@pytest.mark.parametrize(
    "value",
    [
        *(
            "outputs/digits/2026-11-29_17-42-15",
            "my run",
            "it's",
            'a "quoted" one',
            "back\\",
            '\\"',
            "a,b",
            "[a]",
            "{a: b}",
        ),
        *("1", "1e3", "null", "TRUE", "nan", "a=b", "$x", "~/x", "-x", " x ", "día", "choice(a)", "a b\\\\", "#x", ""),
    ],
)
def test_a_printed_setting_is_read_as_the_same_text(value):
    (line,), issues = normalize([setting("run_dir", value)], [conf_directory()])
    assert not issues
    assert OverridesParser.create().parse_override(line).value() == value
