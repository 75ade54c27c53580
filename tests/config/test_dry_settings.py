"""Settings that only a constructor knows are reported while the configuration is checked."""

import pytest
from omegaconf import OmegaConf
from support.config_issues import POINTS, issues_of

from ganlab import metrics
from ganlab.config import compose
from ganlab.config.dry_settings import check_logger, check_metric
from ganlab.config.schema import EVALUATE
from ganlab.core.errors import ConfigurationError, UserError
from ganlab.metrics import BaseMetric

METRICS = {
    "ganlab.metrics.KID": [("subsets", 0, "at least 1"), ("subset_size", 1, "at least 2")],
    "ganlab.metrics.InceptionScore": [("splits", 0, "at least 1")],
    "ganlab.metrics.PRDC": [("neighbours", 0, "at least 1")],
    "ganlab.metrics.MSSSIM": [("pairs", 0, "at least 1")],
    "ganlab.metrics.StackedModes": [("steps", 0, "at least 1")],
    "ganlab.metrics.Wasserstein": [("points", 0, "at least 1")],
    "ganlab.metrics.MIFID": [("threshold", 2.0, "above 0 and at most 1")],
    "ganlab.metrics.DualityGap": [("batch_size", 1, "at least 2"), ("lr", 0.0, "above 0")],
}


@pytest.mark.parametrize("target", METRICS)
def test_a_metric_setting_out_of_bounds(target):
    for setting, value, bound in METRICS[target]:
        node = OmegaConf.create({"_target_": target, "_partial_": True, setting: value})
        with pytest.raises(ValueError, match=setting) as caught:
            check_metric(node)
        name = getattr(metrics, target.split(".")[-1]).name
        assert str(caught.value) == f"metric.{name}.{setting} must be {bound}, got {value}"


def test_every_shipped_metric_has_valid_defaults():
    kinds = [kind for kind in vars(metrics).values() if isinstance(kind, type) and issubclass(kind, BaseMetric)]
    concrete = [kind for kind in kinds if not kind.__abstractmethods__]
    assert len(concrete) > 15
    for kind in concrete:
        own = {"metrics": {}} if kind is metrics.AdversaryGain else {}
        check_metric(OmegaConf.create({"_target_": f"ganlab.metrics.{kind.__name__}", "_partial_": True, **own}))


@pytest.mark.parametrize(
    ("target", "settings", "needed"),
    [
        ("KID", {}, 4),
        ("PRDC", {"neighbours": 7}, 8),
        ("FIDInfinity", {}, 3),
        ("FIDInfinity", {"smallest": 0.1}, 15),
        ("FIDInfinity", {"smallest": 0.95}, 10),
        ("FID", {}, 2),
    ],
)
def test_a_metric_that_needs_more_generated_samples(target, settings, needed):
    node = OmegaConf.create({"_target_": f"ganlab.metrics.{target}", "_partial_": True, **settings})
    check_metric(node, needed)
    with pytest.raises(
        ValueError, match=f"needs at least {needed} generated samples, got protocol.samples={needed - 1}"
    ):
        check_metric(node, needed - 1)


def test_the_number_of_samples_in_files_is_not_that_of_the_protocol():
    lines = ["metric=[kid]", "protocol.samples=3"]
    sentence = (
        "metric.kid needs at least 4 generated samples, got protocol.samples=3; raise it, or remove kid from metric"
    )
    assert issues_of(*POINTS, *lines) == [sentence]
    with pytest.raises(ConfigurationError):
        compose(["run=R", *lines], command=EVALUATE)
    compose(["real=a", "fake=b", *lines], command=EVALUATE)


def test_a_metric_of_another_package_is_not_built():
    check_metric(OmegaConf.create({"_target_": "torchmetrics.image.fid.FrechetInceptionDistance", "feature": 3}))


WANDB = {
    "project": ("a/b", "logger.wandb.project must not contain / \\ # ? % :, got 'a/b'; a team is set by "),
    "mode": ("offlin", "logger.wandb.mode: there is no 'offlin'; choose auto, online, offline, disabled; did you mean"),
    "tags": (["x" * 65], "logger.wandb.tags must each have 1 to 64 characters, got 'xxx"),
    "artifacts": (["all"], "logger.wandb.artifacts: there is no 'all'; choose generator, best, last"),
    "init_timeout_seconds": (0, "logger.wandb.init_timeout_seconds must be above 0, got 0"),
}


@pytest.mark.parametrize("setting", WANDB)
def test_a_setting_that_wandb_rejects(setting, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    value, sentence = WANDB[setting]
    with pytest.raises(UserError) as caught:
        check_logger(OmegaConf.create({"_target_": "ganlab.loggers.WandB", "_partial_": True, setting: value}))
    assert str(caught.value).startswith(sentence)
    assert not list(tmp_path.iterdir())


def test_the_limits_of_projects_are_those_of_wandb():
    wandb = pytest.importorskip("wandb")
    for project in ("a/b", "a\\b", "a#b", "a?b", "a%b", "a:b", "x" * 129):
        with pytest.raises(wandb.errors.UsageError):
            wandb.Settings(project=project)
        with pytest.raises(UserError, match=r"^logger\.wandb\.project must "):
            check_logger(OmegaConf.create({"_target_": "ganlab.loggers.WandB", "_partial_": True, "project": project}))
    wandb.Settings(project="x" * 128)
    check_logger(OmegaConf.create({"_target_": "ganlab.loggers.WandB", "_partial_": True, "project": "x" * 128}))


def test_both_are_part_of_the_check():
    lines = ["metric=[kid]", "metric.kid.subsets=0", "logger=[wandb]", "logger.wandb.project=a/b"]
    issues = issues_of(*POINTS, *lines)
    assert issues[0] == "metric.kid.subsets must be at least 1, got 0"
    assert issues[1].startswith("logger.wandb.project must not contain")
    assert len(issues) == 2
    compose([*POINTS, "logger=[csv,tensorboard,wandb]"])
