"""Advice on settings: one value for each, from the worst finding, and none that the experiment already follows."""

import numpy as np
import pytest
import torch

from ganlab.analysis.inspection.advice import advise
from ganlab.data import Digits
from ganlab.data.inspection.files import OriginalFiles
from ganlab.data.inspection.finding import Finding, Severity


@pytest.fixture(scope="module")
def data():
    return Digits(resolution=8)


def settings(data, files=None, findings=(), is_augmented=False):
    return {advice.setting: advice.reason for advice in advise(data, files, None, findings, is_augmented)}


def files_of(side, count=40):
    sizes = np.full((count, 2), side, np.int64)
    return OriginalFiles([""] * count, sizes, ["RGB"] * count, ["PNG"] * count, torch.arange(count), {})


def test_few_images_need_augmentation_unless_there_is_some(data):
    assert settings(data)["augment=ada"] == "1,437 training images are few, and a discriminator memorises few"
    assert "augment=ada" not in settings(data, is_augmented=True)
    assert set(settings(data, is_augmented=True)) == {"batch_size=64"}


def test_larger_images_are_advised_with_what_they_cost(data):
    reason = settings(data, files_of(64))["data.resolution=64"]
    assert reason == "the largest that enlarges at most a tenth of the images; a step takes about 64 times as long"


def test_each_setting_is_advised_once_by_the_worst_finding(data):
    findings = [
        Finding("leaks", Severity.FAULT, 0.1, "", settings=("data.duplicates=drop",)),
        Finding("near_duplicates", Severity.WARNING, 0.1, "", settings=("data.duplicates=drop", "data.fit=pad")),
    ]
    found = settings(data, findings=findings)
    assert (found["data.duplicates=drop"], found["data.fit=pad"]) == ("see leaks", "see near_duplicates")
