"""TensorBoard gets losses, scores, sample sheets and the spread of D's outputs."""

import pytest
import torch
from support.small_runs import DIGITS, POINTS, go
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from ganlab.loggers import show_histograms, tensorboard

NAMES = {"discriminator/adversarial", "discriminator/r1", "generator/adversarial", "discriminator/accuracy"}


def events(directory):
    found = EventAccumulator(str(directory), size_guidance={"histograms": 0})
    found.Reload()
    return found


def test_scalars_pictures_and_histograms(tmp_path):
    go(tmp_path, *DIGITS, "logger=[csv,tensorboard]", "sample_every=3", "metric=[fid]", "protocol.samples=50")
    found = events(tmp_path)
    tags = found.Tags()
    assert {*NAMES, "score/fid", "samples_per_second"} <= set(tags["scalars"])
    assert "hp_metric" not in tags["scalars"]
    assert [event.step for event in found.Scalars("generator/adversarial")] == [1, 2, 3, 4, 5, 6]
    assert tags["images"] == ["sheet"]
    assert [event.step for event in found.Images("sheet")] == [3, 6]
    assert found.Images("sheet")[0].encoded_image_string.startswith(b"\x89PNG")
    assert set(tags["histograms"]) == {"discriminator_outputs/real", "discriminator_outputs/fake"}
    outputs = found.Histograms("discriminator_outputs/real")
    assert [(event.step, event.histogram_value.num) for event in outputs] == [(step, 8) for step in range(1, 7)]
    means = [event.value for event in found.Scalars("discriminator/real")]
    sums = [event.histogram_value.sum for event in outputs]
    assert [total / 8 for total in sums] == pytest.approx(means)
    assert (tmp_path / "metrics.csv").exists()


def test_what_is_not_finite_has_no_place_in_a_histogram(tmp_path):
    logger = tensorboard(str(tmp_path))
    some = torch.tensor([[1.0, float("nan")], [2.0, float("-inf")]], dtype=torch.bfloat16)
    show_histograms(logger, {"some": some, "none": torch.tensor([float("inf")])}, 1)
    logger.finalize("success")
    found = events(tmp_path)
    assert found.Tags()["histograms"] == ["some"]
    assert found.Histograms("some")[0].histogram_value.num == 2


def test_csv_is_always_written(tmp_path):
    go(tmp_path, *POINTS, "logger=[tensorboard]")
    assert (tmp_path / "metrics.csv").exists()
