"""All that is made of a graded class, written into one folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cnnlab.common.files import write_atomic
from cnnlab.course.grading.records import Graded, SchoolClass
from cnnlab.course.grading.report import tables
from cnnlab.course.grading.report.class_report import class_report
from cnnlab.course.grading.report.learner_page import learner_page

_BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes UTF-8 for the machine's own encoding


def write_results(school: SchoolClass, out: Path, *, anonymous: bool = False) -> None:
    """Write grades.json, grades.csv, canvas.csv where the class list is Canvas's, report.html, a page for each learner.

    Everything is made of `school` anew. A file that would not change is left alone; one of an earlier run that no
    longer has a place (a page of somebody who has left the class list) is removed.

    Parameters
    ----------
    school : as far as it is graded; what is written says how far that is
    out : a folder; made if it is not there
    anonymous : whether report.html names nobody, for the projector; the other files are as always

    Raises
    ------
    OSError
        If the folder cannot be written or is full. Each file is the old one or the new one, never half of it.
    """
    (out / "learners").mkdir(parents=True, exist_ok=True)
    _write(out / "grades.json", tables.to_json(school))
    _write(out / "grades.csv", _BYTE_ORDER_MARK + tables.to_csv(school))
    others = tables.to_csv(school, on_list=False)
    _write(out / "grades_not_on_list.csv", others and _BYTE_ORDER_MARK + others)
    _write(out / "canvas.csv", tables.canvas_csv(school))
    _write(out / "report.html", class_report(school, anonymous=anonymous))
    pages = {f"{learner.key}.html": learner for learner in school.learners}
    own: dict[str, list[Graded]] = {}
    for copy in school.graded:
        own.setdefault(copy.learner, []).append(copy)
    for name, learner in pages.items():
        theirs = replace(school, graded=tuple(own.get(learner.key, ())))
        _write(out / "learners" / name, learner_page(theirs, learner))
    for old in (out / "learners").glob("*.html"):
        if old.name not in pages:
            old.unlink()


def _write(path: Path, text: str) -> None:
    if not text:
        path.unlink(missing_ok=True)  # of an earlier run with another class list
        return
    data = text.encode()
    if not path.is_file() or path.read_bytes() != data:
        write_atomic(path, data)
