"""The folder of a grading: whose it is, and in it one JSON file for each copy, read back with every field checked."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from cnnlab.common.errors import cause
from cnnlab.common.files import write_atomic
from cnnlab.common.version import VERSION
from cnnlab.course.grading.records import STATUSES, Graded, Judgement
from cnnlab.course.lessons import CourseError

_MARK = "grading.json"  # says that the folder is one of ours
_LARGEST = 50_000_000  # bytes of a result; one of ours has a few thousand


class ResultError(CourseError):
    """A result on disk is not as it was written."""


class Store:
    """The results below a folder that `claim` has given.

    Attributes
    ----------
    out : the folder
    """

    def __init__(self, out: Path) -> None:
        self.out = out

    def begin(self) -> None:
        """Make the folder, and write into it that it is a grading's.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            write_atomic(self.out / _MARK, json.dumps({"written by": "cnnlab grade", "version": VERSION}) + "\n")
        except OSError as error:
            words = f"`out` must be a folder that can be written. Received: {str(self.out)!r}: {cause(error)}"
            raise OSError(words) from None

    def path(self, learner: str, lesson: str) -> Path:
        """Where the result of a copy is."""
        return self.out / "results" / learner / f"{lesson}.json"

    def save(self, graded: Graded) -> None:
        """Write the result of a copy; what was there is replaced in one step.

        Raises
        ------
        OSError
            If the folder cannot be written or is full.
        """
        path = self.path(graded.learner, graded.lesson)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, json.dumps(asdict(graded), indent=1) + "\n")  # plain ASCII: half a character has no bytes

    def load(self, learner: str, lesson: str, exercises: Sequence[str]) -> Graded | None:
        """Return the result of a copy, None if there is none.

        Parameters
        ----------
        learner, lesson : the learner's key and the lesson's name
        exercises : names of the exercises that it must hold, in their order

        Raises
        ------
        ResultError
            If the file cannot be read, or anything in it is not as `save` writes it. The message names the file and
            the field.
        """
        path = self.path(learner, lesson)
        try:
            if not os.path.lexists(path):
                return None
            if not path.is_file() or (size := path.stat().st_size) > _LARGEST:
                raise ValueError("it is no file" if not path.is_file() else f"it has {size:,} bytes")
            graded = _graded(json.loads(path.read_bytes()), exercises)
            if (graded.learner, graded.lesson) != (learner, lesson):
                raise ValueError(f"it is the result of {graded.learner} in {graded.lesson}")
        except RecursionError:
            raise ResultError(self._unreadable(path, "its lists are thousands deep")) from None
        except OSError as error:
            raise ResultError(self._unreadable(path, cause(error))) from None
        except ValueError as error:
            raise ResultError(self._unreadable(path, str(error))) from None
        return graded

    def _unreadable(self, path: Path, why: str) -> str:
        return f"{path.relative_to(self.out).as_posix()} is not as it was written: {why}"

    def others(self, learners: Collection[str], lessons: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield (learner's key, lesson's name) of each result that is not of these learners and these lessons."""
        for path in sorted((self.out / "results").glob("*/*.json")):
            if path.parent.name not in learners or path.stem not in lessons:
                yield path.parent.name, path.stem


def claim(out: Path, submissions: Path) -> Store:
    """Return the store of a grading in `out`, if that folder may be a grading's. Nothing is written yet.

    Parameters
    ----------
    out : a folder that is not there yet, that is empty, or that an earlier grading wrote
    submissions : what is graded; neither folder may lie in the other

    Raises
    ------
    CourseError
        If `out` holds something else, or lies in `submissions`, or around it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "thesis.docx").write_text("mine")
    ...     claim(Path(folder), Path("submissions"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    cnnlab.course.lessons.CourseError: `out` must be a new folder, an empty one, or one that ... Received: ...
    """
    real, theirs = Path(os.path.realpath(out)), Path(os.path.realpath(submissions))
    if real == theirs or theirs in real.parents or real in theirs.parents:
        raise CourseError(
            "`out` must lie outside of the folder of submissions, and not around it: the results would be taken for "
            f"something handed in. Received: {str(out)!r} for the submissions in {str(submissions)!r}"
        )
    if out.exists() and not out.is_dir():
        raise CourseError(f"`out` must be a folder. Received: {str(out)!r}, which is a file")
    held = sorted(path.name for path in out.iterdir()) if out.is_dir() else []
    if held and not (out / _MARK).is_file():
        raise CourseError(
            "`out` must be a new folder, an empty one, or one that `cnnlab grade` wrote, so that nothing else is "
            f"replaced. Received: {str(out)!r}, which holds {held[0]!r}"
            + f" and {len(held) - 1} more"
            * (len(held) > 1)
        )
    return Store(out)


def _graded(read: Any, exercises: Sequence[str]) -> Graded:
    """A `Graded` again from what `asdict` made of it; ValueError where a field is missing, unknown, of a wrong type."""
    values = _fields(read, Graded, "it")
    _strings(values, "learner", "lesson", "file", "fingerprint")
    values["judgements"] = judgements_of(values["judgements"], exercises)
    notes = values["notes"]
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
        raise ValueError("its `notes` are no list of texts")
    values["notes"] = tuple(notes)
    answers = values["answers"]
    if not isinstance(answers, dict) or not all(isinstance(source, str) for source in answers.values()):
        raise ValueError("its `answers` are no texts by exercise")
    if not isinstance(values["late"], bool):
        raise ValueError("its `late` is neither true nor false")
    seconds = values["seconds"]
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < math.inf:
        raise ValueError("its `seconds` are no number >= 0")
    return Graded(**values)


def judgements_of(rows: Any, exercises: Sequence[str]) -> tuple[Judgement, ...]:
    """Return judgements again from what `asdict` made of them: one for each of `exercises`, in their order.

    Raises
    ------
    ValueError
        If anything in them is not so.
    """
    if not isinstance(rows, list):
        raise ValueError("its `judgements` are no list")
    judgements = tuple(_judgement(row, number) for number, row in enumerate(rows, start=1))
    if [judgement.exercise for judgement in judgements] != list(exercises):
        raise ValueError("its `judgements` are not of the lesson's exercises")
    return judgements


def _judgement(row: Any, number: int) -> Judgement:
    values = _fields(row, Judgement, f"judgement {number}")
    _strings(values, *values)
    if values["status"] not in STATUSES:
        raise ValueError(f"judgement {number} has the unknown status {values['status'][:40]!r}")
    return Judgement(**values)


def _fields(read: Any, record: type, what: str) -> dict[str, Any]:
    names = {field.name for field in fields(record)}
    if not isinstance(read, dict) or read.keys() != names:
        raise ValueError(f"{what} does not have the fields {', '.join(sorted(names))}")
    return dict(read)


def _strings(values: dict[str, Any], *names: str) -> None:
    for name in names:
        if not isinstance(values[name], str):
            raise ValueError(f"its `{name}` is no text")
