"""Which lesson of the course a notebook is: by what its file is called, and by what it holds.

What it holds decides where it is plain: most of the exercises' names in it, as tags or in calls of the check, are one
lesson's. Else the name of the lesson in the file's name decides; then what the notebook says of itself: which version
of a lesson it came from, what Colab calls it, its title; at last a number at the beginning of the file's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cnnlab.course.copy.merge import exercise_of
from cnnlab.course.grading.intake.keys import words
from cnnlab.course.lessons import Lesson
from cnnlab.course.notebook import read_notebook

CALLED = re.compile(r"\bcheck\.(\w+)\(")
_NUMBER = re.compile(r"^(?:(?:lesson|lab|week|notebook)[\W_]*)?0?(\d{1,2})(?![A-Za-z0-9])", re.IGNORECASE)


@dataclass(frozen=True)
class Known:
    """What there is to recognise a lesson by.

    Attributes
    ----------
    name, title : the lesson's
    stubs : exercise → the text of the cell that it starts from
    version : what the course's build has written into the notebook's metadata; empty where it has not
    """

    name: str
    title: str
    stubs: dict[str, str]
    version: str


def known(lessons: Iterable[Lesson]) -> list[Known]:
    """Read what there is to recognise lessons by; of a lesson without a notebook, only its name."""
    found = []
    for lesson in lessons:
        notebook = read_notebook(lesson.notebook) if lesson.notebook.is_file() else {"cells": [], "metadata": {}}
        stubs = {name: cell["source"].rstrip() for cell in notebook["cells"] if (name := exercise_of(cell))}
        mark = notebook["metadata"].get("cnnlab", {})
        found.append(Known(lesson.name, lesson.title, stubs, mark.get("lesson", "") if isinstance(mark, dict) else ""))
    return found


def in_name(text: str, course: Sequence[Known]) -> tuple[Known, slice] | None:
    """Return which lesson a text names in full, whatever stands between its words, and where; the longest name counts.

    Examples
    --------
    >>> course = [Known("02_padding_and_stride", "", {}, ""), Known("03_pooling", "", {}, "")]
    >>> lesson, place = in_name("Copy of 02 - Padding and Stride (1)", course)
    >>> lesson.name, place
    ('02_padding_and_stride', slice(8, 31, None))
    """
    matches = [(match.end() - match.start(), n, match) for n, k in enumerate(course) if (match := _named(k, text))]
    if not matches:
        return None
    _, n, match = max(matches, key=lambda found: found[:2])
    return course[n], slice(*match.span())


def by_number(text: str, course: Sequence[Known]) -> Known | None:
    """Return the lesson whose number a text begins with, as ``"02"``, ``"2 final"`` or ``"Lesson 02"`` do."""
    match = _NUMBER.search(text)
    return next((lesson for lesson in course if match and int(lesson.name[:2]) == int(match[1])), None)


def lesson_of(
    stem: str, notebook: dict[str, Any], course: Sequence[Known], folders: Sequence[str] = ()
) -> tuple[Known | None, str]:
    """Return which lesson a notebook is, and a note where its name says another one than what it holds.

    Parameters
    ----------
    stem : the file's name without its ending
    notebook : as `cnnlab.course.notebook.read_notebook` returns it; without cells where it cannot be read
    course : all lessons that it could be
    folders : those that it lies in, from the top down
    """
    found = in_name(stem, course)
    named = found[0] if found else None
    held = _by_exercises(notebook, course, named)
    if held and named and held != named:
        return held, f"the file is called {named.name}, but holds {held.name}"
    lesson = held or named or _by_metadata(notebook, course) or by_number(stem, course)
    above = (found[0] if (found := in_name(name, course)) else by_number(name, course) for name in reversed(folders))
    return lesson or next(filter(None, above), None), ""


def attempted(notebook: dict[str, Any], lesson: Known) -> bool:
    """Whether at least one exercise does not stand there as the course has it."""
    texts = {cell["source"].rstrip() for cell in notebook["cells"] if cell["cell_type"] == "code"}
    return any(stub not in texts for stub in lesson.stubs.values())


def _named(lesson: Known, text: str) -> re.Match[str] | None:
    name = r"[\W_]{1,4}".join(map(re.escape, lesson.name.split("_")))
    return re.search(rf"(?<![A-Za-z0-9]){name}(?![A-Za-z0-9])", text, re.IGNORECASE)


def _by_exercises(notebook: dict[str, Any], course: Sequence[Known], named: Known | None) -> Known | None:
    """The lesson of which the notebook has the most exercises, half of them or more; on a tie the named one."""
    there: set[str] = set()
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            there |= {exercise_of(cell) or "", *CALLED.findall(cell["source"])}
    counts = [(len(there & lesson.stubs.keys()), lesson is named, -n) for n, lesson in enumerate(course)]
    count, _, place = max(counts, default=(0, False, 0))
    lesson = course[-place] if count else None
    if lesson is None or 2 * count < len(lesson.stubs):
        return None
    return None if named is None and [c for c, _, _ in counts].count(count) > 1 else lesson


def _by_metadata(notebook: dict[str, Any], course: Sequence[Known]) -> Known | None:
    metadata = notebook["metadata"]
    mark, colab = metadata.get("cnnlab"), metadata.get("colab")
    version = mark.get("lesson") if isinstance(mark, dict) else None
    if found := next((lesson for lesson in course if version and lesson.version == version), None):
        return found
    name = colab.get("name") if isinstance(colab, dict) else None
    if isinstance(name, str) and (by_colab := in_name(name[:300], course)):
        return by_colab[0]
    headings = (
        line[2:300]
        for cell in notebook["cells"]
        if cell["cell_type"] == "markdown"
        for line in cell["source"].split("\n", 20)
        if line.startswith("# ")
    )
    title = words(next(headings, ""))
    return next((lesson for lesson in course if title and words(lesson.title) == title), None)
