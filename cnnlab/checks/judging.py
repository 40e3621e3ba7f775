"""Judging answers against the misreadings an exercise declares, a value by itself and a function by cases.

A misreading is the diagnosis and a wrong answer at once: the tests hand in what it computes and look for what it says.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from cnnlab.checks.answers import Wrong, apart, array, call, close, number, parts, read, refuse_not_finite, show
from cnnlab.checks.course_words import common


@dataclass(frozen=True)
class Misreading:
    """A wrong way somebody would take: `how` is what they would answer, a function or a value, `says` what to say."""

    how: object
    says: str


def _like(answer: object, right: object, what: str = "The answer", finite: bool = False) -> object:
    """`answer` as a number or an array, whichever `right` is."""
    if np.ndim(right):
        return array(answer, np.shape(right), what, finite)
    return number(answer, what, finite)


@dataclass(frozen=True, eq=False)
class ByValue:
    """The diagnosis of an exercise whose answer is a value: a number, a few numbers, an array.

    Parameters
    ----------
    truth : the right value
    misreadings : wrong values, ``{value: what to say}``, or `Misreading` where a value can be no key
    otherwise : what to say of any other value; a function of the value gives the whole sentence
    praise : what the learner now knows
    said : how the answer is quoted, with ``{}`` for each of its numbers, or a function of it; what to say follows after
        a colon if it begins with a small letter, otherwise as a sentence of its own
    take : gives the answer in the form of `truth`, or raises `Wrong`
    same : ``same(taken, value)`` compares the two

    Examples
    --------
    >>> diagnose = ByValue(8, {7: "that is the kernel turned round."}, otherwise="Add nine products.", praise="Yes.")
    >>> diagnose(8)
    'Yes.'
    >>> diagnose(7)
    Traceback (most recent call last):
    cnnlab.checks.answers.Wrong: You got 7: that is the kernel turned round.
    """

    truth: object
    misreadings: Mapping[object, str] | Sequence[Misreading]
    otherwise: str | Callable[[object], str]
    praise: str
    said: str | Callable[[object], str] = "You got {}"
    take: Callable[[object], object] | None = None
    same: Callable[[object, object], bool] = close

    def __post_init__(self) -> None:
        given = self.misreadings
        if isinstance(given, Mapping):
            given = [Misreading(value, says) for value, says in given.items()]
        object.__setattr__(self, "misreadings", tuple(given))

    def __call__(self, answer: object) -> str:
        """Raise `Wrong` with what led to the answer; return the praise if it is right."""
        got = self.take(answer) if self.take else _like(answer, self.truth, finite=True)
        if self.same(got, self.truth):
            return self.praise
        named = next((m.says for m in self.misreadings if self.same(got, m.how)), "")
        says = named or self.otherwise
        if callable(says):
            raise Wrong(says(got), common(says(got), [inspect.getfile(says)]))
        said = self.said(got) if callable(self.said) else self.said.format(*map(read, np.ravel(got)))
        raise Wrong(f"{said}{': ' if says[0].islower() else '. '}{says}" if said else says, named)


@dataclass(frozen=True, eq=False)
class ByEntry:
    """The diagnosis of an answer of several numbers, each judged by itself: the first wrong one is named.

    Parameters
    ----------
    truth : the right numbers
    entries : for each, what it is called and what to say of its wrong values, ``{"conv1": {600: "…"}}``
    otherwise : what to say of any other value
    praise : what the learner now knows
    whole : answers that are wrong as a whole, and what to say of them
    take : gives the answer as an array, or raises `Wrong`

    Examples
    --------
    >>> diagnose = ByEntry(
    ...     truth=(608, 850),
    ...     entries={"conv1": {600: "The 8 biases are missing."}, "fc": {}},
    ...     otherwise="Count weights and biases.",
    ...     praise="Yes.",
    ...     take=np.array,
    ... )
    >>> diagnose((600, 850))
    Traceback (most recent call last):
    cnnlab.checks.answers.Wrong: conv1: you say 600. The 8 biases are missing.
    """

    truth: tuple[float, ...]
    entries: Mapping[str, Mapping[float, str]]
    otherwise: str
    praise: str
    take: Callable[[object], np.ndarray]
    whole: Mapping[tuple[float, ...], str] = field(default_factory=dict)
    same: Callable[[object, object], bool] = np.array_equal

    @cached_property
    def misreadings(self) -> tuple[Misreading, ...]:
        """The wrong answers as a whole, then those of which one entry is wrong."""
        one = [
            Misreading((*self.truth[:place], value, *self.truth[place + 1 :]), says)
            for place, wrong in enumerate(self.entries.values())
            for value, says in wrong.items()
        ]
        return (*(Misreading(answer, says) for answer, says in self.whole.items()), *one)

    def __call__(self, answer: object) -> str:
        """Raise `Wrong` for the first entry that is wrong; return the praise if none is."""
        got = tuple(self.take(answer).tolist())
        if got in self.whole:
            raise Wrong(self.whole[got], self.whole[got])
        for (name, wrong), value, right in zip(self.entries.items(), got, self.truth, strict=True):
            if value != right:
                said = f"{name}: you say {read(value)}. {wrong.get(value, self.otherwise)}"
                raise Wrong(said, wrong.get(value, ""))
        return self.praise


def several(*names: str) -> Callable:
    """A `take` for results of several numbers, however they are bundled; `names` say what they are, in their order."""

    def take(result: object, right: object, what: str) -> np.ndarray:
        return np.array([number(entry, what, finite=False) for entry in parts(result, names)])

    return take


class Case:
    """Arguments an answer is called with, positional and by name; `words` say which case it is, "For (6, 3)" say."""

    def __init__(self, *args: object, words: str = "", **kwargs: object) -> None:
        self.args, self.kwargs = args, kwargs
        named = [f"{name}={show(value)}" for name, value in kwargs.items()]
        self.words = words or f"For ({', '.join([*map(show, args), *named])})"


@dataclass(frozen=True, eq=False)
class ByCases:
    """The diagnosis of an exercise whose answer is a function: called on every case, compared with the truth.

    Parameters
    ----------
    truth : the right function
    cases : tuples of arguments, or `Case`; they should differ in shape, order, sign, divisibility and rounding
    misreadings : tried in this order; one is named only if it explains the answers to *all* cases
    otherwise : what to say when none does
    praise : what the learner now knows
    measure : ``measure(result, case)`` gives what is compared of a result, where that is not the result itself
    take : ``take(result, right, what)`` gives the result in the form of `right`, or raises `Wrong`
    same : ``same(taken, right)`` compares the two
    words : ``words(*arguments)`` says which case it is, such as ``"For sizes {}".format``

    Examples
    --------
    >>> diagnose = ByCases(
    ...     truth=lambda n, f: n - f + 1,
    ...     cases=[(6, 3), (5, 2)],
    ...     misreadings=[Misreading(lambda n, f: n - f, "the + 1 is missing.")],
    ...     otherwise="Count the places.",
    ... )
    >>> diagnose(lambda height, size: height - size)
    Traceback (most recent call last):
    cnnlab.checks.answers.Wrong: For (6, 3) you got 3, not 4: the + 1 is missing.
    """

    truth: Callable
    cases: Sequence
    misreadings: Sequence[Misreading]
    otherwise: str
    praise: str = ""
    measure: Callable[[object, Case], object] = lambda result, case: result
    take: Callable = _like
    same: Callable = close
    words: Callable[..., str] = lambda *args: ""

    def __post_init__(self) -> None:
        cases = tuple(case if isinstance(case, Case) else Case(*case, words=self.words(*case)) for case in self.cases)
        object.__setattr__(self, "cases", cases)

    @cached_property
    def right(self) -> list:
        """What `truth` gives for each case."""
        return self.answers_of(self.truth)

    @cached_property
    def misread(self) -> list[list]:
        """What each misreading gives for each case."""
        return [self.answers_of(misreading.how) for misreading in self.misreadings]

    def _result(self, function: object, case: Case) -> object:
        return self.measure(call(function, *case.args, **case.kwargs), case)

    def answers_of(self, function: Callable) -> list:
        """What `function`, one of ours, gives for each case, up to the first that it fails on."""
        answers = []
        for case in self.cases:
            try:
                answers.append(self._result(function, case))
            except Wrong:
                break
        return answers

    def __call__(self, answer: object) -> str:
        """Raise `Wrong` for the first case that fails; return the praise if none does."""
        got, failed = [], None
        for case, true in zip(self.cases, self.right, strict=True):
            try:
                got.append(self.take(self._result(answer, case), true, f"{case.words} the result"))
            except Wrong:
                if failed is None:
                    raise
                break  # an earlier, simpler case says more than that a later one raises
            if failed is None and not self.same(got[-1], true):
                failed = case, got[-1], true
        if failed is None:
            return self.praise
        said = self.differ(*failed)
        for misreading, theirs in zip(self.misreadings, self.misread, strict=True):
            if len(theirs) >= len(got) and all(map(self.same, got, theirs)):
                raise Wrong(f"{said}: {misreading.says}", misreading.says)
        case, mine, _ = failed
        if isinstance(mine, (float, np.ndarray)):
            refuse_not_finite(np.asarray(mine), f"{case.words} the result")
        raise Wrong(f"{said}. {self.otherwise}", "")

    def differ(self, case: Case, got: object, right: object) -> str:
        """Say for one case what was answered and what is right."""
        try:
            words = apart(got, right)
        except (TypeError, ValueError):
            words = show(got), show(right)
        if words[0] == words[1] and np.shape(got) == np.shape(right):  # two large arrays of one shape
            place = np.unravel_index(int(np.argmax(np.abs(np.subtract(got, right)))), np.shape(got))
            mine, true = apart(np.asarray(got)[place], np.asarray(right)[place])
            return f"{case.words} you got {mine} at [{', '.join(map(str, place))}], not {true}"
        return f"{case.words} you got {words[0]}, not {words[1]}"


class InTurn:
    """Diagnoses one after the other, each of an answer that the ones before let pass; the praise is the last one's."""

    def __init__(self, *diagnoses: Callable[[object], str]) -> None:
        self.diagnoses = diagnoses
        self.misreadings = tuple(m for diagnosis in diagnoses for m in getattr(diagnosis, "misreadings", ()))

    def __call__(self, answer: object) -> str:
        """Raise `Wrong` if one of them does; return the praise."""
        return [diagnosis(answer) for diagnosis in self.diagnoses][-1]
