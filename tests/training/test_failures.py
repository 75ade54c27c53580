"""What a person is told where training ends by something that is no bug."""

import errno
from pathlib import Path

import pytest
import torch
from torch._utils import ExceptionWrapper

from ganlab.core.errors import TrainingError
from ganlab.training.failures import user_facing

RUN = Path("outputs/digits/1")


def test_an_error_of_a_worker_is_told_in_its_own_words():
    try:
        raise TrainingError("x.png cannot be read as an image (cut off): repair it")
    except TrainingError:
        wrapped = ExceptionWrapper(where="in DataLoader worker process 0")
    with pytest.raises(TrainingError) as caught:
        wrapped.reraise()
    assert "Traceback" in str(caught.value)
    assert str(user_facing(caught.value, RUN)) == "x.png cannot be read as an image (cut off): repair it"


def test_a_full_disk_is_told_with_the_way_on():
    told = user_facing(OSError(errno.ENOSPC, "No space left on device", "metrics.csv"), RUN)
    assert "metrics.csv cannot be written (No space left on device)" in str(told)


def test_memory_that_runs_out_is_told_with_what_was_asked_for():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 50)  # more than any address can name
    for error, asked in (
        (caught.value, f"could not allocate {1 << 52} bytes"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has"), "allocate 20.00 GiB"),
        (MemoryError(), "none was left"),
    ):
        told = user_facing(error, RUN)
        assert type(told) is TrainingError
        assert asked in str(told)
        assert "lower batch_size" in str(told)


def test_bugs_are_left_alone():
    for error in (ZeroDivisionError(), RuntimeError("mat1 and mat2 shapes cannot be multiplied")):
        assert user_facing(error, RUN) is error
