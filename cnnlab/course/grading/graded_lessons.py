"""The lessons that are graded, as the course has them, and what stands for all that their verdicts depend on."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cnnlab.common.files import sha256
from cnnlab.course.grading.confined import confine
from cnnlab.course.grading.intake.answers import lesson_info
from cnnlab.course.grading.records import LessonInfo
from cnnlab.course.lesson_checks import checks_of
from cnnlab.course.lessons import CourseError, find_lessons
from cnnlab.course.notebook import read_notebook


@dataclass(frozen=True)
class GradedLesson:
    """A lesson as the course has it.

    Attributes
    ----------
    notebook : the course's own, without outputs
    info : its title and its exercises
    fingerprint : of all that its verdicts depend on, the answers left out: its cells, its checks, the package, the
        versions of Python, NumPy and Keras, and the container's image
    """

    notebook: dict[str, Any]
    info: LessonInfo
    fingerprint: str

    @property
    def exercises(self) -> list[str]:
        """Names, in the lesson's order."""
        return [exercise.name for exercise in self.info.exercises]


def graded_lessons(
    words: Iterable[str], course: Path | None = None, container: str | None = None
) -> dict[str, GradedLesson]:
    """Return the lessons that `words` name, by name; without words, all that have exercises.

    Raises
    ------
    CourseError
        For a word that names no lesson, and for a lesson without a notebook, without checks or without exercises.
    """
    words = list(words)
    around = [confine.fingerprint(), platform.python_version(), version("numpy"), version("keras"), container]
    found = {}
    for lesson in find_lessons(words, course):
        if not lesson.notebook.is_file():
            raise CourseError(f"{lesson.name} has no notebook yet: run `cnnlab build {lesson.number}`")
        notebook = read_notebook(lesson.notebook)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell.update(outputs=[], execution_count=None)  # they may be large, and travel with each copy
        info = lesson_info(notebook, lesson)
        if info.exercises:
            cells = [[c["cell_type"], c["source"], c["metadata"].get("tags", [])] for c in notebook["cells"]]
            checks = sha256(Path(checks_of(notebook).__file__))
            found[lesson.name] = GradedLesson(notebook, info, fingerprint([cells, checks, *around]))
        elif words:
            raise CourseError(f"`LESSON` must have exercises. Received: {lesson.name!r}, which has none")
    return found


def fingerprint(content: object) -> str:
    """SHA-256 of what JSON can hold, as 64 hexadecimal digits.

    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1}) != fingerprint({"a": 1})
    True
    """
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
