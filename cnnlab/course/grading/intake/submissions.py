"""What a class has handed in: whose each notebook is, of which lesson, and which one counts where there are several."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cnnlab.course.grading.intake.inbox import Inbox, cleared, open_inbox
from cnnlab.course.grading.intake.owners import claims
from cnnlab.course.grading.intake.pieces import Piece, read_piece
from cnnlab.course.grading.intake.roster import read_roster
from cnnlab.course.grading.intake.which_lesson import Known, known
from cnnlab.course.grading.intake.whose import sort_out
from cnnlab.course.grading.records import Learner
from cnnlab.course.lessons import Lesson, all_lessons

_OTHER_LESSON = "of another lesson than those that are graded: {}"
_NO_LESSON = "of no lesson of the course: neither its name nor its cells say which"
_NO_NOTEBOOK = "not a notebook, and there is none beside it"
_NAMED = 10  # files in a note; all of them are set aside by name
_LOOKED_AT = 2_000  # files that are no notebooks


@dataclass(frozen=True)
class Copy:
    """The notebook that is graded for one learner and one lesson; there is at most one.

    Attributes
    ----------
    learner, lesson : a learner's key, a lesson's name
    path : the file, which can be read as long as the `Found` that it came with is kept
    file : the same below the folder of submissions, with forward slashes
    late : whether the platform marked it as late
    notes : what a teacher should know: other files of this learner and lesson, and why this one was taken
    """

    learner: str
    lesson: str
    path: Path
    file: str
    late: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """All that a folder of submissions holds.

    Attributes
    ----------
    learners : in the order of the roster, else by name; those on the roster who handed in nothing included
    copies : by learner, then lesson
    set_aside : file → why it is not graded, and need not be: another lesson, an older copy, a link, a hidden folder
    broken : file → why it cannot be graded although somebody handed it in: damaged, too large, nobody's
    """

    learners: tuple[Learner, ...]
    copies: tuple[Copy, ...]
    set_aside: dict[str, str]
    broken: dict[str, str] = field(default_factory=dict)


def find(folder: Path, lessons: Sequence[Lesson], roster: Path | None = None) -> Found:
    """Find the notebooks in a folder (or a zip) as Moodle, Canvas, Google Classroom or GitHub Classroom export it.

    Parameters
    ----------
    folder : several assignments, all lessons, zips: anything may lie in it, see `cnnlab.course.grading.intake.inbox`
    lessons : those to grade, all of one course
    roster : a class list, see `cnnlab.course.grading.intake.roster`; with it, files are looked up in it

    Returns
    -------
    Found
        Every notebook in the folder is one of its copies, is named in a copy's note, is set aside or is broken.
        Folders that are not entered stand there with a slash at their end.

        *Whose* a file is: `cnnlab.course.grading.intake.owners`, and with a roster
        `cnnlab.course.grading.intake.matching`; what may be from either of two people is broken, with
        both named. Without a roster, people of one name are one learner unless their
        platform's numbers say otherwise: on Canvas always; on Moodle, where a number holds for one assignment alone,
        if two numbers have handed in the same lesson; elsewhere if the name stands in two folders with the same lesson.

        *Which lesson* it is: `cnnlab.course.grading.intake.which_lesson`.

        *Which one counts* where a learner has several of one lesson: one that can be read; then one whose path names
        the learner, where another says so in its content alone; then one with an answer in it; then the last that
        Canvas has received; then the highest number of a copy, ``(2)`` or ``-1``; then the one that lies in the fewest
        folders; then the first by name. The others are named in its notes, and set aside.

    Raises
    ------
    CourseError
        If there is no such folder, zip or roster, or it cannot be read as a whole.
    """
    wanted = {lesson.name for lesson in lessons}
    course = known(all_lessons(lessons[0].course)) if lessons else []
    scratch = Path(tempfile.mkdtemp(prefix="cnnlab-submissions-"))
    folder, roster = Path(folder), None if roster is None else Path(roster)
    try:
        people = read_roster(roster) if roster is not None else []
        inbox = open_inbox(folder, scratch)
        inbox.others = [file for file in inbox.others if roster is None or file.path.resolve() != roster.resolve()]
        found = _found(inbox, wanted, course, people)
    except BaseException:
        cleared(scratch)
        raise
    weakref.finalize(found, cleared, scratch)
    return found


def _found(inbox: Inbox, wanted: set[str], course: Sequence[Known], people: Sequence[Learner]) -> Found:
    set_aside, broken = dict(inbox.set_aside), dict(inbox.broken)
    pieces = [read_piece(file, course) for file in inbox.notebooks]
    others = inbox.others
    files = [(piece.file, piece.lesson) for piece in pieces] + [(file, None) for file in others[:_LOOKED_AT]]
    said = claims(files, course, inbox.repositories)

    waiting, owners = [], set()
    for piece, claim in zip(pieces, said, strict=False):
        owners.add(claim.who)
        if piece.lesson is None:
            (broken if piece.trouble else set_aside)[piece.file.name] = piece.trouble or _NO_LESSON
        elif piece.lesson.name not in wanted:
            set_aside[piece.file.name] = _OTHER_LESSON.format(piece.lesson.name)
        else:
            waiting.append(piece.of(claim))
    for file, claim in zip(others, said[len(pieces) :], strict=False):
        if claim.who not in owners:
            set_aside[file.name] = _NO_NOTEBOOK
    if len(others) > _LOOKED_AT:
        set_aside[others[_LOOKED_AT].name] = "not a notebook; nor are others after it, which are not named"

    class_ = sort_out(waiting, people)
    broken |= class_.doubtful
    copies = []
    for learner in class_.learners:
        for lesson in course:
            theirs = [piece for piece in class_.of[learner.key] if piece.lesson is lesson]
            copies += _chosen(learner, theirs, set_aside, broken)
    return Found(tuple(class_.learners), tuple(copies), set_aside, broken)


def _chosen(learner: Learner, theirs: Sequence[Piece], set_aside: dict[str, str], broken: dict[str, str]) -> list[Copy]:
    """Return the copy that counts of one learner and lesson, if there is one; say of the others why they do not."""
    sound = sorted((piece for piece in theirs if not piece.trouble), key=_rank, reverse=True)
    if not sound:
        broken.update((piece.file.name, piece.trouble) for piece in theirs)
        return []
    best, *others = sound
    notes = list(best.notes)
    if others:
        more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
        names = ", ".join(piece.file.name for piece in others[:_NAMED]) + more
        notes.append(
            f"{len(sound)} files of this lesson: {best.file.name} counts, because {_why(best, others[0])}; not {names}"
        )
    for piece in others:
        set_aside[piece.file.name] = f"another file of this learner counts for {best.lesson.name}: {best.file.name}"
    for piece in theirs:
        if piece.trouble:
            set_aside[piece.file.name] = f"{piece.trouble}; {best.file.name} of the same learner counts"
            notes.append(f"{piece.file.name} of the same lesson was passed over: {piece.trouble}")
    return [Copy(learner.key, best.lesson.name, best.file.path, best.file.name, best.claim.late, tuple(notes))]


def _rank(piece: Piece) -> tuple[bool, bool, tuple[int, int], int, list[int]]:
    backwards = [-ord(letter) for letter in piece.file.name]
    return piece.named, piece.attempted, piece.claim.newer, -len(piece.file.parts), backwards


def _why(best: Piece, other: Piece) -> str:
    reasons = [
        "its path names the learner",
        "it holds an answer",
        "it was uploaded last",
        "its name has the highest number",
        "it lies in the fewest folders",
    ]
    ranks = [(p.named, p.attempted, p.claim.newer[0], p.claim.newer[1], -len(p.file.parts)) for p in (best, other)]
    return next((why for why, a, b in zip(reasons, *ranks, strict=True) if a != b), "it is the first by name")
