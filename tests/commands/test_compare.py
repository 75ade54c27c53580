"""`ganlab compare`: arguments, output, and exit codes."""

import csv
import io
import json
import os
import subprocess
import sys

import pytest
from support.disks import full_disk
from support.run_files import changed, score_file, set_status, write_run, write_seeds
from support.small_runs import command

from ganlab.analysis.comparison import FORMATS
from ganlab.commands.compare import CHOICES, main
from ganlab.commands.exit_codes import guarded
from ganlab.runs.directory import write_json


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    write_seeds(folder / "hinge", [9.5, 9.7, 9.9], "loss=hinge")
    write_seeds(folder / "wasserstein", [9.6, 9.8, 10.0], "loss=wasserstein")
    set_status(write_run(folder / "broken", None), state="failed", step=2, iterations=6, reason="disk on fire")
    return folder


def test_the_table_is_printed(runs, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert guarded(main, [str(runs)]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert (
        captured.out
        == f"""\
selection scores (split=validation, protocol=standard, samples=10000, features=identity); rows by
  fid, lower is better

                  n  fid
loss=Hinge        3  9.70 ± 0.50
loss=Wasserstein  3  9.80 ± 0.50 *

± is half the width of the mean's 95 % confidence interval over n seeds (Student's t)
* not significantly different from the first row in fid (Welch's t-test over seeds, p >= 0.05)

left out: {runs}/broken: failed at step 2 of 6: disk on fire
"""
    )


def test_different_protocols_are_explained(runs, tmp_path, capsys):
    write_json(tmp_path / "mine.json", score_file({"fid": 1.0}, changed(samples=2000)))
    assert guarded(main, [str(runs / "hinge"), str(tmp_path / "mine.json")]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert (
        f"fid of digits_ring and {tmp_path}/mine.json cannot share a column: samples is 10000 in one and 2000 in the"
        in out
    )


def test_csv_prints_remarks_to_stderr(runs, capsys):
    assert guarded(main, [str(runs), "format=csv"]) == 0
    captured = capsys.readouterr()
    assert [row["label"] for row in csv.DictReader(io.StringIO(captured.out))] == ["loss=Hinge", "loss=Wasserstein"]
    assert captured.err == f"left out: {runs}/broken: failed at step 2 of 6: disk on fire\n"


@pytest.mark.parametrize("form", ["table", "csv", "markdown", "latex", "json"])
def test_output_goes_to_a_file_instead(runs, form, tmp_path, capsys):
    assert guarded(main, [str(runs), f"format={form}"]) == 0
    printed = capsys.readouterr().out
    file = tmp_path / "new" / "file"
    assert guarded(main, [str(runs), f"format={form}", f"output={file}"]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.endswith(f"wrote {file}\n")
    assert file.read_text(encoding="utf-8") == printed


def test_a_full_disk_leaves_the_former_file(runs, tmp_path, capsys):
    file = tmp_path / "table.txt"
    file.write_text("former")
    with full_disk(10):
        assert guarded(main, [str(runs), f"output={file}"]) == 2
    assert capsys.readouterr().err == f"output={file} cannot be written: File too large\n"
    assert (file.read_text(), os.listdir(tmp_path)) == ("former", ["table.txt"])


def test_protocols_together(runs, tmp_path, capsys):
    write_seeds(tmp_path, [9.5, 9.7], "loss=hinge", protocol=changed(samples=2000))
    assert guarded(main, [str(runs), str(tmp_path), "protocols=together", "format=csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["label"], row["samples"]) for row in rows] == [
        ("loss=Hinge", "2000"),
        ("loss=Hinge", "10000"),
        ("loss=Wasserstein", "10000"),
    ]


def test_settings_select_scores_order_and_protocol(tmp_path, capsys):
    report = {"quick": score_file({"fid": 3.0, "kid": 2.0, "recall": 0.5})}
    write_run(tmp_path, {"fid": 1.0}, reports=report)
    words = [str(tmp_path), "protocol=quick", "by=recall", "scores=recall,kid", "format=json"]
    assert guarded(main, words) == 0
    (table,) = json.loads(capsys.readouterr().out)["tables"]
    assert [column["name"] for column in table["columns"]] == ["recall", "kid"]
    assert (table["by"]["name"], table["source"]) == ("recall", "report scores")


def test_a_folder_may_have_the_name_of_a_setting(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "loss=hinge", {"fid": 1.0})
    assert guarded(main, ["loss=hinge", "by=fid"]) == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "DIR is needed: run directories, folders with runs, or score files"),
        (["by=fid"], "DIR is needed"),
        (["RUNS", "bye=fid"], "'bye=fid' is neither a path nor a setting of ganlab compare; did you mean 'by'?"),
        (["RUNS", "--by"], "'--by' is neither a path nor a setting of ganlab compare"),
        (["RUNS", "by="], "by needs a value"),
        (
            ["RUNS", "format=jsno"],
            "there is no format 'jsno'; choose table, csv, markdown, latex, json; did you mean 'json'?",
        ),
        (
            ["RUNS", "protocols=joint"],
            "there is no protocols 'joint'; choose separate, together",
        ),
        (["RUNS", "protocol=together"], "no run has scores under protocol=together: no run has been evaluated; make"),
        (["RUNS", "by=inception"], "there is no score 'inception' in these runs; choose fid"),
        (["RUNS", "scores=fid,kdi"], "there is no score 'kdi' in these runs; choose fid"),
        (["RUNS", "protocol=standard"], "no run has scores under protocol=standard: no run has been evaluated; make"),
        (["nowhere"], "nowhere does not exist; give run directories"),
        (["RUNS/broken"], "there is nothing to compare: "),
        (
            ["RUNS/hinge/0/checkpoints"],
            "RUNS/hinge/0/checkpoints contains no run: no directory in it has a config.yaml",
        ),
        (["RUNS/hinge/0/config.yaml"], "RUNS/hinge/0/config.yaml is not valid JSON ("),
        (["RUNS/hinge/0/status.json"], "RUNS/hinge/0/status.json is not a score file"),
        (["RUNS", "output=RUNS"], "output=RUNS cannot be written: "),
    ],
)
def test_invalid_arguments(words, sentence, runs, capsys):
    (runs / "hinge" / "0" / "checkpoints").mkdir(exist_ok=True)
    assert guarded(main, [word.replace("RUNS", str(runs)) for word in words]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(sentence.replace("RUNS", str(runs)))
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_every_invalid_argument_is_reported(capsys):
    assert guarded(main, ["format=x", "z=1", "by="]) == 2
    assert capsys.readouterr().err == (
        "'z=1' is neither a path nor a setting of ganlab compare; by needs a value; "
        "there is no format 'x'; choose table, csv, markdown, latex, json\n"
    )


def test_the_formats_are_those_of_the_comparison():
    assert CHOICES["format"] == tuple(FORMATS)


def test_help(capsys):
    assert guarded(main, ["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n  {name} " in out for name in ("DIR", "by", "protocol", "scores", "protocols", "format", "output"))


def test_the_table_needs_no_heavy_imports(runs):
    script = f"""import sys
from ganlab.analysis.comparison import FORMATS
from ganlab.commands.compare import CHOICES, main
main([{str(runs)!r}])
print("HEAVY", {{"torch", "pytorch_lightning", "sklearn", "hydra", "scipy.stats"}} & sys.modules.keys())"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "HEAVY set()"


@pytest.mark.slow
def test_the_command_runs_in_its_own_process(runs, tmp_path):
    done = command("compare", str(runs), "format=markdown", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "| loss=Hinge | 3 | 9.70 ± 0.50 |" in done.stdout


def test_a_comparison_imports_neither_torch_nor_configuration_libraries(runs):
    program = (
        f"import sys; from ganlab.commands.compare import main; main([{str(runs)!r}]); "
        "print({'torch', 'pytorch_lightning', 'matplotlib', 'omegaconf', 'hydra'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"
