"""Figures as they are drawn: no text touches a line or another text, and what is drawn is what the files say."""

import math

import numpy as np
import pytest
from PIL import Image
from support.figures import collisions, texts, write_curves, write_history
from support.run_files import changed, set_status, write_run, write_seeds

from ganlab.analysis.figures.kinds import KINDS
from ganlab.analysis.figures.request import FigureRequest
from ganlab.analysis.figures.style import FORMATS, WIDTHS, figure_bytes, figure_style
from ganlab.core.errors import UserError

LOSSES = ("hinge", "wasserstein", "non_saturating", "least_squares")
LONG = "generator.widths=[64,64,64,{}] regularizer=[r1,r2,lecam] latent.size={}"


def draw(kind, *paths, **more):
    """Return the drawing, and the texts and collisions of its figure."""
    with figure_style():
        drawing = KINDS[kind](FigureRequest([str(path) for path in paths], **more))
        problems = collisions(drawing.figure)
        return drawing, [text.get_text() for text in texts(drawing.figure)], problems


def seeds(start, count=3):
    return [[start * (1 + 0.1 * seed) * math.exp(-0.4 * i) for i in range(4)] for seed in range(count)]


CASES = {
    "two": {f"loss={loss}": seeds(5 + i) for i, loss in enumerate(LOSSES[:2])},
    "equal ends": {f"loss={loss}": seeds(5) for loss in LOSSES},
    "one seed": {f"loss={loss}": seeds(5 + i, 1) for i, loss in enumerate(LOSSES)},
    "one group": {"loss=hinge": seeds(5)},
    "long names": {f"loss={loss} {LONG.format(i, i)}": seeds(5 + i) for i, loss in enumerate(LOSSES, 1)},
    "twelve": {
        f"loss={loss} optimizer.generator.lr={rate}": seeds(5 + i + 100 * rate, 2)
        for i, loss in enumerate(LOSSES)
        for rate in (0.001, 0.01, 0.1)
    },
    "decades": {f"loss={loss}": [[1000.0, 10.0, 0.1, 0.001 * (i + 1)]] for i, loss in enumerate(LOSSES)},
    "not finite": {"loss=hinge": [[4.0, math.inf, 3.0, math.nan]], "loss=wasserstein": seeds(5, 1)},
}


@pytest.mark.parametrize("case", CASES)
def test_no_text_touches_lines_or_texts(case, tmp_path):
    write_curves(tmp_path, CASES[case])
    for kind in ("curves", "scores"):
        for size in WIDTHS if case == "twelve" else ("column",):
            drawing, found, problems = draw(kind, tmp_path, size=size, metrics=("fid",))
            assert not problems
            assert drawing.figure.get_figwidth() == WIDTHS[size]
            assert any("fid" in text for text in found)


def test_lines_are_labelled_next_to_their_ends(tmp_path):
    write_curves(tmp_path, CASES["two"])
    drawing, found, _ = draw("curves", tmp_path)
    assert {"loss=Hinge", "loss=Wasserstein"} <= set(found)
    assert "line: mean of 3 seeds; band: lowest to highest seed" in found
    labels = {text.get_text(): text.get_position()[1] for text in texts(drawing.figure)}
    assert labels["loss=Hinge"] < labels["loss=Wasserstein"]
    (axes,) = drawing.figure.axes
    assert max(x for x, _ in (text.get_position() for text in drawing.figure.texts[1:])) > axes.get_position().x1
    assert axes.lines[0].get_ydata().tolist() == pytest.approx(np.mean(CASES["two"]["loss=hinge"], axis=0))


def test_several_metrics_are_panels_with_one_key(tmp_path):
    for number, loss in enumerate(LOSSES[:2]):
        run = write_run(tmp_path / loss, {"fid": 1.0}, f"loss={loss}")
        columns = {"score/fid": [4.0, 3.0, 2.0, 1.0 + number], "generator/adversarial": [0.5] * 4}
        write_history(run, columns | {"floor/fid": [0.5] * 4})
    drawing, found, problems = draw("curves", tmp_path, metrics=("fid", "generator/adversarial"), size="page")
    assert [axes.get_ylabel() for axes in drawing.figure.axes] == ["fid", "generator/adversarial"]
    assert not problems
    assert [found.count(label) for label in ("loss=Hinge", "loss=Wasserstein")] == [1, 1]
    assert "line: one seed; dotted: real samples" in found


def test_by_default_the_score_that_the_runs_optimise_is_drawn_else_losses(tmp_path):
    run = write_run(tmp_path / "a", None, "optimized_metric=kid")
    write_history(run, {"generator/adversarial": [1.0] * 4, "discriminator/adversarial": [1.0] * 4})
    assert len(draw("curves", tmp_path / "a")[0].figure.axes) == 2
    write_history(run, {"score/fid": [1.0] * 4, "score/kid": [2.0] * 4})
    assert [axes.get_ylabel() for axes in draw("curves", tmp_path / "a")[0].figure.axes] == ["kid"]


def test_unfinished_runs_are_drawn_and_missing_values_are_notes(tmp_path):
    running = write_run(tmp_path / "a", None, "loss=hinge")
    set_status(write_history(running, {"score/fid": [4.0, 3.0]}, (10, 20)), state="running", step=25)
    write_history(write_run(tmp_path / "b", None, "loss=wasserstein"), {"score/kid": [1.0] * 4})
    write_run(tmp_path / "c", None, "loss=least_squares")
    drawing, found, problems = draw("curves", tmp_path, metrics=("fid",))
    assert list(drawing.notes) == [
        "left out: loss=LeastSquares: without metrics.csv",
        "left out: loss=Wasserstein: without fid",
    ]
    assert "loss=Hinge" in found
    assert not problems


def test_equal_runs_of_two_paths_are_lines_with_the_names_of_the_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("old", "new"):
        write_history(write_run(tmp_path / name, {"fid": 1.0}), {"score/fid": [4.0, 3.0, 2.0, 1.0]})
    assert {"old", "new"} <= set(draw("curves", "old", "new")[1])


def test_lines_under_different_protocols_are_marked(tmp_path):
    for loss, protocol in (("hinge", changed()), ("wasserstein", changed(samples=9, features__name="inception"))):
        run = write_run(tmp_path / loss, {"fid": 1.0}, f"loss={loss}", protocol=protocol)
        write_history(run, {"score/fid": [4.0, 3.0, 2.0, 1.0], "generator/adversarial": [1.0] * 4})
    drawing, found, _ = draw("curves", tmp_path, metrics=("fid",))
    assert any("not comparable: protocols differ in" in " ".join(text.split()) for text in found)
    assert drawing.notes == [
        "fid was measured under protocols that differ in features.name, samples, so its lines are not comparable"
    ]
    assert not draw("curves", tmp_path, metrics=("generator/adversarial",))[0].notes


def test_an_interval_down_to_zero_keeps_the_logarithmic_scale(tmp_path):
    for seed, last in enumerate((0.001, 0.004)):
        run = write_run(tmp_path / str(seed), {"fid": last}, seed=seed, ranges={"fid": [0, None]})
        write_history(run, {"score/fid": [10.0, 1.0, 0.1, last]})
    (axes,) = draw("curves", tmp_path, metrics=("fid",), band="interval")[0].figure.axes
    assert axes.get_yscale() == "log"
    assert axes.get_ylim()[0] > 1e-4


def test_jobs_of_a_sweep_are_in_the_order_of_their_numbers(tmp_path):
    for number in range(11):
        run = write_run(tmp_path / str(number), {"fid": 1.0}, f"batch_size={number + 1}")
        write_history(run, {"score/fid": [4.0, 3.0, 2.0, 1.0]})
    found = draw("curves", tmp_path)[1]
    assert [text for text in found if text.startswith("batch_size=")] == [f"batch_size={i}" for i in range(1, 12)]


def test_more_groups_than_lines_can_show_are_an_error(tmp_path):
    for number in range(22):
        write_history(write_run(tmp_path / str(number), None, f"batch_size={number + 1}"), {"score/fid": [1.0] * 4})
    with pytest.raises(UserError, match="22 configurations, and a figure can show 21; give fewer directories"):
        draw("curves", tmp_path)


def test_scores_are_points_with_intervals_and_seeds(tmp_path):
    write_seeds(tmp_path / "a", [3.0, 3.2, 3.1], "loss=hinge", floor={"fid": 2.9})
    write_seeds(tmp_path / "b", [4.0], "loss=wasserstein", intervals={"fid": [3.9, 4.1]}, floor={"fid": 2.9})
    write_seeds(tmp_path / "c", [5.0], "loss=least_squares", protocol=changed(samples=2000))
    drawing, found, problems = draw("scores", tmp_path)
    assert not problems
    assert {"loss=Hinge", "loss=Wasserstein", "fid ↓"} <= set(found)
    (axes,) = drawing.figure.axes
    drawn = [line.get_xdata() for line in axes.lines]
    assert any(list(line) == [3.0, 3.2, 3.1] for line in drawn)
    assert [line[0] for line in drawn if len(line) == 1] == pytest.approx([3.1, 4.0])
    note = " ".join(drawing.figure.texts[0].get_text().split())
    assert note.startswith("point and line: mean and its 95 % interval over 1 to 3 seeds (ticks); dashed line: 95 % i")
    assert drawing.notes[0] == "the figure shows the first of 2 tables, which differ in their protocols"


def test_an_interval_that_leaves_the_panel_ends_in_a_pointed_mark(tmp_path):
    write_seeds(tmp_path, [1.0, 1.01, 1.02], "loss=hinge")
    write_seeds(tmp_path / "b", [1.0, 1.2], "loss=wasserstein")
    drawing, found, _ = draw("scores", tmp_path)
    axes = drawing.figure.axes[0]
    assert any("arrowhead: the interval goes on" in " ".join(text.split()) for text in found)
    assert {line.get_marker() for line in axes.lines} >= {"<", ">"}


def test_a_row_without_a_score_is_an_empty_row(tmp_path):
    write_run(tmp_path / "a", {"fid": 1.0, "kid": 2.0}, "loss=hinge")
    write_run(tmp_path / "b", {"fid": 2.0}, "loss=wasserstein")
    drawing, _, problems = draw("scores", tmp_path, metrics=("fid", "kid"))
    assert not problems
    assert [sum(line.get_marker() == "o" for line in axes.lines) for axes in drawing.figure.axes] == [2, 1]


def write_sheets(run, steps, size=(40, 30)):
    (run / "samples").mkdir()
    for step in steps:
        Image.new("RGB", size, (step % 256, 0, 0)).save(run / "samples" / f"{step:08}.png")
    return run


def test_samples_over_steps_are_spread_and_titled(tmp_path):
    write_sheets(write_run(tmp_path / "a", None, "loss=hinge"), range(10, 101, 10))
    write_sheets(write_run(tmp_path / "b", None, "loss=wasserstein"), [1000])
    write_run(tmp_path / "c", None, "loss=least_squares")
    drawing, found, problems = draw("samples", tmp_path, count=4, size="page")
    assert not problems
    assert [text for text in found if text.startswith("step")] == [
        "step 10",
        "step 40",
        "step 70",
        "step 100",
        "step 1,000",
    ]
    assert {"loss=Hinge", "loss=Wasserstein"} <= set(found)
    assert drawing.notes == [f"left out: {tmp_path / 'c'}: without sample sheets in samples"]
    first = drawing.figure.axes[0]
    assert first.images[0].get_array()[0, 0].tolist() == [10, 0, 0]
    box = first.get_window_extent()
    assert box.width / box.height == pytest.approx(40 / 30, rel=1e-6)


def test_a_sheet_of_real_samples_comes_first(tmp_path):
    run = write_sheets(write_run(tmp_path, None), [10, 20])
    Image.new("RGB", (40, 30)).save(run / "samples" / "real.png")
    found = draw("samples", tmp_path)[1]
    assert [text for text in found if text.startswith(("real", "step"))] == ["real", "step 10", "step 20"]


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("curves", "these runs have no metrics.csv yet"),
        ("samples", "these runs have no sample sheets in samples"),
        ("real_and_fake", "no run has finished, and a generator is written when a run ends"),
        ("scores", "there is nothing to compare"),
    ],
)
def test_runs_with_nothing_to_draw_are_reported(kind, sentence, tmp_path):
    write_run(tmp_path, None)
    with pytest.raises(UserError, match=sentence):
        draw(kind, tmp_path)


def test_a_sheet_that_is_no_picture_is_reported(tmp_path):
    run = write_sheets(write_run(tmp_path, None), [10])
    (run / "samples" / "00000010.png").write_text("text")
    with pytest.raises(UserError, match=r"00000010\.png cannot be read as a picture"):
        draw("samples", tmp_path)


@pytest.mark.parametrize("file_format", FORMATS)
def test_equal_runs_give_equal_bytes_without_dates(file_format, tmp_path, monkeypatch):
    write_curves(tmp_path, CASES["two"])
    contents = []
    for epoch in (0, 10**9):  # SOURCE_DATE_EPOCH would be the date of a file that has one
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(epoch))
        with figure_style():
            contents.append(figure_bytes(KINDS["curves"](FigureRequest([str(tmp_path)])).figure, file_format))
    assert contents[0] == contents[1]
    assert b"Date" not in contents[0]
