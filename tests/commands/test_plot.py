"""`ganlab plot`: arguments, files, and exit codes."""

import os
import subprocess
import sys

import pytest
from PIL import Image
from support.disks import full_disk
from support.figures import write_curves
from support.small_runs import DIGITS, POINTS, go

from ganlab.analysis.figures.kinds import KINDS
from ganlab.analysis.figures.series import BANDS
from ganlab.analysis.figures.style import WIDTHS
from ganlab.commands.exit_codes import guarded
from ganlab.commands.plot import CHOICES, READ_BY, SETTINGS, main


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    curves = {"loss=hinge": [[3.0, 2.0], [3.0, 1.0]], "loss=wasserstein": [[4.0, 3.0], [4.0, 3.5]]}
    return write_curves(tmp_path_factory.mktemp("runs"), curves)


@pytest.mark.parametrize(("ending", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_the_name_of_the_file_decides_the_format(ending, start, runs, tmp_path, capsys):
    file = tmp_path / "new" / f"curves.{ending}"
    assert guarded(main, [str(runs), "metric=fid", f"output={file}"]) == 0
    assert file.read_bytes().startswith(start)
    assert capsys.readouterr().err == f"wrote {file}\n"


def test_a_figure_has_the_width_of_a_column_in_print(runs, tmp_path):
    assert guarded(main, [str(runs), f"output={tmp_path / 'a.png'}"]) == 0
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width == 990
        assert picture.info["dpi"] == pytest.approx((300, 300), rel=1e-3)


def test_the_file_is_named_by_the_kind(runs, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert guarded(main, [str(runs), "kind=scores"]) == 0
    assert os.listdir() == ["scores.svg"]
    assert capsys.readouterr().err.endswith("wrote scores.svg\n")


def test_the_own_settings_of_matplotlib_change_nothing(runs, tmp_path):
    import matplotlib

    files = [tmp_path / "a.svg", tmp_path / "b.svg"]
    assert guarded(main, [str(runs), f"output={files[0]}"]) == 0
    with matplotlib.rc_context({"font.size": 20, "lines.linewidth": 9, "axes.grid": True}):
        assert guarded(main, [str(runs), f"output={files[1]}"]) == 0
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_full_disk_leaves_the_former_file(runs, tmp_path, capsys):
    file = tmp_path / "a.svg"
    file.write_text("former")
    with full_disk(100):
        assert guarded(main, [str(runs), f"output={file}"]) == 2
    assert capsys.readouterr().err == f"output={file} cannot be written: File too large\n"
    assert (file.read_text(), os.listdir(tmp_path)) == ("former", ["a.svg"])


def test_directories_may_have_any_name(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("$a_1$^{2}", "实验", "<b>&"):
        write_curves(tmp_path / name, {"loss=hinge": [[3.0, 2.0]]})
    assert guarded(main, ["$a_1$^{2}", "实验", "<b>&", "output=a.svg"]) == 0
    assert capsys.readouterr().err == "the font of figures lacks 实验; boxes stand for them\nwrote a.svg\n"


def test_a_logarithmic_scale_needs_positive_values(tmp_path, capsys):
    write_curves(tmp_path, {"loss=hinge": [[0.0, -2.0]], "loss=wasserstein": [[-1.0, -2.0]]})
    for kind in ("curves", "scores"):
        words = [str(tmp_path), f"kind={kind}", "metric=fid", f"output={tmp_path / 'a.svg'}"]
        assert guarded(main, [*words, "scale=log"]) == 2
        sentence = "scale=log needs values above 0, and fid has none; choose scale=linear\n"
        assert capsys.readouterr().err == sentence
    write_curves(tmp_path / "more", {"loss=minimax": [[1.0, 0.0]]})
    assert guarded(main, [str(tmp_path), "metric=fid", "scale=log", f"output={tmp_path / 'a.svg'}"]) == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "DIR is needed: run directories, sweeps, or folders with runs"),
        (
            ["RUNS", "kind=curve"],
            "there is no kind 'curve'; choose curves, scores, samples, real_and_fake; did you mean",
        ),
        (["RUNS", "x=steps"], "there is no x 'steps'; choose step, samples, seconds; did you mean 'step'?"),
        (
            ["RUNS", "metrics=fid"],
            "'metrics=fid' is neither a path nor a setting of ganlab plot; did you mean 'metric'?",
        ),
        (
            ["RUNS", "metric=fdi"],
            "there is no metric 'fdi' in these runs; choose fid, samples, samples_per_second; did y",
        ),
        (["RUNS", "kind=scores", "metric=kid"], "there is no score 'kid' in these runs; choose fid"),
        (["RUNS", "kind=scores", "x=samples"], "x=samples applies only to kind=curves, not to kind=scores; remove it"),
        (
            ["RUNS", "kind=samples", "metric=fid"],
            "metric=fid applies only to kind=curves and kind=scores, not to kind=samples; remove it",
        ),
        (["RUNS", "kind=samples", "count=0"], "count must be an integer of at least 1, got '0'"),
        (["RUNS", "kind=samples", "count=many"], "count must be an integer of at least 1, got 'many'"),
        (["RUNS", "kind=real_and_fake", "n=0"], "n must be an integer of at least 1, got '0'"),
        (["RUNS", "output=a.jpg"], "output=a.jpg must end in .svg, .pdf, .png"),
        (["RUNS", "output=a.pgn"], "output=a.pgn must end in .svg, .pdf, .png; did you mean 'png'?"),
        (["RUNS", "output=a"], "output=a must end in .svg, .pdf, .png"),
        (["nowhere"], "nowhere does not exist; give run directories"),
        (["RUNS/0_0/config.yaml"], "RUNS/0_0/config.yaml is not a directory; give run directories"),
        (["RUNS", "kind=samples"], "these runs have no sample sheets in samples; train with callback=[samples]"),
    ],
)
def test_invalid_arguments(words, sentence, runs, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert guarded(main, [word.replace("RUNS", str(runs)) for word in words]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(sentence.replace("RUNS", str(runs)))
    assert captured.err.count("\n") == 1
    assert not os.listdir()


def test_the_choices_are_those_of_the_figures():
    assert CHOICES["kind"] == tuple(KINDS)
    assert set(CHOICES["band"]) == set(BANDS)
    assert CHOICES["size"] == tuple(WIDTHS)
    assert READ_BY.keys() < SETTINGS.keys()


def test_help_names_every_setting(capsys):
    assert guarded(main, ["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n  {name} " in out for name in ("DIR", *SETTINGS))


def test_curves_need_neither_torch_nor_pyplot(runs, tmp_path):
    program = (
        f"import sys; from ganlab.commands.plot import main; main([{str(runs)!r}, 'output={tmp_path}/a.svg']); "
        "print({'torch', 'pytorch_lightning', 'omegaconf', 'hydra', 'matplotlib.pyplot'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_runs_as_training_leaves_them_are_drawn(tmp_path, capsys):
    settings = [
        "callback=[samples,metrics_logger,status_file,checkpoint]",
        "sample_every=3",
        "callback.samples.count=16",
    ]
    go(tmp_path / "points", *POINTS, *settings)
    go(tmp_path / "digits", *DIGITS, *settings)
    capsys.readouterr()
    for kind, words in (
        ("curves", ["metric=generator/adversarial", "x=seconds"]),
        ("samples", ["count=2"]),
        ("real_and_fake", ["n=9"]),
    ):
        file = tmp_path / f"{kind}.png"
        assert guarded(main, [str(tmp_path), f"kind={kind}", *words, f"output={file}"]) == 0
        with Image.open(file) as picture:
            assert picture.width == 990
    assert capsys.readouterr().err.count("\n") == 3
