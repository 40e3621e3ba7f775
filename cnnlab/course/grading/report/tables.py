"""The results as tables: JSON for programs, CSV for Moodle, Canvas and a spreadsheet.

``grades.json`` is the whole class, as `cnnlab.course.grading.records` has it, and reads back as it was:

===========  ===========================================================================================================
format       1
lessons      [{name, title, exercises: [{name, heading, stub, section, explorer}]}], in the course's order
learners     [{key, name, columns: the row of the class list}], those who handed in nothing included
graded       [{learner, lesson, file, judgements: [{exercise, status, message, misconception, hint}], answers, late,
             notes, seconds, fingerprint}], and `points`: exercises that are right, null where it could not be judged
waiting      [[learner, lesson]], found and not graded yet
broken       {file: why}, copies that cannot be graded
set_aside    {file: why}, other files
===========  ===========================================================================================================

``grades.csv`` has a row for each learner of the class list: what identifies the learner, one column of points for each
lesson, named with the points there are, and which lessons were late or missing. A hyphen is no grade. It opens in a
spreadsheet (UTF-8 with a byte order mark) and is what Moodle imports (Grades → Import → CSV file): say which column
identifies (e-mail address, ID number or user name), and for each lesson a grade item or a new one. Moodle gives a row
whose identifying cell is empty to the learner of the row above (grade/import/csv/classes/load_data.php): so such a cell
says "none", which Moodle refuses by name, and who is not on the class list is in ``grades_not_on_list.csv`` instead.

``canvas.csv`` is written where the class list is Canvas's gradebook, because Canvas takes every column after *Section*
for an assignment and wants a row *Points Possible*, which Moodle would take for a learner. The columns up to *Section*
are as they were. A column of the gradebook named like a lesson ("02 · Padding and stride (771)", "Lesson 2 (771)") gets
its points; for other lessons Canvas asks whether to make an assignment (lib/gradebook_importer.rb). It has no byte
order mark: Canvas reads UTF-8, and takes the mark before a quoted heading for damage.

A cell that a spreadsheet would run as a formula (it begins with = + - @, also after spaces) gets an apostrophe before
it; every text is quoted, so that no other separator splits it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from cnnlab.course.grading.intake.roster import HEADINGS
from cnnlab.course.grading.records import (
    ExerciseInfo,
    Graded,
    Judgement,
    Learner,
    LessonInfo,
    SchoolClass,
)
from cnnlab.course.grading.report.misconceptions import Results, right
from cnnlab.course.grading.report.strangers import plain_line
from cnnlab.course.lessons import CourseError

FORMAT = 1
NO_GRADE = "-"
_NAMES = ("first", "last", "name")
_FORMULA = tuple("=+-@＝＋－＠")
_CANVAS = ("Student", "LastName", "FirstName", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account",
           "Section")  # fmt: skip
_WITH_ID = re.compile(r"(.*)\s\(\d+\)")
_SURROGATE = re.compile("[\ud800-\udfff]")


def to_json(school: SchoolClass) -> str:
    """Return the class as JSON; `from_json` is the inverse."""
    values = {"format": FORMAT, **asdict(school)}
    for row, copy in zip(values["graded"], school.graded, strict=True):
        row["points"] = right(copy) if copy.fingerprint else None
    text = json.dumps(values, indent=1, ensure_ascii=False)
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text) + "\n"


def from_json(text: str) -> SchoolClass:
    """Return the class that `to_json` wrote.

    Raises
    ------
    CourseError
        If the text is not what `to_json` writes.
    """
    try:
        values = json.loads(text)
        if values.pop("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        return SchoolClass(
            lessons=tuple(_record(LessonInfo, row, exercises=ExerciseInfo) for row in values.pop("lessons")),
            learners=tuple(Learner(**row) for row in values.pop("learners")),
            graded=tuple(_graded(row) for row in values.pop("graded")),
            waiting=tuple((learner, lesson) for learner, lesson in values.pop("waiting")),
            **values,
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CourseError(f"This is no grades.json of `cnnlab grade`: {type(error).__name__}: {error}") from None


def _record(record: type, row: dict[str, Any], **tuples: type) -> Any:
    return record(**{**row, **{name: tuple(of(**entry) for entry in row[name]) for name, of in tuples.items()}})


def _graded(row: dict[str, Any]) -> Graded:
    row.pop("points")
    return _record(Graded, {**row, "notes": tuple(row["notes"])}, judgements=Judgement)


def to_csv(school: SchoolClass, *, on_list: bool = True) -> str:
    """Return a row for each learner with the points of each lesson, as Moodle and a spreadsheet take them.

    Parameters
    ----------
    school : as far as it is graded
    on_list : whether to return the learners of the class list, or those who are not on it. Without a class list
        everybody is on it, and name and key identify them. Empty where nobody is off it
    """
    listed = any(learner.columns for learner in school.learners)
    learners = [learner for learner in school.learners if (bool(learner.columns) or not listed) == on_list]
    if not learners and not on_list:
        return ""
    headings = _identifying(learners)
    rows: list[list[str | int | None]] = [
        [*(headings or ["Name", "Key"]), *map(_heading, school.lessons), "Late", "Missing"]
    ]
    results = Results(school)
    absent = {name: set(keys) for name, keys in results.missing.items()}
    for learner in learners:
        if headings:
            who = [learner.columns.get(heading, "") or _empty(heading) for heading in headings]
        else:
            who = [learner.name, learner.key]
        copies = [results.copies.get((learner.key, lesson.name)) for lesson in school.lessons]
        points = [right(copy) if copy else NO_GRADE for copy in copies]
        late = [lesson for lesson, copy in zip(school.lessons, copies, strict=True) if copy and copy.late]
        missing = [lesson for lesson in school.lessons if learner.key in absent[lesson.name]]
        rows.append([*who, *points, _numbers(late), _numbers(missing)])
    return "".join(map(_row, rows))


def canvas_csv(school: SchoolClass) -> str:
    """Return the gradebook as Canvas imports it; empty where the class list is not Canvas's."""
    learners = [learner for learner in school.learners if learner.columns]
    headings = list(dict.fromkeys(heading for learner in learners for heading in learner.columns))
    own = [heading for heading in headings if heading in _CANVAS]
    if "ID" not in own or "Section" not in own or not {"Student", "LastName"} & set(own):
        return ""
    theirs = [_column(lesson, headings) for lesson in school.lessons]
    columns = [column or lesson.title for column, lesson in zip(theirs, school.lessons, strict=True)]
    # Points of an assignment that Canvas has already are left as they are there.
    possible = [
        None if column else len(lesson.exercises) for column, lesson in zip(theirs, school.lessons, strict=True)
    ]
    rows: list[list[str | int | None]] = [[*own, *columns], ["Points Possible", *[None] * (len(own) - 1), *possible]]
    results = Results(school)
    for learner in learners:
        copies = [results.copies.get((learner.key, lesson.name)) for lesson in school.lessons]
        who = [learner.columns.get(heading) or None for heading in own]
        rows.append([*who, *(right(copy) if copy else None for copy in copies)])
    return "".join(map(_row, rows))


def _identifying(learners: Sequence[Learner]) -> list[str]:
    """The headings of the class list that say who somebody is, and none of old grades."""
    known = set().union(*HEADINGS.values())
    headings = dict.fromkeys(heading for learner in learners for heading in learner.columns)
    return [heading for heading in headings if _folded(heading) in known]


def _empty(heading: str) -> str:
    return "" if any(_folded(heading) in HEADINGS[kind] for kind in _NAMES) else "none"


def _heading(lesson: LessonInfo) -> str:
    return f"{lesson.title} (of {len(lesson.exercises)})"


def _column(lesson: LessonInfo, headings: Sequence[str]) -> str | None:
    """The gradebook's column for a lesson: the one named like it, with Canvas's number behind the name."""
    number = lesson.name.partition("_")[0]
    names = {_folded(name) for name in (lesson.title, lesson.name, f"Lesson {number}", f"Lesson {number.lstrip('0')}")}
    return next((h for h in headings if (named := _WITH_ID.fullmatch(h)) and _folded(named[1]) in names), None)


def _numbers(lessons: Sequence[LessonInfo]) -> str:
    return " ".join(lesson.name.partition("_")[0] for lesson in lessons)


def _row(cells: Sequence[str | int | None]) -> str:
    return ",".join(map(_cell, cells)) + "\r\n"


def _cell(value: str | int | None) -> str:
    """A cell: numbers bare, text quoted and on one line, a formula made text.

    >>> _cell(5), _cell(None), _cell('Bo "B" Berg'), _cell("=1+1"), _cell("-")
    ('5', '', '"Bo ""B"" Berg"', '"\\'=1+1"', '"-"')
    """
    if value is None or isinstance(value, int):
        return "" if value is None else str(value)
    text = plain_line(value, 300)
    if text.lstrip().startswith(_FORMULA) and text != NO_GRADE:
        text = "'" + text
    return '"' + text.replace('"', '""') + '"'


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
