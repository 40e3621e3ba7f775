"""What an exercise is: a stub, hints, a solution, a diagnosis, and the wrong answers that prove the diagnosis.

A check is called with the learner's answer and never raises in a notebook, so an unsolved lesson runs to its end. It
looks at what the answer *does* on several inputs, never at how it is written.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

_COLOURS = {"correct": "#00664A", "wrong": "#A03000", "not attempted": "#555555"}
_SIGNS = {"correct": "✔", "wrong": "✘", "not attempted": "○"}


class ExerciseError(AssertionError):
    """Raised by `Verdict.require` when an answer is not correct."""


class NotAttempted(Exception):
    """Raised inside a diagnosis when the learner's answer is still ``...``."""


class Wrong(Exception):
    """Raised inside a diagnosis to say what is wrong; its text is what the learner reads."""


@dataclass(frozen=True)
class Verdict:
    """What a check found: `status` is ``"correct"``, ``"wrong"`` or ``"not attempted"``; `message` says why."""

    status: str
    message: str

    def require(self) -> None:
        """Raise `ExerciseError` unless the answer is correct: for tests, not for notebooks."""
        if self.status != "correct":
            raise ExerciseError(str(self))

    def __str__(self) -> str:
        return f"{_SIGNS[self.status]} {self.message}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        colour = _COLOURS[self.status]
        return (
            f'<div role="status" style="border-left:4px solid {colour};padding:4px 10px;color:{colour};'
            f'white-space:pre-wrap">{html.escape(str(self))}</div>'
        )


class Text(str):
    """A string that a notebook shows as it reads, without quotes and escapes."""

    __repr__ = str.__str__


@dataclass(frozen=True)
class Mistake:
    """A wrong answer somebody would give, and words that its diagnosis must contain."""

    answer: object
    says: str


@dataclass(frozen=True)
class Exercise:
    """One exercise of a lesson. Call it with the answer: ``check.output_size(my_output_size)``.

    Parameters
    ----------
    name : the exercise's name in its lesson's module
    answer_name : the variable or function the learner writes
    stub : source of the cell the learner starts from; its answer is ``...`` until attempted
    solution_source : source that replaces the stub; it defines `answer_name`
    hints : from a nudge to nearly the answer
    diagnose : takes the answer; raises `Wrong` with what is wrong, returns the praise: what the learner now knows
    mistakes : wrong answers, each with the words its diagnosis must contain; at least four
    """

    name: str
    answer_name: str
    stub: str
    solution_source: str
    hints: tuple[str, ...]
    diagnose: Callable[[object], str] = field(repr=False)
    mistakes: tuple[Mistake, ...] = field(repr=False)

    def __post_init__(self) -> None:
        for text in ("stub", "solution_source"):
            object.__setattr__(self, text, textwrap.dedent(getattr(self, text)).strip())

    def __call__(self, answer: object) -> Verdict:
        """Judge `answer`: correct, wrong and why, or not attempted. Never raises."""
        if answer is ...:
            return self._not_attempted()
        try:
            with np.errstate(all="ignore"):  # a wrong answer may overflow on its way to being diagnosed
                return Verdict("correct", self.diagnose(answer))
        except NotAttempted:
            return self._not_attempted()
        except Wrong as wrong:
            return Verdict("wrong", str(wrong))
        except Exception as error:  # noqa: BLE001  an answer may fail in any way, and none may stop the lesson
            return Verdict("wrong", f"Checking your answer raised {type(error).__name__}: {error}")

    def _not_attempted(self) -> Verdict:
        return Verdict("not attempted", f"Not attempted yet: replace the ... in {self.answer_name} and run both cells.")

    def hint(self, number: int = 1) -> Text:
        """The hint with this number, from 1; the last one nearly gives the answer."""
        if not isinstance(number, int) or not 1 <= number <= len(self.hints):
            raise ValueError(f"`number` must be from 1 to {len(self.hints)}. Received: {number!r}")
        more = f"\n(check.{self.name}.hint({number + 1}) says more.)" if number < len(self.hints) else ""
        return Text(self.hints[number - 1] + more)

    def solution(self) -> Text:
        """The source of a correct answer."""
        return Text(self.solution_source)


def call(function: object, *args: object, **kwargs: object) -> object:
    """Call the learner's `function`, turning what commonly goes wrong into a sentence.

    Raises
    ------
    NotAttempted
        If it returns ``...``.
    Wrong
        If it is not a function, raises, or returns nothing. Arguments that are arrays are copied first, so that an
        answer that changes its input cannot spoil the next test.
    """
    if not callable(function):
        raise Wrong(f"A function is expected here, but this is {_kind(function)}. Pass the function itself.")
    shown = ", ".join([*map(show, args), *(f"{name}={show(value)}" for name, value in kwargs.items())])
    try:
        copies = [arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args]
        result = function(*copies, **kwargs)
    except Exception as error:  # noqa: BLE001  whatever the learner's code raises is the learner's to read
        raise Wrong(f"Your function raised {type(error).__name__}: {error}\nIt was called with {shown}.") from error
    if result is ...:
        raise NotAttempted
    if result is None:
        raise Wrong("Your function returned None. Is the `return` missing?")
    return result


def number(answer: object, what: str = "The answer") -> float:
    """`answer` as a float, or `Wrong` if it is not one number."""
    if isinstance(answer, (bool, str)) or callable(answer):
        raise Wrong(f"{what} should be one number, but this is {_kind(answer)}.")
    try:
        array = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise Wrong(f"{what} should be one number, but this is {_kind(answer)}.") from None
    if array.size != 1:
        raise Wrong(f"{what} should be one number, but this has shape {array.shape}.")
    return float(array.reshape(()))


def array(answer: object, shape: tuple[int, ...], what: str = "The answer") -> np.ndarray:
    """`answer` as a float array of `shape`, or `Wrong` naming both shapes."""
    try:
        values = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise Wrong(f"{what} should be an array of shape {shape}, but this is {_kind(answer)}.") from None
    if values.shape != shape:
        raise Wrong(f"{what} should have shape {shape}, but yours has shape {values.shape}.")
    return values


def close(left: object, right: object) -> bool:
    """Whether two numbers or arrays have one shape and agree to rounding (1e-6, relative or absolute)."""
    return np.shape(left) == np.shape(right) and bool(np.allclose(left, right, rtol=1e-6, atol=1e-6))


def show(value: object) -> str:
    """`value` as a learner would type it, shortened if it is a large array."""
    if isinstance(value, np.ndarray):
        return f"array of shape {value.shape}" if value.size > 16 else str(value.tolist())
    if isinstance(value, (float, np.floating)):
        return f"{value:g}"
    return repr(value)


def _kind(value: object) -> str:
    article = "an" if type(value).__name__[0] in "aeiou" else "a"
    return f"{article} {type(value).__name__}"
