"""The report of an inspection: a text, report.json, and a sheet of images per finding."""

from pathlib import Path
from typing import Any

from ganlab.analysis.inspection.examination import Examination
from ganlab.core.own_folder import OwnFolder
from ganlab.data.inspection.finding import Finding
from ganlab.kinds import ImageKind, Sheet
from ganlab.kinds.picture_file import save_picture
from ganlab.runs.json_files import write_json

REPORT = "report.json"
SHOWN = 72  # images on a sheet


def text_of(examination: Examination) -> str:
    """Return the report for a terminal, worst findings first."""
    lines = [*_heading(examination), ""]
    for finding in examination.findings:
        lines.append(f"{finding.severity.name.lower():8} {finding.name:16} {finding.sentence}")
    lines += ["", "settings to paste after ganlab train:"]
    width = max(len(advice.setting) for advice in examination.advice)
    lines += [f"  {advice.setting:{width}}  {advice.reason}" for advice in examination.advice]
    return "\n".join([*lines, *(["", examination.pace] if examination.pace else [])])


def _heading(examination: Examination) -> list[str]:
    data, facts = examination.data, examination.facts()
    lines = [data.summary()]
    if examination.inspected < len(data.images):
        lines.append(f"looked at {examination.inspected:,} of {len(data.images):,}, drawn at random; n=0 looks at all")
    if "files" in facts:
        files = facts["files"]
        names = ", ".join(f"{count:,} {name}" for name, count in files["formats"].items())
        lines.append(
            f"files: {names}; width {_range_text(files['width'])}, height {_range_text(files['height'])}, aspect ratio "
            f"{_range_text(files['aspect_ratio'])}"
        )
    channels, height, width = data.images.shape
    size = f"{width} by {height} pixels of {channels} channel{'s' if channels > 1 else ''}"
    return [*lines, f"trained at {size}; compared by {examination.features}"]


def _range_text(values: list[float]) -> str:
    low, middle, high = values
    return f"{low:g} to {high:g} (median {middle:g})" if low != high else f"{low:g}"


def content_of(examination: Examination) -> dict[str, Any]:
    """Return the content of report.json."""
    return {
        **examination.facts(),
        "findings": [finding.content() for finding in examination.findings],
        "advice": [{"setting": advice.setting, "reason": advice.reason} for advice in examination.advice],
    }


def own_folder(output: Path) -> OwnFolder:
    """Return the folder of a report, which only that of an earlier inspection may be."""
    return OwnFolder(output, REPORT, "ganlab inspect")


def write_report(output: Path, examination: Examination) -> None:
    """Write report.json and the sheets in place of those of an earlier call.

    Raises UserError for a folder of other files, or if it cannot be written; then nothing in it has changed.
    """
    with own_folder(output).replaced(_remove_sheets) as draft:
        for finding in examination.findings:
            if len(finding.rows):
                save_picture(_draw(examination, finding), draft / f"{finding.name}.png")
        write_json(draft / REPORT, content_of(examination))


def _remove_sheets(output: Path) -> None:
    for former in output.glob("*.png"):
        former.unlink()


def _draw(examination: Examination, finding: Finding) -> Any:
    data, columns = examination.data, finding.columns
    count = SHOWN // columns * columns if columns else SHOWN
    rows = finding.rows[:count]
    if columns and len(rows) < columns:
        columns = len(rows)
    images = data.images.take(rows).float() / 127.5 - 1
    more = f" · the first of {len(finding.rows):,}" if len(rows) < len(finding.rows) else ""
    labels = data.labels[rows] if data.labels is not None and finding.name == "labels" else None
    return ImageKind().draw(Sheet(images, "images", f"{finding.title}{more}", labels, data.class_names, columns))
