"""`ganlab ls`: its table, its filters, and the time that it takes."""

import json
import re
import shlex
import subprocess
import sys

import pytest
from support.listed_runs import write_files, write_sweep

from ganlab.commands.exit_codes import guarded
from ganlab.commands.ls import main


@pytest.fixture
def outputs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    here = f"cd {shlex.quote(str(tmp_path))} && "
    write_files(tmp_path / "outputs" / "ring" / "1", "finished")
    write_files(
        tmp_path / "outputs" / "ring" / "2", "failed", step=3, resume=f"{here}ganlab resume 2", reason="it became inf"
    )
    sweep = write_sweep(tmp_path / "outputs" / "ring" / "3", 3, resume="cd /elsewhere && ganlab train -m seed=0,1,2")
    write_files(sweep / "0", "finished", best=1.5)
    write_files(sweep / "1", "preempted", step=2, best=None, resume=f"{here}ganlab resume 1")
    return tmp_path / "outputs"


def lines(capsys, *arguments):
    assert guarded(main, arguments) == 0
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_runs_and_sweeps_with_the_lines_that_resume_them(outputs, capsys):
    table = lines(capsys)
    assert table[0] == "state step best size run reason"
    assert re.fullmatch(r"finished 6 fid 2\.5 at 4 3\.\d+ KiB outputs/ring/1", table[1])
    assert re.fullmatch(r"failed 3/6 fid 2\.5 at 4 3\.\d+ KiB outputs/ring/2 it became inf", table[2])
    assert table[3].startswith("1 finished, 1 preempted, 1 waiting 3 jobs fid 1.5 in 0 ")
    assert table[3].endswith(" outputs/ring/3")
    assert table[4].startswith("2 runs and 1 sweep, ")
    assert table[5:] == ["resume with:", "ganlab resume 2", "cd /elsewhere && ganlab train -m seed=0,1,2"]


def test_a_sweep_lists_its_jobs_and_a_state_lists_those_of_all_sweeps(outputs, capsys):
    table = lines(capsys, "outputs/ring/3")
    assert [line.split()[0] for line in table[1:3]] == ["finished", "preempted"]
    assert table[3] == "waiting - - 0 B outputs/ring/3/2"
    assert table[4].startswith("3 runs, ")
    assert table[5:] == ["resume with:", "ganlab resume 1", "cd /elsewhere && ganlab train -m seed=0,1,2"]
    assert [line.split()[0] for line in lines(capsys, "state=finished")[1:3]] == ["finished", "finished"]
    assert lines(capsys, "state=running") == ["outputs: no run that is running"]


def test_json_has_everything(outputs, capsys):
    assert guarded(main, ["format=json", "outputs/ring"]) == 0
    first, second, sweep = json.loads(capsys.readouterr().out)
    assert (first["kind"], first["state"], first["best"], sweep["kind"]) == ("run", "finished", 2.5, "sweep")
    assert second["resume"].endswith(" && ganlab resume 2")
    assert [run["state"] for run in sweep["runs"]] == ["finished", "preempted", "waiting"]


def test_long_lists_of_commands_are_shortened(tmp_path, capsys):
    for number in range(12):
        write_files(tmp_path / str(number), "failed", resume=f"ganlab resume {number}")
    write_sweep(tmp_path / "sweep", 20, resume="ganlab resume 0")
    table = lines(capsys, str(tmp_path / "sweep"))
    assert table[-2:] == ["resume with:", "ganlab resume 0"]  # once for all jobs
    table = lines(capsys, str(tmp_path))
    assert table[-2:] == ["ganlab resume 9", "… and 2 more; format=json has all of them"]


@pytest.mark.parametrize("argument", [[], ["."]])
def test_without_runs(argument, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert lines(capsys, *argument) == [f"{(argument or ['outputs'])[0]}: no run; ganlab train starts one"]


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("nothing", "nothing does not exist; give a directory that contains runs, or a run"),
        ("state=fniished", "there is no state 'fniished'; choose running, finished"),
        ("fromat=json", "'fromat=json' is neither a path nor a setting of ganlab ls; did you mean 'format'?"),
        ("--all", "'--all' is neither a path nor a setting of ganlab ls"),
        ("state=", "state needs a value"),
    ],
)
def test_invalid_arguments(argument, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert guarded(main, [argument]) == 2
    assert capsys.readouterr().err.startswith(sentence)


def test_listing_and_freeing_need_no_heavy_imports(tmp_path):
    script = f"""import sys
from ganlab.commands import ls, prune
ls.main([{str(tmp_path)!r}])
prune.main([{str(tmp_path)!r}])
heavy = ("torch", "hydra", "omegaconf", "numpy", "yaml", "pytorch_lightning", "wandb")
print("HEAVY", [name for name in heavy if name in sys.modules])"""
    write_files(tmp_path / "run", "finished")
    write_sweep(tmp_path / "sweep", 1)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []", done.stderr
