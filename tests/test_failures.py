"""What a person is told where training ends by something that is no bug."""

import errno
from pathlib import Path

import pytest
from torch._utils import ExceptionWrapper

from ganlab.errors import TrainingError
from ganlab.failures import told_of

RUN = Path("outputs/digits/1")


def test_an_error_of_a_worker_is_told_in_its_own_words():
    try:
        raise TrainingError("x.png cannot be read as an image (cut off): repair it")
    except TrainingError:
        wrapped = ExceptionWrapper(where="in DataLoader worker process 0")
    with pytest.raises(TrainingError) as caught:
        wrapped.reraise()
    assert "Traceback" in str(caught.value)
    assert str(told_of(caught.value, RUN)) == "x.png cannot be read as an image (cut off): repair it"


def test_a_full_disk_is_told_with_the_way_on():
    told = told_of(OSError(errno.ENOSPC, "No space left on device", "metrics.csv"), RUN)
    assert "metrics.csv cannot be written (No space left on device)" in str(told)


def test_bugs_are_left_alone():
    error = ZeroDivisionError()
    assert told_of(error, RUN) is error
