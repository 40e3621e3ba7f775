"""Judging a function by cases: where it goes wrong first, and which misreading explains every answer it gave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from cnnlab.checks.exercise import Wrong, apart, array, call, close, number, refuse_not_finite, show


@dataclass(frozen=True)
class Misreading:
    """A wrong way somebody would take: `how` computes what they would answer, `says` is what to tell them.

    It is the diagnosis and a wrong answer at once: the tests hand `how` in and look for `says`.
    """

    how: Callable
    says: str


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
    take : ``take(result, right, what)`` gives the result in the form of `right`, or raises `Wrong`
    same : ``same(taken, right)`` compares the two
    """

    truth: Callable
    cases: Sequence
    misreadings: Sequence[Misreading]
    otherwise: str
    praise: str = ""
    take: Callable = field(default=lambda result, right, what: _like(result, right, what))
    same: Callable = close

    def __post_init__(self) -> None:
        cases = tuple(case if isinstance(case, Case) else Case(*case) for case in self.cases)
        object.__setattr__(self, "cases", cases)

    def answers_of(self, function: Callable) -> list:
        """What `function`, one of ours, gives for each case."""
        return [call(function, *case.args, **case.kwargs) for case in self.cases]

    def __call__(self, answer: object) -> str:
        """Raise `Wrong` for the first case that fails; return the praise if none does."""
        right = self.answers_of(self.truth)
        got, failed = [], None
        for case, true in zip(self.cases, right, strict=True):
            try:
                got.append(self.take(call(answer, *case.args, **case.kwargs), true, f"{case.words} the result"))
            except Wrong:
                if failed is None:
                    raise
                break  # an earlier, simpler case says more than that a later one raises
            if failed is None and not self.same(got[-1], true):
                failed = case, got[-1], true
        if failed is None:
            return self.praise
        said = self.differ(*failed)
        for misreading in self.misreadings:
            theirs = self.answers_of(misreading.how)
            if all(self.same(mine, other) for mine, other in zip(got, theirs, strict=False)):
                raise Wrong(f"{said}: {misreading.says}")
        case, mine, _ = failed
        if isinstance(mine, (float, np.ndarray)):
            refuse_not_finite(np.asarray(mine), f"{case.words} the result")
        raise Wrong(f"{said}. {self.otherwise}")

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


def _like(result: object, right: object, what: str) -> object:
    """`result` as a number or an array, whichever `right` is."""
    if np.ndim(right):
        return array(result, np.shape(right), what, finite=False)
    return number(result, what, finite=False)
