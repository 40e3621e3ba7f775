"""One notebook that somebody has handed in: its file, its lesson, what it holds, and what its path says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from cnnlab.course.grading.intake.copy_reader import read_copy
from cnnlab.course.grading.intake.file_names import own_name
from cnnlab.course.grading.intake.inbox import File
from cnnlab.course.grading.intake.keys import readable
from cnnlab.course.grading.intake.owners import Claim
from cnnlab.course.grading.intake.which_lesson import Known, attempted, lesson_of
from cnnlab.course.notebook import NotebookError

_NOTHING: dict[str, Any] = {"cells": [], "metadata": {}}


@dataclass(frozen=True)
class Piece:
    """A notebook on its way to its learner.

    Attributes
    ----------
    file, lesson : which file, of which lesson; None where neither its name nor its cells say so
    claim : what its path says of its owner
    trouble : why it cannot be read; empty where it can
    notes : what a teacher should know
    attempted : whether an exercise in it is not as the course has it
    person : whom Colab names as the one who ran its cells; empty where it names none or several
    named : whether its path names its owner, and not its content alone
    """

    file: File
    lesson: Known | None
    claim: Claim = Claim("")
    trouble: str = ""
    notes: tuple[str, ...] = ()
    attempted: bool = False
    person: str = ""
    named: bool = True

    def of(self, claim: Claim, *notes: str) -> Piece:
        """Return it with an owner, and notes on how that came about."""
        return replace(self, claim=claim, notes=(*self.notes, *notes))


def read_piece(file: File, course: list[Known]) -> Piece:
    """Read a notebook as far as it takes to say what it is; nothing of it is kept."""
    name, folders = own_name(file.parts[-1] if file.parts else file.path.name), file.parts[:-1]
    notebook, trouble = _NOTHING, file.trouble
    if not trouble:
        try:
            notebook = read_copy(file.path)
        except NotebookError as error:
            trouble = str(error).removeprefix(f"{file.path.name} ")
    lesson, note = lesson_of(name, notebook, course, folders)
    tried = lesson is not None and not trouble and attempted(notebook, lesson)
    return Piece(file, lesson, Claim(""), trouble, (note,) if note else (), tried, _person(notebook))


def _person(notebook: dict[str, Any]) -> str:
    people = set()
    for cell in notebook["cells"]:
        ran = cell["metadata"].get("executionInfo")
        user = ran.get("user") if isinstance(ran, dict) else None
        if isinstance(user, dict) and isinstance(user.get("displayName"), str):
            people.add(readable(user["displayName"][:200]))
    return people.pop() if len(people) == 1 else ""
