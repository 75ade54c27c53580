"""TensorBoard events contain losses, scores, sample sheets and histograms of D's outputs."""

import pytest
import torch
from support.small_runs import DIGITS, POINTS, go
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from ganlab.loggers import log_histograms, tensorboard

NAMES = {"discriminator/adversarial", "discriminator/r1", "generator/adversarial", "discriminator/accuracy"}


def events(directory):
    accumulator = EventAccumulator(str(directory), size_guidance={"histograms": 0})
    accumulator.Reload()
    return accumulator


def test_scalars_images_and_histograms(tmp_path):
    go(tmp_path, *DIGITS, "logger=[csv,tensorboard]", "sample_every=3", "metric=[fid]", "protocol.samples=50")
    logged = events(tmp_path)
    tags = logged.Tags()
    assert {*NAMES, "score/fid", "samples_per_second"} <= set(tags["scalars"])
    assert "hp_metric" not in tags["scalars"]
    assert [event.step for event in logged.Scalars("generator/adversarial")] == [1, 2, 3, 4, 5, 6]
    assert sorted(tags["images"]) == ["real_sheet", "sheet"]
    assert [event.step for event in logged.Images("real_sheet")] == [3]
    assert [event.step for event in logged.Images("sheet")] == [3, 6]
    assert logged.Images("sheet")[0].encoded_image_string.startswith(b"\x89PNG")
    assert set(tags["histograms"]) == {"discriminator_outputs/real", "discriminator_outputs/fake"}
    outputs = logged.Histograms("discriminator_outputs/real")
    assert [(event.step, event.histogram_value.num) for event in outputs] == [(step, 8) for step in range(1, 7)]
    means = [event.value for event in logged.Scalars("discriminator/real")]
    sums = [event.histogram_value.sum for event in outputs]
    assert [total / 8 for total in sums] == pytest.approx(means)
    assert (tmp_path / "metrics.csv").exists()


def test_histograms_ignore_values_that_are_not_finite(tmp_path):
    logger = tensorboard(str(tmp_path))
    some = torch.tensor([[1.0, float("nan")], [2.0, float("-inf")]], dtype=torch.bfloat16)
    log_histograms(logger, {"some": some, "none": torch.tensor([float("inf")])}, 1)
    logger.finalize("success")
    logged = events(tmp_path)
    assert logged.Tags()["histograms"] == ["some"]
    assert logged.Histograms("some")[0].histogram_value.num == 2


def test_csv_is_always_written(tmp_path):
    go(tmp_path, *POINTS, "logger=[tensorboard]")
    assert (tmp_path / "metrics.csv").exists()
