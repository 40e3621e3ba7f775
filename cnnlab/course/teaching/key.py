"""``cnnlab key``: lessons with every exercise solved, and why the solution works, for the teacher alone."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cnnlab.common.files import write_atomic
from cnnlab.course.grading.intake.cell_names import bound, read
from cnnlab.course.lesson_checks import checks_of, exercises_of
from cnnlab.course.lessons import CourseError, Lesson
from cnnlab.course.notebook import NotebookError, read_notebook
from cnnlab.course.teaching.own_files import foreign
from cnnlab.course.teaching.reading import lesson_notebook

Notebook = dict[str, Any]


def write_keys(lessons: Sequence[Lesson], out: Path, announce: Callable[[Path], object] = lambda path: None) -> None:
    """Write ``NN_name.key.ipynb`` for each lesson into a folder.

    Raises
    ------
    CourseError
        If a lesson has no notebook or no checks, or if a file of that name is there which this command has not written,
        or in which a cell has been changed since. Then nothing is written.
    """
    keys: dict[Path, Notebook] = {}
    for lesson in lessons:
        notebook = lesson_notebook(lesson)
        path = Path(out) / f"{lesson.name}.key.ipynb"
        keys[path] = _as_key(solve(notebook, exercises_of(checks_of(notebook))))
        if path.exists() and not _own(path):
            raise foreign(path)
    Path(out).mkdir(parents=True, exist_ok=True)
    for path, key in keys.items():
        cells = [{**cell, "source": cell["source"].splitlines(keepends=True)} for cell in key["cells"]]
        text = json.dumps({**key, "cells": cells}, ensure_ascii=False, indent=1, sort_keys=True)
        write_atomic(path, text + "\n")
        announce(path)


def solve(notebook: Notebook, exercises: Mapping[str, Any]) -> Notebook:
    """Return a lesson with each exercise's solution in its cell, and below it why it works.

    What depended on an answer has no output any more: it would be that of the unsolved lesson.

    Parameters
    ----------
    notebook : parsed JSON, or a node of nbformat's; it is not changed
    exercises : of `cnnlab.course.lesson_checks.exercises_of`

    Raises
    ------
    CourseError
        If a cell is tagged as that of an exercise which the checks do not have.
    """
    solved = copy.deepcopy(notebook)
    answers = {"check"}  # the names that depend on an answer
    for number, cell in enumerate(solved["cells"], start=1):
        if cell["cell_type"] != "code":
            continue
        tags = cell["metadata"].get("tags", [])
        name = next((tag.removeprefix("exercise-") for tag in tags if tag.startswith("exercise-")), None)
        if name is not None and name not in exercises:
            raise CourseError(f"cell {number} is that of an exercise {name!r}, which the lesson's checks do not have")
        names = read(cell["source"])
        if name is None and names is not None and not names & answers:
            continue
        cell.update(outputs=[], execution_count=None)
        if name is None:
            answers |= bound(cell["source"]) or frozenset()
        else:
            answers.add(exercises[name].answer_name)
            cell["source"] = _worked(exercises[name])
    return solved


def _worked(exercise: Any) -> str:
    why = textwrap.fill(f"Why it works: {exercise.why}", 100, initial_indent="# ", subsequent_indent="# ")
    return f"{exercise.solution_source}\n{why}" if exercise.why else exercise.solution_source


def _as_key(notebook: Notebook) -> Notebook:
    """Say in the title what it is, and in the metadata what it holds."""
    first = notebook["cells"][0]
    first["source"] = re.sub(r"^# .+", lambda title: f"{title[0]} · answer key", first["source"], count=1)
    return {**notebook, "metadata": {**notebook["metadata"], "cnnlab": {"key": _state(notebook)}}}


def _state(notebook: Notebook) -> str:
    """A short name for what the cells say; running them does not change it."""
    words = [(cell["cell_type"], cell["source"]) for cell in notebook["cells"]]
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()[:16]


def _own(path: Path) -> bool:
    try:
        there = read_notebook(path)
    except NotebookError:
        return False
    mark = there["metadata"].get("cnnlab")
    return isinstance(mark, dict) and mark.get("key") == _state(there)
