"""A learner's notebook → the answers in it, what they need of her other cells, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from cnnlab.course.copy.merge import exercise_of
from cnnlab.course.grading.intake.along import come_along, renamed
from cnnlab.course.grading.intake.copy_notes import on_checks, on_names, on_version
from cnnlab.course.grading.intake.copy_reader import CopyReader, Notebook, read_copy
from cnnlab.course.grading.records import ExerciseInfo, LessonInfo
from cnnlab.course.lessons import Lesson
from cnnlab.course.moving import shows_explorer

_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)


@dataclass(frozen=True)
class Taken:
    """The answers of one notebook.

    Attributes
    ----------
    answers : exercise → the source of its answer, in the course's order; None where no cell of the notebook holds it.
        A text that is the course's own stub means that the exercise was not attempted
    notes : what a teacher should know: what an answer needs of the learner's other cells, checks that were changed or
        deleted, another version of the course, where an answer was found. Cells are numbered from 1, all kinds together
    along : exercise → statements of the learner's other cells that run in front of its answer, in the notebook's order
    """

    answers: dict[str, str | None]
    notes: tuple[str, ...] = ()
    along: dict[str, tuple[str, ...]] = field(default_factory=dict)


def lesson_info(notebook: Notebook, lesson: Lesson) -> LessonInfo:
    """Return a lesson's exercises, from the course's own notebook of it.

    The explorer of an exercise is the last one above it in its part of the lesson, or else the first one below it
    there, or else the nearest of the parts before and behind, in this order.

    Examples
    --------
    >>> words = {"cell_type": "markdown", "source": "# 02 Padding\\n## Stride\\n### Exercise: the size", "metadata": {}}
    >>> stub = {"cell_type": "code", "source": "size = ...", "metadata": {"tags": ["exercise-size"]}}
    >>> lesson_info({"cells": [words, stub]}, Lesson(Path("course"), "02_padding")).exercises
    (ExerciseInfo(name='size', heading='Exercise: the size', stub='size = ...', section='Stride', explorer=''),)
    """
    title, above, exercises, part = "", [], [], 0
    explorers: list[tuple[int, int, str]] = []  # the part, how many exercises stand above it, the cell
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            for signs, text in _HEADING.findall(_FENCE.sub("", cell["source"])):
                title = title or text
                above = [(level, words) for level, words in above if level < len(signs)] + [(len(signs), text)]
                part += len(signs) <= 2
        elif name := exercise_of(cell):
            headings = ["", "", *(text for _, text in above)]
            exercises.append((part, ExerciseInfo(name, headings[-1], cell["source"], headings[-2])))
        elif cell["cell_type"] == "code" and shows_explorer(cell["source"]):
            explorers.append((part, len(exercises), cell["source"]))
    beside = [
        replace(exercise, explorer=_nearest(explorers, part, number))
        for number, (part, exercise) in enumerate(exercises, start=1)
    ]
    return LessonInfo(lesson.name, title or lesson.title, tuple(beside))


def _nearest(explorers: list[tuple[int, int, str]], part: int, number: int) -> str:
    """The cell of the explorer that belongs to exercise `number` of a part; empty where none does."""
    above = [(part - at, cell) for at, exercises, cell in reversed(explorers) if exercises < number]
    below = [(at - part, cell) for at, exercises, cell in explorers if exercises >= number]
    near = [one for one in above + below if one[0] <= 1]
    return min(near, key=lambda one: one[0], default=(0, ""))[1]  # the first of the smallest


def take(copy: Path | Notebook, course_notebook: Notebook) -> Taken:
    """Take the answers out of a learner's notebook, with what they need of her other cells: see `along`.

    Parameters
    ----------
    copy : the learner's notebook, or its file. It is only read, whatever is in it
    course_notebook : the course's own notebook of the lesson

    Raises
    ------
    NotebookError
        If `copy` is a file that is no notebook, or has more than 5,000 cells.

    Examples
    --------
    >>> def code(source, *tags): return {"cell_type": "code", "source": source, "metadata": {"tags": list(tags)}}
    >>> course = {"cells": [code("size = ...", "exercise-size"), code("check.size(size)")], "metadata": {}}
    >>> mine = {"cells": [code("side = 4"), code("size = side + 2", "exercise-size")], "metadata": {}}
    >>> taken = take(mine, course)
    >>> taken.answers
    {'size': 'size = side + 2'}
    >>> print(*taken.notes, sep="\\n")
    size: `side = 4` of cell 1 came along
    the check of size was deleted
    >>> taken.along
    {'size': ('side = 4',)}
    """
    notebook = copy if isinstance(copy, dict) else read_copy(copy)
    reader = CopyReader(notebook, course_notebook)
    answers = {name: reader.answer(name) for name in reader.stubs}
    answers, said = renamed(reader, answers)
    along, came = come_along(reader, answers)
    on_own = [*said, *came, *on_names(reader, answers, along)]
    return Taken(answers, (*reader.notes, *on_own, *on_checks(reader), *on_version(reader)), along)
