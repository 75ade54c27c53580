"""Looks at a set of images before training: duplicates, damage, outliers, wrong labels, what fitting loses."""

from ganlab.analysis.inspection.examination import Examination, examine
from ganlab.analysis.inspection.report import content_of, own_folder, text_of, write_report

__all__ = ["Examination", "content_of", "examine", "own_folder", "text_of", "write_report"]
