"""Whose a file is where no platform says so: by the folders that it lies in, or by what it is called.

The first folder from the top that is somebody's: not one that is named after what is in it, and not one that holds the
work of several, which is seen by one lesson in two of its folders or under two people's names. Where a folder could be
either it is taken for several people's: then a file may stand under a strange name, but none is taken for an older
copy of somebody else's. For the same reason one name in two folders is two people's if both have the same lesson.

A zip in somebody's folder is theirs, and so is all in it: whatever its folders and files are called, their names are
those that its owner gave them. If it holds one lesson for several, it is not known whose any of it is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from cnnlab.course.grading.intake.file_names import CONTENTS, beside_lesson, own_name, stem
from cnnlab.course.grading.intake.inbox import File
from cnnlab.course.grading.intake.keys import readable, words
from cnnlab.course.grading.intake.which_lesson import Known, in_name

_DRIVE_ZIP = re.compile(r"-\d{8}T\d{6}Z(-\d+)+$")
_ASSIGNMENT = re.compile(
    r"(?:lesson|lab|week|notebook|hw|homework|assignment|task|unit|module|part|day|exercise|과제|주차|실습)[\W_]*\d{1,3}"
    r"|\d{1,3}[\W_]*(?:과제|주차|강|차시)",
    re.IGNORECASE,
)

Parts = tuple[str, ...]


class Folders:
    """The folders of a class's submissions.

    Parameters
    ----------
    files : each with the lesson that it is; None where that is not known
    course : the lessons whose names are no people's

    Attributes
    ----------
    several : folders that hold the work of several, and those above them
    """

    def __init__(self, files: Sequence[tuple[File, Known | None]], course: Sequence[Known]) -> None:
        self._course = course
        self._numbers = _lesson_numbers(files)
        self.several = self._of_several(files)
        self._zips = {file.parts: _zip(file.parts) for file, _ in files}
        self._people = {self.beside(file)[0] for file, _ in files if not self._folder_of(file)}

    def owner(self, file: File) -> tuple[str, str, bool]:
        """Return the name of whoever a file is of, the folder where it holds, and whether only its own name says so.

        The name is empty where nothing says so.

        A name that stands beside the lesson's, with a dash between them, counts more than a folder if it is found in
        places that are nobody's too: so Google Classroom's folders, one for each assignment, are told from people's.
        """
        (beside, dashed), folder = self.beside(file), self._folder_of(file)
        if not folder or (dashed and beside in self._people and not self._owned_zip(file)):
            return beside, "/".join(file.parts[:-1]), True
        return readable(stem(folder[-1])), "/".join(folder[:-1]), False

    def crowd(self, file: File) -> str:
        """Return the zip that a file lies in, if it is in one learner's folder and holds one lesson for several."""
        parts = self._owned_zip(file)
        return "/".join(parts) if parts in self.several else ""

    def names(self, file: File) -> tuple[str, ...]:
        """Return all that may be the name of its owner, from the top folder down."""
        theirs = self._owned_zip(file)
        above = [file.parts[: n + 1] for n in range(len(theirs) or len(file.parts) - 1)]
        names = [readable(stem(parts[-1])) for parts in above if not self._is_contents(parts)]
        return tuple(name for name in [*names, "" if theirs else self.beside(file)[0]] if name)

    def beside(self, file: File) -> tuple[str, bool]:
        """Return what the file's name says beside the lesson's, and whether a dash stands between them."""
        return beside_lesson(own_name(file.parts[-1]), self._course)

    def _folder_of(self, file: File) -> Parts:
        """Return the first folder that is one learner's; empty where there is none."""
        above = (file.parts[: n + 1] for n in range(len(file.parts) - 1))
        return next((parts for parts in above if not self._is_contents(parts) and parts not in self.several), ())

    def _owned_zip(self, file: File) -> Parts:
        """Return the zip that a file lies in, if it lies itself in one learner's folder; empty where there is none."""
        archive = self._zips[file.parts]
        return archive if 0 < len(self._folder_of(file)) < len(archive) else ()

    def _of_several(self, files: Sequence[tuple[File, Known | None]]) -> set[Parts]:
        """Return the folders that hold one lesson in two folders or under two people's names, and those above them."""
        children: dict[tuple[Parts, str], set[str]] = defaultdict(set)
        named: dict[tuple[Parts, str], set[str]] = defaultdict(set)
        for file, lesson in files:
            if lesson is None:
                continue
            named[file.parts[:-1], lesson.name].add(self.beside(file)[0])
            for depth in range(1, len(file.parts) - 1):
                if not self._is_contents(file.parts[: depth + 1]):
                    children[file.parts[:depth], lesson.name].add(file.parts[depth])
        found = {parts for (parts, _), there in children.items() if len(there) > 1}
        found |= {parts for (parts, _), there in named.items() if len(there - {""}) > 1}
        # What a learner's own zip holds says nothing of the folders that it lies in.
        return {parts[:depth] for parts in found for depth in range(max(1, len(_zip(parts))), len(parts) + 1)}

    def _is_contents(self, parts: Parts) -> bool:
        """Whether a folder's name says what is in it: a lesson, "week 2", "notebooks", a zip of Drive's."""
        name = readable(stem(parts[-1]))
        if parts in self._numbers or _DRIVE_ZIP.search(name) or name.casefold() in CONTENTS:
            return True
        found = in_name(name, self._course)
        return bool(
            _ASSIGNMENT.fullmatch(name) or (found and not words(name[: found[1].start] + name[found[1].stop :]))
        )


def _zip(parts: Parts) -> Parts:
    """Return the first zip on a path that lies in a folder; empty where there is none."""
    return next((parts[:n] for n in range(2, len(parts) + 1) if parts[n - 1].lower().endswith(".zip")), ())


def _lesson_numbers(files: Sequence[tuple[File, Known | None]]) -> set[Parts]:
    """Return the folders called 02, 03 … for what is in them; where one beside them is not, they are people's."""
    fits: dict[Parts, bool] = {}
    for file, lesson in files:
        for depth in range(1, len(file.parts)):
            if re.fullmatch(r"\d{1,2}", file.parts[depth - 1]):
                fit = lesson is not None and int(file.parts[depth - 1]) == int(lesson.name[:2])
                fits[file.parts[:depth]] = fits.get(file.parts[:depth], True) and fit
    strangers = {parts[:-1] for parts, fit in fits.items() if not fit}
    return {parts for parts in fits if parts[:-1] not in strangers}
