"""What an exercise is: hints, a solution, a diagnosis, and the wrong answers that prove the diagnosis.

The cell the learner starts from stands in the lesson alone, tagged ``exercise-NAME``.

A check is called with the learner's answer and never raises in a notebook, so an unsolved lesson runs to its end. It
looks at what the answer *does* on several inputs, never at how it is written.
"""

from __future__ import annotations

import functools
import html
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

_EDGES = {  # in the theme's colours where it has some; told apart by more than these
    "correct": "solid var(--jp-success-color1,#00664A)",
    "wrong": "dashed var(--jp-error-color1,#A03000)",
    "not attempted": "dotted var(--jp-border-color0,#6E6E6E)",
}
SIGNS = {"correct": "✔", "wrong": "✘", "not attempted": "○"}


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
        if (entries := _entries(answer)) and (still_open := sum(entry is ... for entry in entries)):
            return self._partly_attempted(answer, still_open, len(entries))
        try:
            with np.errstate(all="ignore"):  # a wrong answer may overflow on its way to being diagnosed
                return Verdict("correct", self.diagnose(answer))
        except NotAttempted:
            return self._not_attempted()
        except Wrong as wrong:
            return Verdict("wrong", str(wrong))
        except Exception as error:  # noqa: BLE001  an answer may fail in any way, and none may stop the lesson
            return Verdict(
                "wrong",
                f"This check cannot read your answer, {kind_of(answer)}. Compare its form with what the cell asks for. "
                f"({type(error).__name__}: {error})",
            )

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
        verdict = self._judged(_filled(answer, right))
        if verdict.status == "wrong":
            return Verdict("wrong", f"{verdict.message}\n({remains}.)")
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
    model = hasattr(function, "count_params") and not isinstance(function, type)  # can be called, but builds nothing
    if model or not callable(function):
        raise Wrong(
            f"A function is expected here, but this is {kind_of(function)}. Pass the function itself, by its name "
            "alone, without calling it."
        )

    def called() -> str:
        shown = ", ".join([*map(show, args), *(f"{name}={show(value)}" for name, value in kwargs.items())])
        return f"It was called with {shown}." if shown else "It was called without arguments."

    try:
        copies = [arg.copy() if isinstance(arg, (np.ndarray, list, dict)) else arg for arg in args]
        result = function(*copies, **kwargs)
    except Exception as error:  # noqa: BLE001  whatever the learner's code raises is the learner's to read
        raise Wrong(f"Your function raised {type(error).__name__}: {error}\n{called()}") from error
    if result is ...:
        raise NotAttempted
    if result is None:
        raise Wrong(f"Your function returned None. Is the `return` missing?\n{called()}")
    return result


def number(answer: object, what: str = "The answer", finite: bool = True) -> float:
    """`answer` as a float, or `Wrong` if it is not one number; NaN and infinity only where `finite` is False."""
    values = _floats(answer, what, "one number")
    if values.size != 1:
        raise Wrong(f"{what} should be one number, but this has shape {values.shape}.")
    if finite:
        refuse_not_finite(values, what)
    return float(values.reshape(()))


def whole(answer: object, what: str = "The answer") -> int:
    """`answer` as an int, or `Wrong` if it is not one whole number."""
    value = number(answer, what)
    if not value.is_integer():
        raise Wrong(f"{what} should be a whole number. You got {read(value)}.")
    return int(value)


def array(answer: object, shape: tuple[int, ...] | None, what: str = "The answer", finite: bool = True) -> np.ndarray:
    """`answer` as a float array of `shape`, or `Wrong` naming both shapes; None takes any shape."""
    values = _floats(answer, what, f"an array of shape {shape}" if shape else "an array of numbers")
    if shape and not values.ndim:
        size = f"{' × '.join(map(str, shape))} numbers"
        if len(shape) == 1:
            form = "" if what.endswith(")") or shape[0] > 8 else f", such as ({', '.join('…' * shape[0])})"
            size = ("a pair, 2 numbers" if shape == (2,) else size) + f" in brackets with commas between them{form}"
        raise Wrong(f"{what} should have shape {shape}: {size}. Yours is one number, {read(values)}.")
    if shape is not None and values.shape != shape:
        swapped = len(shape) == 2 and values.shape == shape[::-1]
        why = ": rows and columns are swapped, and rows come first" if swapped else ""
        raise Wrong(f"{what} should have shape {shape}, but yours has shape {values.shape}{why}.")
    if finite:
        refuse_not_finite(values, what)
    return values


def parts(answer: object, names: Sequence[str]) -> list:
    """The entries of `answer`, one for each of `names`, however they are bundled: tuple, list, array or dict."""
    if isinstance(answer, dict) and set(answer) == set(names):
        return [answer[name] for name in names]
    wanted = f"{len(names)} things are expected: {', '.join(names)}"
    alone = isinstance(answer, (int, float)) or getattr(answer, "ndim", None) == 0  # an array or tensor without axes
    if alone and not isinstance(answer, bool):
        size = "a pair, two values" if len(names) == 2 else f"{len(names)} values"
        form = f"in brackets with commas between them and in this order: ({', '.join(names)})"
        raise Wrong(f"{wanted}. This is one number, {read(number(answer, finite=False))}. Give {size} {form}.")
    if isinstance(answer, (str, bytes, dict, set, type)) or not hasattr(answer, "__len__"):
        raise Wrong(f"{wanted}. This is {kind_of(answer)}.")
    if len(answer) != len(names):
        raise Wrong(f"{wanted}. Yours has {len(answer)}.")
    return list(answer)


def close(left: object, right: object, tolerance: float = 1e-5) -> bool:
    """Whether two numbers or arrays have one shape and agree as far as 32-bit arithmetic can.

    Allowed is a relative error of `tolerance`, and as much absolutely. Where `right` is not made of whole numbers, an
    entry may also be off by a millionth of the largest: a small number that a float32 sum of large ones left behind
    carries their rounding.
    """
    if np.shape(left) != np.shape(right):
        return False
    left, right = np.asarray(left, float), np.asarray(right, float)
    finite = np.isfinite(right)
    allowed = tolerance * np.maximum(1.0, np.abs(np.where(finite, right, 0)))
    if finite.any() and not np.equal(np.mod(right[finite], 1), 0).all():
        allowed = np.maximum(allowed, tolerance / 10 * np.abs(right[finite]).max())
    with np.errstate(invalid="ignore"):  # infinity minus infinity, which the other branch looks at
        same = np.where(finite, np.abs(left - right) <= allowed, (left == right) | (np.isnan(left) & np.isnan(right)))
    return bool(same.all())


def show(value: object) -> str:
    """`value` as a learner would type it, shortened if it is a large array.

    >>> show(np.int64(-1)), show([np.float32(0.5)]), show(np.zeros((8, 8)))
    ('-1', '[0.5]', 'array of shape (8, 8)')
    """
    if isinstance(value, np.ndarray):
        return f"array of shape {value.shape}" if value.size > 16 else show(value.tolist())
    if isinstance(value, np.generic):
        return show(value.item())
    if isinstance(value, float):
        return repr(round(value, 6)) if 1e-4 <= abs(value) < 1e9 else f"{value:g}"
    if isinstance(value, list):
        return f"[{', '.join(map(show, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(show, value))}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{show(key)}: {show(entry)}" for key, entry in value.items()) + "}"
    text = repr(value)
    return kind_of(value) if len(text) > 200 or callable(value) or " at 0x" in text else text


def read(value: object, digits: int = 4) -> str:
    """Numbers as a learner reads them: whole ones in full, others to `digits` digits, a large array by its shape.

    >>> read(13_108_000.0), read(1 / 3), read([0.1 + 0.2, 1]), read(2e-7), read(np.zeros((9, 9)))
    ('13,108,000', '0.3333', '[0.3, 1]', '2e-07', 'an array of shape (9, 9)')
    """
    values = np.asarray(value, dtype=float)
    if not values.size:
        return f"an empty array of shape {values.shape}" if values.ndim > 1 else "[]"
    if values.size > 24:
        return f"an array of shape {values.shape}"
    if values.ndim:
        return f"[{', '.join('nan' if np.all(np.isnan(entry)) else read(entry, digits) for entry in values)}]"
    entry = float(values) + 0.0  # -0.0 is 0
    if not np.isfinite(entry):
        return "nan, not a number" if np.isnan(entry) else f"{entry}"
    if entry.is_integer() and abs(entry) < 1e15:
        return f"{int(entry):,}"
    if abs(entry) < 1e-3:
        return f"{entry:.{digits}g}"
    decimals = max(digits - 1 - int(np.floor(np.log10(abs(entry)))), 1)
    text = f"{entry:,.{decimals}f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def apart(got: object, right: object) -> tuple[str, str]:
    """Both as `read` writes them, with as many digits as it takes to see that they differ.

    >>> apart(50.30004, 50.3)
    ('50.30004', '50.3')
    """
    for digits in range(4, 12):
        texts = read(got, digits), read(right, digits)
        if texts[0] != texts[1]:
            break
    return texts


def _floats(answer: object, what: str, wanted: str) -> np.ndarray:
    """`answer`, array or tensor of any framework, as floats; `Wrong` with what it is instead."""
    refuse = Wrong(f"{what} should be {wanted}, but this is {kind_of(answer)}.")
    if isinstance(answer, (bool, str, bytes, set, frozenset, dict)) or callable(answer):
        raise refuse
    if any(isinstance(entry, (str, bytes)) for entry in _entries(answer)):  # NumPy would read "31" as 31
        raise Wrong(f"{what} should be {wanted}, but in yours stands a text in quotes.")
    answer = _arrays(answer)
    try:
        values = np.asarray(answer)
        return values.astype(float) if values.dtype.kind in "biuf" else np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        rows = answer if np.iterable(answer) else ()
        lengths = sorted({len(row) for row in rows if getattr(row, "ndim", 1) and hasattr(row, "__len__")})
        if len(lengths) > 1:
            differ = " and ".join(map(str, lengths))
            raise Wrong(f"{what} should be {wanted}, but the rows of yours differ in length: {differ}.") from None
        raise refuse from None


def _arrays(answer: object) -> object:
    """`answer` with every tensor in it made an array: NumPy takes none of torch's with a gradient or in bfloat16."""
    if isinstance(answer, (list, tuple)):
        return [_arrays(entry) for entry in answer]
    if isinstance(answer, np.ndarray) and answer.dtype == object:
        return _arrays(answer.tolist())
    if hasattr(answer, "detach"):
        tensor = answer.detach().cpu()
        return (tensor if tensor.is_complex() else tensor.double()).numpy()
    return np.asarray(answer) if hasattr(answer, "__array__") else answer


def refuse_not_finite(values: np.ndarray, what: str) -> None:
    """Raise `Wrong` if any of `values` is NaN or infinite, and say what such a value comes from."""
    if np.isnan(values).any():
        where = "" if values.size == 1 else f" in {int(np.isnan(values).sum())} of {values.size} places"
        raise Wrong(
            f"{what} is not a number (nan){where}: 0 / 0, inf / inf, or the root or logarithm of a negative "
            "number was computed on the way."
        )
    if np.isinf(values).any():
        where = "" if values.size == 1 else f" in {int(np.isinf(values).sum())} of {values.size} places"
        raise Wrong(f"{what} is infinite{where}: something was divided by 0, or grew too large for a float.")


def _entries(answer: object) -> list:
    """Every entry of an answer made of lists, tuples and dicts, flattened; empty if it is made of something else."""
    if isinstance(answer, np.ndarray) and answer.dtype == object:
        answer = answer.tolist()
    if isinstance(answer, dict):
        answer = list(answer.values())
    if not isinstance(answer, (list, tuple)):
        return []
    return [leaf for entry in answer for leaf in (_entries(entry) or [entry])]


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


def kind_of(value: object) -> str:
    """What `value` is, in a learner's words: "a function", "an array of shape (2, 3)", "a Tensor"."""
    names = {"NoneType": "None", "str": "a text in quotes", "bool": "True or False", "function": "a function"}
    names |= {"type": "a class", "builtin_function_or_method": "a function"}
    name = type(value).__name__
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return names.get(name) or f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
