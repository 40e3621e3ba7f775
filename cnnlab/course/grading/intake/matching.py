"""Who on the roster a file is from, by what its path says: the first of these that somebody fits.

1. the platform's own number: Canvas's *ID*; the *Identifier* of a Moodle grading worksheet;
2. an e-mail address, a user name, the part of an address before the @, a student number: a folder or a file that is
   called so; a repository that ends with the user name; a name that has the address or the number, of four digits or
   more, as a word in it ("20261234 김민서");
3. the name, first name first;
4. the name in another order, or without its spaces, as Canvas writes it;
5. the whole name within a longer one ("hw2 Ada Lovelace"), of two words or in another script than the Latin.

Small and capital letters, punctuation and the ways to write one accent make no difference. Where two fit equally well,
neither is taken: the file is set aside with both named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from cnnlab.course.grading.intake.keys import squeezed, words
from cnnlab.course.grading.intake.owners import Claim
from cnnlab.course.grading.intake.roster import kinds_of, says
from cnnlab.course.grading.records import Learner

_UNIQUE = ("email", "user", "number", "canvas", "identifier")


class Matcher:
    """Finds learners of a roster.

    Parameters
    ----------
    learners : as `cnnlab.course.grading.intake.roster.read_roster` returns them
    """

    def __init__(self, learners: Sequence[Learner]) -> None:
        self._kinds = kinds_of(learners[0].columns) if learners else {}
        self._learners = list(learners)
        self._names = [self._names_of(learner) for learner in learners]
        self._marks = [self._marks_of(learner) for learner in learners]

    def fitting(self, claim: Claim) -> list[Learner]:
        """Return who fits: nobody, one, or several between whom there is no telling."""
        for fits in self._ways(claim):
            if found := [learner for n, learner in enumerate(self._learners) if fits(n)]:
                return found
        return []

    def told_apart(self, learners: Sequence[Learner]) -> str:
        """Name learners so that a teacher can tell them apart: "Ada Lovelace (ada@school.example)".

        >>> bo = [Learner(f"bo-{n}", "Bo", {"Student": "Bo", "ID": str(n)}) for n in (1, 2)]
        >>> Matcher(bo).told_apart(bo)
        'Bo (1) or Bo (2)'
        """

        def mark(learner: Learner) -> str:
            marks = (says(learner.columns, self._kinds, kind) for kind in _UNIQUE)
            return next((f" ({mark})" for mark in marks if mark), "")

        return " or ".join(f"{learner.name}{mark(learner)}" for learner in learners)

    def _ways(self, claim: Claim) -> Iterator[Callable[[int], bool]]:
        if claim.platform in ("canvas", "moodle") and claim.number:
            yield lambda n: self._number(n, claim.platform) == claim.number
        said = {name.casefold() for name in claim.names}
        yield lambda n: bool(self._marks[n] & said)
        if claim.platform == "github":
            ends = [
                max((len(mark) for mark in marks for name in said if name.endswith(f"-{mark}")), default=0)
                for marks in self._marks
            ]
            yield lambda n: 0 < ends[n] == max(ends)
        parts = {part for name in said for part in re.split(r"[\s_()\[\],;]+", name)}
        yield lambda n: any("@" in mark or re.search(r"\d{4}", mark) for mark in self._marks[n] & parts)
        names = {words(name) for name in claim.names} - {()}
        yield lambda n: bool({words(name) for name in self._names[n]} & names)
        together = {"".join(name) for name in names}
        yield lambda n: any(squeezed(name) & together for name in self._names[n])
        yield lambda n: any(_within(words(name), longer) for name in self._names[n] for longer in names)

    def _number(self, n: int, platform: str) -> str:
        said = says(self._learners[n].columns, self._kinds, "canvas" if platform == "canvas" else "identifier")
        return said if platform == "canvas" else re.sub(r".*\D", "", said)

    def _names_of(self, learner: Learner) -> set[str]:
        """The name as read, as the columns have it, last name first."""
        first, last = (says(learner.columns, self._kinds, kind) for kind in ("first", "last"))
        given = {says(learner.columns, self._kinds, kind) for kind in ("name", "identifier")}
        return {name for name in {learner.name, f"{first} {last}", *given} if words(name)}

    def _marks_of(self, learner: Learner) -> set[str]:
        said = {
            says(learner.columns, self._kinds, kind).casefold() for kind in ("email", "user", "number", "repository")
        }
        return {mark for mark in said | {mark.partition("@")[0] for mark in said} if len(mark) > 1}


def _within(name: tuple[str, ...], longer: tuple[str, ...]) -> bool:
    """Whether a whole name stands in a longer text, word by word."""
    if len(name) < 2 and "".join(name).isascii():
        return False
    return any(longer[n : n + len(name)] == name for n in range(len(longer) - len(name) + 1))
