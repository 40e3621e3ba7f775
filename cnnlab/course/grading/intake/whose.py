"""Notebooks with what their paths say of their owners → learners, each with their notebooks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cnnlab.course.grading.intake.keys import keys, words
from cnnlab.course.grading.intake.matching import Matcher
from cnnlab.course.grading.intake.pieces import Piece
from cnnlab.course.grading.records import Learner

_NO_OWNER = "nothing in its path says whose it is: put it into a folder with the learner's name"


@dataclass(frozen=True)
class Sorted:
    """A class, sorted out.

    Attributes
    ----------
    learners : those on the roster, in its order, then the others by name
    of : a learner's key → their notebooks
    doubtful : file → why it is nobody's
    """

    learners: tuple[Learner, ...]
    of: dict[str, list[Piece]]
    doubtful: dict[str, str]


def sort_out(pieces: Sequence[Piece], people: Sequence[Learner]) -> Sorted:
    """Give each notebook to its learner.

    Parameters
    ----------
    pieces : notebooks of the lessons that are graded
    people : the roster; without one, everybody whom a path names is a learner
    """
    of: dict[str, list[Piece]] = {learner.key: [] for learner in people}
    doubtful: dict[str, str] = {}
    matcher, strangers = Matcher(people), []
    for piece in map(_with_person, pieces):
        fitting = matcher.fitting(piece.claim)
        if len(fitting) == 1:
            of[fitting[0].key].append(piece)
        elif fitting:
            they = matcher.told_apart(fitting)
            doubtful[piece.file.name] = (
                f"it may be from {they}: give its folder the address or the number of one of them"
            )
        elif not piece.claim.name:
            doubtful[piece.file.name] = _NO_OWNER
        else:
            note = (f"{piece.claim.name} is not on the roster",) if people else ()
            strangers.append(piece.of(piece.claim, *note))
    others = _by_identity(strangers)
    names = Counter(name for name, _, _ in others)
    made, learners = keys([(name, number) for name, number, _ in others]), list(people)
    for key, (name, number, theirs) in zip(made, others, strict=True):
        free, again = key, 2
        while free in of:  # somebody on the roster has it
            free, again = f"{key}-{again}", again + 1
        of[free] = theirs
        learners.append(Learner(free, f"{name} ({number})" if names[name] > 1 and number else name))
    return Sorted(tuple(learners), of, doubtful)


def _with_person(piece: Piece) -> Piece:
    """Take the name from Colab's record of who ran the cells where the path has none."""
    if piece.claim.name or not piece.person:
        return piece
    claim = replace(piece.claim, name=piece.person, names=(piece.person,))
    piece = replace(piece, named=False)  # what a file says of itself does not replace what has its owner's name
    return piece.of(claim, f"its path names nobody; Colab says that {piece.person} ran it")


def _by_identity(pieces: Sequence[Piece]) -> list[tuple[str, str, list[Piece]]]:
    """Group notebooks by their owner: name, number and notebooks of each, in the order of the names."""
    groups: dict[tuple[str, str], list[Piece]] = defaultdict(list)
    for piece in pieces:
        groups[piece.claim.who].append(piece)
    found = []
    for theirs in groups.values():
        claim = theirs[0].claim
        if claim.platform in ("canvas", "github"):
            found.append((claim.name, claim.number, theirs))
        elif not _are_several(theirs):
            found.append((claim.name, "", theirs))
        else:
            note = f"another {claim.name} has handed in the same lesson: they are taken for two"
            for number in dict.fromkeys(piece.claim.number for piece in theirs):
                own = [piece.of(piece.claim, note) for piece in theirs if piece.claim.number == number]
                found.append((claim.name, number, own))
    return sorted(found, key=lambda one: (words(one[0]), one[0], one[1]))


def _are_several(pieces: Sequence[Piece]) -> bool:
    """Whether one name is several people's: two of Moodle's numbers, or two folders, have the same lesson."""
    there = {(piece.lesson.name, piece.claim.number) for piece in pieces if piece.lesson}
    return len(there) > len({lesson for lesson, _ in there})
