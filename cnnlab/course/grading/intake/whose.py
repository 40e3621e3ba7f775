"""Notebooks with what their paths say of their owners → learners, each with their notebooks."""

from __future__ import annotations

import filecmp
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cnnlab.course.grading.intake.inbox import shown
from cnnlab.course.grading.intake.keys import keys, words
from cnnlab.course.grading.intake.matching import Fit, Matcher
from cnnlab.course.grading.intake.pieces import Piece
from cnnlab.course.grading.records import Learner

Owner = tuple[str, str, tuple[str, ...]]  # `cnnlab.course.grading.intake.owners.Claim.owner`

_NO_OWNER = "nothing in its path says whose it is: put it into a folder with the learner's name"

_AGAIN = "another {} has handed in the same lesson: they are taken for two"
_ALONE = "two others called {} have handed in one lesson: whether this is from one of them cannot be told"
_CROWD = "{} lies in one learner's folder and holds one lesson more than once: put what counts beside it"
_TWICE = "{} bears the same name, {}, and is another notebook: put what counts into a folder with the learner's name"
_WHAT_TO_DO = "give its folder the address or the number"


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
    of: dict[str, list[Piece]] = {}
    doubtful: dict[str, str] = {}
    matcher, strangers = Matcher(people), []
    fitted: dict[str, list[tuple[Fit, Piece]]] = {learner.key: [] for learner in people}
    pieces = [_with_person(piece) for piece in pieces]
    doubtful |= _of_one_name(pieces)
    pieces = _deeper(pieces)
    for piece in pieces:
        if piece.file.name in doubtful:
            continue
        if piece.claim.crowd:
            doubtful[piece.file.name] = _CROWD.format(shown(piece.claim.crowd))
            continue
        fitting = matcher.fitting(piece.claim)
        if len(fitting) == 1:
            fitted[fitting[0].learner.key].append((fitting[0], piece))
        elif fitting:
            they = matcher.told_apart([fit.learner for fit in fitting])
            doubtful[piece.file.name] = f"it may be from {they}: {_WHAT_TO_DO} of one of them"
        elif not piece.claim.name:
            doubtful[piece.file.name] = _NO_OWNER
        else:
            note = (f"{piece.claim.name} is not on the roster",) if people else ()
            strangers.append(piece.of(piece.claim, *note))
    for learner in people:
        of[learner.key] = _of_one(fitted[learner.key], matcher.told_apart([learner]), doubtful)
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


def _deeper(pieces: Sequence[Piece]) -> list[Piece]:
    """Say where somebody's folder lies in one that could be another's: those of others lie beside it."""
    places = {piece.claim.number for piece in pieces if piece.claim.name and not piece.claim.platform}
    said = []
    for piece in pieces:
        place = "" if piece.claim.platform else piece.claim.number
        deeper = place and place.rpartition("/")[0] in places
        note = f"{shown(piece.claim.name)} stands within {shown(place)}, beside which are others' copies: is it theirs?"
        said.append(piece.of(piece.claim, note) if deeper and piece.claim.name else piece)
    return said


def _of_one_name(pieces: Sequence[Piece]) -> dict[str, str]:
    """Return the files that differ though they are called after one person and lesson, as anybody may call a file."""
    named: dict[tuple[str, Owner], list[Piece]] = defaultdict(list)
    for piece in pieces:
        if piece.claim.alone and piece.claim.name and piece.named and not piece.trouble:
            named[_lesson(piece), piece.claim.owner].append(piece)
    found = {}
    for first, *others in named.values():
        if not all(filecmp.cmp(first.file.path, other.file.path, shallow=False) for other in others):
            for piece in (first, *others):
                beside = others[0] if piece is first else first
                found[piece.file.name] = _TWICE.format(beside.file.name, piece.claim.name)
    return found


def _of_one(theirs: Sequence[tuple[Fit, Piece]], they: str, doubtful: dict[str, str]) -> list[Piece]:
    """Return what is one learner's of all that fits them; what may be another's of that name is doubtful.

    Two numbers of Moodle's with one lesson are two people, and so are two names or places with one lesson, and two
    numbers of Canvas's anywhere. Who of them has the surest sign is the learner; of equal ones nobody is.
    """
    doubts: dict[str, dict[Owner, int]] = defaultdict(dict)
    first: dict[tuple[str, Owner], str] = {}
    own = []
    for fit, piece in theirs:
        owner = piece.claim.owner
        for place in _places(piece):
            doubts[place][owner] = min(fit.doubt, doubts[place].get(owner, fit.doubt))
            first.setdefault((place, owner), piece.file.name)
    for fit, piece in theirs:
        owner = piece.claim.owner
        rivals = [
            first[place, rival]
            for place in _places(piece)
            for rival, doubt in doubts[place].items()
            if rival != owner and doubt <= doubts[place][owner]
        ]
        if rivals and not fit.sure:
            doubtful[piece.file.name] = (
                f"it may be from {they} or from another of this name ({piece.claim.name}): {rivals[0]} fits as well or "
                f"better. If it is from {they}, {_WHAT_TO_DO}"
            )
        else:
            own.append(piece.of(piece.claim, *filter(None, [fit.note])))
    return own


def _places(piece: Piece) -> list[str]:
    """Within which two owners are two people: a lesson; Canvas's numbers hold all over it."""
    return [_lesson(piece), "canvas"] if piece.claim.platform == "canvas" else [_lesson(piece)]


def _lesson(piece: Piece) -> str:
    return piece.lesson.name if piece.lesson else ""


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
            shared = Counter(lesson for lesson, _ in {(_lesson(p), p.claim.number) for p in theirs})
            for number in dict.fromkeys(piece.claim.number for piece in theirs):
                own = [piece for piece in theirs if piece.claim.number == number]
                alone = not any(shared[_lesson(piece)] > 1 for piece in own)
                notes = [_ALONE if alone else _AGAIN if shared[_lesson(piece)] > 1 else "" for piece in own]
                own = [
                    piece.of(piece.claim, *filter(None, [note.format(claim.name)]))
                    for piece, note in zip(own, notes, strict=True)
                ]
                found.append((claim.name, number, own))
    return sorted(found, key=lambda one: (words(one[0]), one[0], one[1]))


def _are_several(pieces: Sequence[Piece]) -> bool:
    """Whether one name is several people's: two of Moodle's numbers, or two folders, have the same lesson."""
    there = {(_lesson(piece), piece.claim.number) for piece in pieces}
    return len(there) > len({lesson for lesson, _ in there})
