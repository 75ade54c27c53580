"""Variables of launchers that a shell has left and that are no numbers end a command with one sentence."""

import pytest

from ganlab.commands.exit_codes import guarded
from ganlab.core.errors import UserError
from ganlab.core.rank_variables import PLACES, READ_AT_IMPORT, require_numbers
from ganlab.engine.distributed import cluster

RANK_0 = {"LOCAL_RANK": "0", "NODE_RANK": "0", "MASTER_ADDR": "h", "MASTER_PORT": "2"}


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch):
    for name in {*READ_AT_IMPORT, *PLACES, "MASTER_ADDR"}:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("value", ["abc", "", "-1", "1.0", "²"])
@pytest.mark.parametrize("name", READ_AT_IMPORT)
def test_a_rank_that_is_no_number_is_reported_before_anything_runs(name, value, monkeypatch, capsys):
    monkeypatch.setenv(name, value)
    assert guarded(lambda arguments: pytest.fail("ran"), []) == 2
    assert capsys.readouterr().err == (
        f"the environment variable {name} must be a whole number of at least 0, got '{value}'; a launcher such as "
        f"torchrun or srun sets it for a run of several processes: remove it with: unset {name}\n"
    )


def test_numbers_and_other_variables_are_accepted(monkeypatch):
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("MASTER_PORT", "abc")  # read by runs of several processes only
    require_numbers()
    assert type(cluster.environment()).__name__ == "FirstProcess"


@pytest.mark.parametrize("name", ["LOCAL_RANK", "NODE_RANK", "MASTER_PORT"])
def test_a_run_of_several_processes_needs_numbers(name, monkeypatch):
    for key, value in (RANK_0 | {name: "x"}).items():
        monkeypatch.setenv(key, value)
    with pytest.raises(UserError, match=f"^the environment variable {name} must be a whole number"):
        cluster.environment(processes=2, nodes=2)
