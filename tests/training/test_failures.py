"""User-facing messages for errors that are not programming errors."""

import errno
from pathlib import Path

import pytest
import torch
from torch._utils import ExceptionWrapper

from ganlab.core.errors import TrainingError
from ganlab.training.failures import user_facing

RUN = Path("outputs/digits/1")


def test_an_error_of_a_worker_is_raised_without_the_workers_traceback():
    try:
        raise TrainingError("x.png cannot be read as an image (cut off): repair it")
    except TrainingError:
        wrapped = ExceptionWrapper(where="in DataLoader worker process 0")
    with pytest.raises(TrainingError) as caught:
        wrapped.reraise()
    assert "Traceback" in str(caught.value)
    assert str(user_facing(caught.value, RUN)) == "x.png cannot be read as an image (cut off): repair it"


def test_a_full_disk_is_reported_with_how_to_resume():
    message = str(user_facing(OSError(errno.ENOSPC, "No space left on device", "metrics.csv"), RUN))
    assert "metrics.csv cannot be written (No space left on device)" in message
    assert "run the same command" in message


def test_exhausted_memory_is_reported_with_the_request():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 50)  # exceeds the address space
    for error, request in (
        (caught.value, "could not allocate 4,096 TiB"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has"), "allocate 20 GiB"),
        (MemoryError(), "none was left"),
    ):
        reported = user_facing(error, RUN)
        assert type(reported) is TrainingError
        assert request in str(reported)
        assert "lower batch_size" in str(reported)


def test_programming_errors_are_unchanged():
    for error in (ZeroDivisionError(), RuntimeError("mat1 and mat2 shapes cannot be multiplied")):
        assert user_facing(error, RUN) is error
