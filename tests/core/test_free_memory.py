import numpy as np
import pytest
import torch
from support.metric_sources import Points, compute_scores

from ganlab.commands.exit_codes import guarded
from ganlab.core import memory
from ganlab.core.errors import UserError
from ganlab.core.memory import available_bytes, format_bytes, out_of_memory_reported, require_memory
from ganlab.features import Identity
from ganlab.metrics import SlicedWasserstein


def exhaust_numpy():
    np.zeros((1 << 40, 8))


def exhaust_torch():
    torch.zeros(1 << 44, 2)


def exhaust_gpu():
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 8 GiB")


def exhaust_python():
    raise MemoryError


@pytest.mark.parametrize(
    ("exhaust", "reason"),
    [
        (exhaust_numpy, "it could not allocate 64 TiB"),
        (exhaust_torch, "it could not allocate 128 TiB"),
        (exhaust_gpu, "it could not allocate 20 GiB"),
        (exhaust_python, "none was left"),
    ],
)
def test_exhausted_memory_is_one_sentence(exhaust, reason):
    sentence = rf"needs more memory than is available \({reason}\): lower n$"
    with pytest.raises(UserError, match=sentence), out_of_memory_reported("lower n"):
        exhaust()


def test_every_command_reports_it_with_exit_code_2(capsys):
    assert guarded(lambda arguments: exhaust_torch(), []) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_other_errors_stay_as_they_are():
    with pytest.raises(RuntimeError, match="inconsistent"), out_of_memory_reported("lower n"):
        raise RuntimeError("inconsistent sizes")


def test_a_metric_with_more_directions_than_memory():
    metric = SlicedWasserstein(Identity(Points()), Points(), projections=10**13)
    with pytest.raises(UserError, match="could not allocate"), out_of_memory_reported("lower projections"):
        compute_scores(metric, torch.zeros(3, 2), torch.zeros(3, 2))


def test_requests_are_compared_with_what_is_free(monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 3 << 29)
    require_memory(3 << 29, "the table", "lower it")
    with pytest.raises(UserError, match=r"the table would take 2 GiB, and 1\.5 GiB are free; lower it"):
        require_memory(2 << 30, "the table", "lower it")


def test_the_limit_of_a_container_counts(tmp_path, monkeypatch):
    whole = available_bytes()
    assert whole > 1 << 20
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert available_bytes() > 1 << 20
    (tmp_path / "memory.max").write_text("5000\n")
    assert available_bytes() == 4000


def test_sizes_have_units():
    assert [format_bytes(size) for size in (0, 1023, 1536, 5 << 30)] == ["0 bytes", "1,023 bytes", "1.5 KiB", "5 GiB"]
