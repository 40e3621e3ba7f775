"""All that is made of a graded class, written into one folder."""

from __future__ import annotations

from pathlib import Path

from cnnlab.common.files import write_atomic
from cnnlab.course.grading import tables
from cnnlab.course.grading.class_report import class_report
from cnnlab.course.grading.learner_page import learner_page
from cnnlab.course.grading.records import SchoolClass


def write_results(school: SchoolClass, out: Path, *, anonymous: bool = False) -> None:
    """Write grades.json, grades.csv, report.html and a page for each learner.

    Parameters
    ----------
    school : as far as it is graded; what is written says how far that is
    out : a folder; made if it is not there
    anonymous : whether report.html names nobody, for the projector; the other files are as always

    Raises
    ------
    OSError
        If the folder cannot be written or is full. Each file is the old one or the new one.
    """
    (out / "learners").mkdir(parents=True, exist_ok=True)
    write_atomic(out / "grades.json", tables.to_json(school))
    write_atomic(out / "grades.csv", tables.to_csv(school))
    write_atomic(out / "report.html", class_report(school, anonymous=anonymous))
    for learner in school.learners:
        write_atomic(out / "learners" / f"{learner.key}.html", learner_page(school, learner))
