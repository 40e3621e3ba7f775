"""What an exercise is: hints, a solution, a diagnosis, and the wrong answers that prove the diagnosis.

The cell the learner starts from stands in the lesson alone, tagged ``exercise-NAME``.

A check is called with the learner's answer and never raises in a notebook, so an unsolved lesson runs to its end. It
looks at what the answer *does* on several inputs, never at how it is written.
"""

from __future__ import annotations

import functools
import html
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from cnnlab.checks.answers import NotAttempted, Wrong, kind_of, leaves
from cnnlab.checks.course_words import common, files_of

_EDGES = {  # in the theme's colours where it has some; told apart by more than these
    "correct": "solid var(--jp-success-color1,#00664A)",
    "wrong": "dashed var(--jp-error-color1,#A03000)",
    "not attempted": "dotted var(--jp-border-color0,#6E6E6E)",
}
SIGNS = {"correct": "✔", "wrong": "✘", "not attempted": "○"}


class ExerciseError(AssertionError):
    """Raised by `Verdict.require` when an answer is not correct."""


@dataclass(frozen=True)
class Verdict:
    """What a check found.

    Attributes
    ----------
    status : ``"correct"``, ``"wrong"`` or ``"not attempted"``
    message : why
    misconception : of a wrong answer: what it has in common with others of its kind, in the course's words alone. The
        `says` of the misreading that it is; else the fixed parts of the message, … standing for what is the learner's;
        empty where nothing is known but that it is wrong
    """

    status: str
    message: str
    misconception: str = ""

    def require(self) -> None:
        """Raise `ExerciseError` unless the answer is correct: for tests, not for notebooks."""
        if self.status != "correct":
            raise ExerciseError(str(self))

    def __str__(self) -> str:
        return f"{SIGNS[self.status]} {self.message}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        look = f"border-left:5px {_EDGES[self.status]};padding:4px 10px;white-space:pre-wrap"
        return f'<div role="status" style="{look}">{html.escape(str(self))}</div>'


class Text(str):
    """A string that a notebook shows as it reads, without quotes and escapes."""

    __repr__ = str.__str__


@dataclass(frozen=True)
class Mistake:
    """A wrong answer somebody would give, and words that its diagnosis must contain."""

    answer: object
    says: str


class _Bound(functools.partial):
    """A method that says how to call it where its name is typed without the parentheses."""

    def __repr__(self) -> str:
        what = {"hint": "a nudge; .hint(2) says more", "solution": "a correct answer"}[self.func.__name__]
        return f"With parentheses, check.{self.args[0].name}.{self.func.__name__}() shows {what}."


class _Spoken:
    """Makes a method one whose name alone is a help too."""

    def __init__(self, method: Callable) -> None:
        self.method = method
        functools.update_wrapper(self, method)

    def __get__(self, exercise: Exercise | None, owner: type) -> Callable:
        return self.method if exercise is None else _Bound(self.method, exercise)


@dataclass
class Seen:
    """What happened to an exercise since the kernel started: the last verdict's status, what was looked at."""

    status: str = "not attempted"
    checked: bool = False
    hints: set[int] = field(default_factory=set)
    solution: bool = False


@dataclass(frozen=True)
class Exercise:
    """One exercise of a lesson. Call it with the answer: ``check.output_size(my_output_size)``.

    Parameters
    ----------
    name : the exercise's name in its lesson's module
    solution_source : source that replaces the lesson's cell; it defines `answer_name`
    hints : from a nudge to nearly the answer
    diagnose : takes the answer; raises `Wrong` with what is wrong, returns the praise: what the learner now knows
    mistakes : wrong answers that are no misreading of `diagnose`, each with words its diagnosis must contain
    why : two or three sentences on why it works, shown after the praise and after the solution
    answer_name : the variable or function the learner writes; without it, the exercise's name
    """

    name: str
    solution_source: str
    hints: tuple[str, ...]
    diagnose: Callable[[object], str] = field(repr=False)
    mistakes: tuple[Mistake, ...] = field(default=(), repr=False)
    why: str = field(default="", repr=False)
    answer_name: str = ""
    seen: Seen = field(default_factory=Seen, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "solution_source", textwrap.dedent(self.solution_source).strip())
        object.__setattr__(self, "answer_name", self.answer_name or self.name)

    def __repr__(self) -> str:
        return f"An exercise: check.{self.name}({self.answer_name}) checks your answer, check.{self.name}.hint() helps."

    def __call__(self, *answers: object) -> Verdict:
        """Judge an answer: correct, wrong and why, or not attempted. Never raises."""
        if len(answers) != 1:
            said = "Nothing was handed in" if not answers else f"{len(answers)} things were handed in, one is expected"
            return Verdict("not attempted", f"{said}: write check.{self.name}({self.answer_name}).")
        verdict = self._judged(answers[0])
        self.seen.status, self.seen.checked = verdict.status, True
        if verdict.status == "correct" and self.why:
            return Verdict("correct", f"{verdict.message}\nWhy it works: {self.why}")
        return verdict

    def _judged(self, answer: object) -> Verdict:
        if answer is ...:
            return self._not_attempted()
        if (entries := leaves(answer)) and (still_open := sum(entry is ... for entry in entries)):
            return self._partly_attempted(answer, still_open, len(entries))
        return self._diagnosed(answer)

    def _diagnosed(self, answer: object) -> Verdict:
        try:
            with np.errstate(all="ignore"):  # a diagnosis calculates with what overflowed
                return Verdict("correct", self.diagnose(answer))
        except NotAttempted:
            return self._not_attempted()
        except Wrong as wrong:
            named = wrong.misconception
            return Verdict(
                "wrong", str(wrong), common(str(wrong), files_of(wrong.__traceback__)) if named is None else named
            )
        except Exception as error:  # noqa: BLE001  an answer may fail in any way, and none may stop the lesson
            compare = "Compare its form with what the cell asks for."
            said = f"This check cannot read your answer, {kind_of(answer)}. {compare} ({type(error).__name__}: {error})"
            return Verdict("wrong", said, f"The check cannot read the answer. {compare}")

    def _not_attempted(self) -> Verdict:
        return Verdict("not attempted", f"Not attempted yet: replace the ... in {self.answer_name} and run both cells.")

    def _partly_attempted(self, answer: object, still_open: int, entries: int) -> Verdict:
        """Judge what is there of an answer that holds ``...`` too: the open entries are filled in from the solution."""
        if still_open == entries:
            return self._not_attempted()
        namespace: dict[str, object] = {"np": np}
        exec(self.solution_source, namespace)  # our own text, never the learner's
        right = namespace[self.answer_name]
        if isinstance(answer, (list, tuple)) and answer[-1] is ... and np.iterable(right):  # [608, ...]: and so on
            missing = max(len(right) - len(answer), 0)
            answer = type(answer)([*answer, *[...] * missing])
            still_open, entries = still_open + missing, entries + missing
        remains = f"{still_open} of its {entries} entries " + ("is" if still_open == 1 else "are") + " still ..."
        verdict = self._diagnosed(_filled(answer, right))
        if verdict.status == "wrong":
            return Verdict("wrong", f"{verdict.message}\n({remains}.)", verdict.misconception)
        return Verdict(
            "not attempted", f"Not attempted yet in full: {remains}. The rest of {self.answer_name} is right."
        )

    @_Spoken
    def hint(self, number: int = 1) -> Text:
        """The hint with this number, from 1; the last one nearly gives the answer."""
        if not isinstance(number, int) or not 1 <= number <= len(self.hints):
            raise ValueError(f"`number` must be from 1 to {len(self.hints)}. Received: {number!r}")
        self.seen.hints.add(int(number))
        more = f"\n(check.{self.name}.hint({number + 1}) says more.)" if number < len(self.hints) else ""
        return Text(self.hints[number - 1] + more)

    @_Spoken
    def solution(self) -> Text:
        """The source of a correct answer, and why it works as a comment: all of it can be pasted."""
        self.seen.solution = True
        why = textwrap.fill(f"Why it works: {self.why}", 100, initial_indent="# ", subsequent_indent="# ")
        return Text(f"{self.solution_source}\n{why}" if self.why else self.solution_source)


def _filled(answer: object, right: object) -> object:
    """`answer` with each ``...`` replaced by what stands in its place in `right`, as far as the two have one form."""
    if answer is ...:
        return right
    if isinstance(answer, np.ndarray) and answer.dtype == object:
        answer = answer.tolist()
    if isinstance(answer, dict) and isinstance(right, dict):
        return {key: _filled(entry, right.get(key)) for key, entry in answer.items()}
    if isinstance(answer, (list, tuple)) and isinstance(right, (list, tuple, np.ndarray)):
        known = [*right, *[None] * len(answer)]
        return type(answer)(_filled(entry, other) for entry, other in zip(answer, known, strict=False))
    return answer
