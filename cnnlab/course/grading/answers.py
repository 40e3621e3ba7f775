"""A learner's notebook → the answers in it, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnlab.course.copy.merge import exercise_of
from cnnlab.course.grading.records import ExerciseInfo, LessonInfo
from cnnlab.course.lessons import Lesson
from cnnlab.course.notebook import read_notebook

Notebook = dict[str, Any]


@dataclass(frozen=True)
class Taken:
    """The answers of one notebook.

    Attributes
    ----------
    answers : exercise → the source of its answer, in the course's order; None where no cell of the notebook holds it.
        A text that is the course's own stub means that the exercise was not attempted
    notes : what a teacher should know
    """

    answers: dict[str, str | None]
    notes: tuple[str, ...] = ()


def lesson_info(notebook: Notebook, lesson: Lesson) -> LessonInfo:
    """Return a lesson's exercises, from the course's own notebook of it."""
    heading, title, exercises = "", "", []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            for line in cell["source"].split("\n"):
                if line.startswith("#"):
                    heading = line.lstrip("#").strip()
                    title = title or heading
        elif name := exercise_of(cell):
            exercises.append(ExerciseInfo(name, heading, cell["source"]))
    return LessonInfo(lesson.name, title or lesson.title, tuple(exercises))


def take(copy: Path | Notebook, course_notebook: Notebook) -> Taken:
    """Take the answers, and only them, out of a learner's notebook."""
    notebook = copy if isinstance(copy, dict) else read_notebook(copy)
    found = {exercise_of(cell): cell["source"] for cell in notebook["cells"] if exercise_of(cell)}
    names = [name for cell in course_notebook["cells"] if (name := exercise_of(cell))]
    return Taken({name: found.get(name) for name in names})
