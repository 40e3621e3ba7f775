"""Who on the roster a file is from, by what its path says.

A number of the platform's decides alone: Canvas's *ID*, the *Identifier* of a Moodle grading worksheet, a user name on
GitHub. Else each name in the path is asked for

1. an e-mail address, a user name, a student number: a folder or a file that is called so, or that has the address or
   the number, of four digits or more, as a word in it ("20261234 김민서");
2. the name, first name first, or last name first with a comma or, on Canvas, as Canvas writes it;
3. the name in another order, or without its spaces;
4. the part of an address before the @;
5. the whole name within a longer one ("hw2 Ada Lovelace"), of two words or in another script than the Latin.

Of 2, 3 and 5 the first counts that somebody fits. Small and capital letters, punctuation and the ways to write one
accent make no difference. Where signs point at two people, or one sign fits two, neither is taken: the file is set
aside with both named. From 3 on a match is a guess, and a note says what it rests on.

Moodle and Canvas give the whole name: there 4 and 5 are nobody's, "Maria Garcia Lopez" is not Maria Garcia. Somebody
whom the roster gives another number on Canvas, or another user name on GitHub, is somebody else of that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cnnlab.course.grading.intake.keys import squeezed, words
from cnnlab.course.grading.intake.owners import Claim
from cnnlab.course.grading.intake.roster import kinds_of, says
from cnnlab.course.grading.records import Learner

_UNIQUE = ("email", "user", "number", "canvas", "identifier")
# From the surest sign to the weakest.
_MARK, _NAME, _ORDER, _PART, _WITHIN = range(1, 6)
_GUESSES = {
    _ORDER: "the name stands in its path in another order or with other spaces",
    _PART: "the part of the address before the @ stands in its path",
    _WITHIN: "the name is part of a longer one in its path",
}

Sign = dict[int, int]  # whom it fits, by their place on the roster → how sure it is


@dataclass(frozen=True)
class Fit:
    """Somebody whom a file may be from.

    Attributes
    ----------
    learner : who
    doubt : 0 or 1 where no two people share the sign, more the weaker it is: a name, a guess
    note : what a guess rests on; empty where it is none
    """

    learner: Learner
    doubt: int
    note: str = ""

    @property
    def sure(self) -> bool:
        """Whether it rests on a sign that nobody else has."""
        return self.doubt <= _MARK


class Matcher:
    """Finds learners of a roster.

    Parameters
    ----------
    learners : as `cnnlab.course.grading.intake.roster.read_roster` returns them
    """

    def __init__(self, learners: Sequence[Learner]) -> None:
        columns = learners[0].columns if learners else {}
        self._kinds = kinds_of(columns)
        self._learners = list(learners)
        names = [self._names_of(learner) for learner in learners]
        self._names = [{words(name) for name in own} for own in names]
        self._squeezed = [frozenset[str]().union(*map(squeezed, own)) for own in names]
        self._sorted = [self._sorted_names(learner, own) for learner, own in zip(learners, names, strict=True)]
        self._marks = [self._marks_of(learner) for learner in learners]
        self._parts = [{mark.partition("@")[0] for mark in marks if "@" in mark} for marks in self._marks]
        headings = {heading.strip().casefold() for heading in columns}
        # Whose numbers these are: an "ID" may be a school's own, a user name one of Moodle's.
        self._numbered = {"canvas": "canvas"} if {"id", "section"} <= headings else {}
        if "github_username" in headings:
            self._numbered["github"] = "user"

    def fitting(self, claim: Claim) -> list[Fit]:
        """Return who fits: nobody, one, or several between whom there is no telling."""
        signs = [self._by_platform(claim)]
        if not signs[0]:
            signs = [sign for name in claim.names for sign in self._signs(name, claim) if sign]
        if not signs:
            return []
        found = set.intersection(*map(set, signs)) or set.union(*map(set, signs))
        doubts = {n: min(sign[n] for sign in signs if n in sign) for n in found}
        return [Fit(self._learners[n], doubts[n], self._note(n, doubts[n], claim)) for n in sorted(found)]

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

    def _by_platform(self, claim: Claim) -> Sign:
        if claim.platform in ("canvas", "moodle") and claim.number:
            return {n: 0 for n in range(len(self._learners)) if self._number(n, claim.platform) == claim.number}
        if claim.platform != "github":
            return {}
        folder = claim.names[-1].casefold()
        users = [{self._says(n, kind) for kind in ("user", "repository")} - {""} for n in range(len(self._learners))]
        if claim.whole:
            return {n: 0 for n, user in enumerate(users) if user & {claim.number, folder}}
        # What the repositories beside it have in common may be the beginning of user names too: the longest counts.
        ends = [max((len(u) for u in user if f"-{folder}".endswith(f"-{u}")), default=0) for user in users]
        longest = max(ends, default=0)
        exact = longest in (len(claim.number), len(folder))
        return {n: 0 if exact else _WITHIN for n, end in enumerate(ends) if 0 < end == longest}

    def _signs(self, name: str, claim: Claim) -> Iterator[Sign]:
        """Yield what one name in a path is a sign of: a mark, a part of an address, a name."""
        everybody = range(len(self._learners))
        said, parts = name.casefold(), set(re.split(r"[\s_()\[\],;]+", name.casefold()))
        plain = claim.platform not in ("canvas", "moodle")
        yield {
            n: _MARK
            for n in everybody
            if (plain and said in self._marks[n])
            or any("@" in mark or re.search(r"\d{4}", mark) for mark in self._marks[n] & parts)
        }
        if plain:
            yield {n: _PART for n in everybody if len(said) > 1 and said in self._parts[n]}
        others = [n for n in everybody if not self._is_another(n, claim)]
        found = self._called(name, claim, others)
        yield {n: max(doubt, _ORDER) for n, doubt in found.items()} if claim.platform == "github" else found

    def _called(self, name: str, claim: Claim, others: Sequence[int]) -> Sign:
        """Return who is called so, as exactly as somebody is."""
        wanted, together = words(name), "".join(words(name))
        if not wanted:
            return {}
        last, comma, first = name.partition(",")
        ways = {wanted, words(f"{first} {last}")} if comma else {wanted}
        canvas = claim.platform == "canvas"
        if found := [n for n in others if self._names[n] & ways or (canvas and together in self._sorted[n])]:
            return dict.fromkeys(found, _NAME)
        if found := [n for n in others if together in self._squeezed[n]]:
            return dict.fromkeys(found, _ORDER)
        if claim.whole:
            return {}
        return {n: _WITHIN for n in others if any(_within(own, wanted) for own in self._names[n])}

    def _sorted_names(self, learner: Learner, names: set[str]) -> set[str]:
        """The name as Canvas writes it before a file's: last name first, without spaces."""
        first, last = (says(learner.columns, self._kinds, kind) for kind in ("first", "last"))
        return {"".join(words(name)) for name in {f"{last} {first}", *(name for name in names if "," in name)}} - {""}

    def _is_another(self, n: int, claim: Claim) -> bool:
        """Whether the roster has another number of the platform's for somebody."""
        kind = self._numbered.get(claim.platform, "")
        return bool(kind and claim.number and self._says(n, kind) not in ("", claim.number))

    def _note(self, n: int, doubt: int, claim: Claim) -> str:
        if doubt < _ORDER:
            return ""
        why = "a repository or a user name reads like this" if claim.platform == "github" else _GUESSES[doubt]
        return f"taken for {self._learners[n].name}, because {why}"

    def _says(self, n: int, kind: str) -> str:
        return says(self._learners[n].columns, self._kinds, kind).casefold()

    def _number(self, n: int, platform: str) -> str:
        said = self._says(n, "canvas" if platform == "canvas" else "identifier")
        return said if platform == "canvas" else re.sub(r".*\D", "", said)

    def _names_of(self, learner: Learner) -> set[str]:
        """The name as read, as the columns have it, last name first."""
        first, last = (says(learner.columns, self._kinds, kind) for kind in ("first", "last"))
        given = {says(learner.columns, self._kinds, kind) for kind in ("name", "identifier")}
        return {name for name in {learner.name, f"{first} {last}", *given} if words(name)}

    def _marks_of(self, learner: Learner) -> set[str]:
        kinds = ("email", "user", "number", "repository")
        said = {says(learner.columns, self._kinds, kind).casefold() for kind in kinds}
        return {mark for mark in said if len(mark) > 1}


def _within(name: tuple[str, ...], longer: tuple[str, ...]) -> bool:
    """Whether a whole name stands in a longer text, word by word."""
    if len(name) < 2 and "".join(name).isascii():
        return False
    return any(longer[n : n + len(name)] == name for n in range(len(longer) - len(name) + 1))
