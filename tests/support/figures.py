"""Writes runs with a history, and finds texts of a figure that touch lines or each other."""

import csv
from itertools import combinations
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from support.run_files import write_run

STEPS = (10, 20, 30, 40)
TOLERANCE = 0.5  # pixels


def write_history(run: Path, columns: dict[str, list], steps=STEPS, batch=8, speed=100.0) -> Path:
    """Write metrics.csv: columns of values, None where a row has none."""
    names = ["step", *columns, "samples", "samples_per_second"]
    with (run / "metrics.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for number, step in enumerate(steps):
            values = [columns[name][number] for name in columns]
            writer.writerow([step, *("" if value is None else value for value in values), step * batch, speed])
    return run


def write_curves(folder: Path, curves: dict[str, list[list]], name="score/fid", **more) -> Path:
    """Write a group of runs for each override, with a seed for each list of values."""
    for number, (override, seeds) in enumerate(curves.items()):
        for seed, values in enumerate(seeds):
            run = write_run(folder / f"{number}_{seed}", {"fid": values[-1]}, *override.split(), seed=seed, **more)
            write_history(run, {name: values}, STEPS[: len(values)])
    return folder


def texts(figure) -> list[Text]:
    """Return the visible texts of a drawn figure."""
    outside = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not low - 1e-9 <= tick.get_loc() <= high * (1 + 1e-9) or not axes.axison:
                    outside |= {tick.label1, tick.label2}
            if not axes.axison:
                outside.add(axis.label)
    found = figure.findobj(Text)
    return [text for text in found if text.get_visible() and text.get_text().strip() and text not in outside]


def collisions(figure) -> list[str]:
    """Return a sentence for each text that touches another one, a line or a band, or that leaves the figure."""
    FigureCanvasAgg(figure).draw()
    renderer = figure.canvas.get_renderer()
    boxes = [(text.get_text(), _shrink(text.get_window_extent(renderer))) for text in texts(figure)]
    problems = [f"'{a}' touches '{b}'" for (a, box), (b, other) in combinations(boxes, 2) if box.overlaps(other)]
    frame = Bbox([[0, 0], figure.bbox.size])
    problems += [f"'{name}' leaves the figure" for name, box in boxes if not _contains(frame, box)]
    paths = [line.get_transform().transform_path(line.get_path()) for line in _lines(figure)]
    paths += [
        collection.get_transform().transform_path(path)
        for axes in figure.axes
        for collection in axes.collections
        for path in collection.get_paths()
    ]
    paths = [path.cleaned() for path in paths]
    marks = [box for axes in figure.axes for line in axes.lines for box in _mark_boxes(line, figure.dpi)]
    problems += [f"'{name}' touches a mark" for name, box in boxes for mark in marks if box.overlaps(mark)]
    for name, box in boxes:
        problems += [f"'{name}' touches a line" for path in paths if path.intersects_bbox(box, filled=False)]
    return problems


def _lines(figure):
    drawn = [line for axes in figure.axes for line in axes.lines if line.get_linestyle() != "None"]
    return [*drawn, *(artist for artist in figure.artists if hasattr(artist, "get_xydata")), *figure.lines]


def _mark_boxes(line, dpi) -> list[Bbox]:
    if line.get_marker() in ("", "None", None):
        return []
    half = line.get_markersize() * dpi / 72 / 2
    return [
        Bbox([[x - half, y - half], [x + half, y + half]]) for x, y in line.get_transform().transform(line.get_xydata())
    ]


def _shrink(box: Bbox) -> Bbox:
    return Bbox([[box.x0 + TOLERANCE, box.y0 + TOLERANCE], [box.x1 - TOLERANCE, box.y1 - TOLERANCE]])


def _contains(frame: Bbox, box: Bbox) -> bool:
    return bool(np.all(box.min >= frame.min - 1) and np.all(box.max <= frame.max + 1))
