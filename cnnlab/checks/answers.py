"""Reading an answer: what a learner handed in as numbers and arrays, or a sentence on what it is instead."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class NotAttempted(Exception):
    """Raised inside a diagnosis when the learner's answer is still ``...``."""


class Wrong(Exception):
    """Raised inside a diagnosis to say what is wrong.

    Parameters
    ----------
    message : what the learner reads
    misconception : what this answer has in common with others of its kind, in the course's words alone: no number and
        no name of the learner's; empty if nothing is known. Without it, the fixed parts of `message`
    """

    def __init__(self, message: str, misconception: str | None = None) -> None:
        super().__init__(message)
        self.misconception = misconception


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
    require_function(function)

    def called() -> str:
        shown = ", ".join([*map(show, args), *(f"{name}={show(value)}" for name, value in kwargs.items())])
        return f"It was called with {shown}." if shown else "It was called without arguments."

    try:
        copies = [arg.copy() if isinstance(arg, (np.ndarray, list, dict)) else arg for arg in args]
        with np.errstate(all="ignore"):  # a wrong answer may overflow on its way to being diagnosed
            result = function(*copies, **kwargs)
    except Exception as error:  # noqa: BLE001  whatever the learner's code raises is the learner's to read
        text = str(error)
        said = f"Your function raised {type(error).__name__}{': ' if text else ''}{text}\n{called()}"
        raise Wrong(said, "The function ends with an error.") from error
    if result is ...:
        raise NotAttempted
    if result is None:
        said = f"Your function returned None. Is the `return` missing?\n{called()}"
        raise Wrong(said, "The function returns None. Is the `return` missing?")
    return result


def require_function(answer: object) -> None:
    """Raise `Wrong` if `answer` is not a function."""
    model = hasattr(answer, "count_params") and not isinstance(answer, type)  # can be called, but builds nothing
    if model or not callable(answer):
        by_name = "Pass the function itself, by its name alone, without calling it."
        said = f"A function is expected here, but this is {kind_of(answer)}. {by_name}"
        raise Wrong(said, f"A function is expected here. {by_name}")


def number(answer: object, what: str = "The answer", finite: bool = True) -> float:
    """`answer` as a float, or `Wrong` if it is not one number; NaN and infinity only where `finite` is False."""
    values = _floats(answer, what, "one number")
    if values.size != 1:
        raise Wrong(f"{what} should be one number, but this has shape {values.shape}.", "It should be one number.")
    if finite:
        refuse_not_finite(values, what)
    return float(values.reshape(()))


def whole(answer: object, what: str = "The answer") -> int:
    """`answer` as an int, or `Wrong` if it is not one whole number."""
    value = number(answer, what)
    if not value.is_integer():
        raise Wrong(f"{what} should be a whole number. You got {read(value)}.", "It should be a whole number.")
    return int(value)


def array(answer: object, shape: tuple[int, ...] | None, what: str = "The answer", finite: bool = True) -> np.ndarray:
    """`answer` as a float array of `shape`, or `Wrong` naming both shapes; None takes any shape."""
    values = _floats(answer, what, f"an array of shape {shape}" if shape else "an array of numbers")
    if shape and not values.ndim:
        size = f"{' × '.join(map(str, shape))} numbers"
        if len(shape) == 1:
            form = "" if what.endswith(")") or shape[0] > 8 else f", such as ({', '.join('…' * shape[0])})"
            size = ("a pair, 2 numbers" if shape == (2,) else size) + f" in brackets with commas between them{form}"
        said = f"{what} should have shape {shape}: {size}. Yours is one number, {read(values)}."
        raise Wrong(said, f"It should have shape {shape}, and is one number.")
    if shape is not None and values.shape != shape:
        swapped = len(shape) == 2 and values.shape == shape[::-1]
        why = ": rows and columns are swapped, and rows come first" if swapped else ""
        said = f"{what} should have shape {shape}, but yours has shape {values.shape}{why}."
        raise Wrong(said, f"It should have shape {shape}{why}.")
    if finite:
        refuse_not_finite(values, what)
    return values


def parts(answer: object, names: Sequence[str]) -> list:
    """The entries of `answer`, one for each of `names`, however they are bundled: tuple, list, array or dict."""
    if isinstance(answer, dict) and set(answer) == set(names):
        return [answer[name] for name in names]
    wanted = f"{len(names)} things are expected: {', '.join(names)}"
    other_form = f"{wanted}."
    alone = isinstance(answer, (int, float)) or getattr(answer, "ndim", None) == 0  # an array or tensor without axes
    if alone and not isinstance(answer, bool):
        size = "a pair, two values" if len(names) == 2 else f"{len(names)} values"
        form = f"in brackets with commas between them and in this order: ({', '.join(names)})"
        said = f"{wanted}. This is one number, {read(number(answer, finite=False))}. Give {size} {form}."
        raise Wrong(said, f"{other_form} It is one number.")
    if isinstance(answer, (str, bytes, dict, set, type)) or not hasattr(answer, "__len__"):
        raise Wrong(f"{wanted}. This is {kind_of(answer)}.", other_form)
    if len(answer) != len(names):
        raise Wrong(f"{wanted}. Yours has {len(answer)}.", other_form)
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
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  a learner's __repr__, or more digits than Python writes out
        return kind_of(value)
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
    refuse = Wrong(f"{what} should be {wanted}, but this is {kind_of(answer)}.", f"It should be {wanted}.")
    if isinstance(answer, (bool, str, bytes, set, frozenset, dict)) or callable(answer) or answer is None:
        raise refuse  # NumPy would read None as nan
    if any(isinstance(entry, (str, bytes)) for entry in leaves(answer)):  # NumPy would read "31" as 31
        said = f"{what} should be {wanted}, but in yours stands a text in quotes."
        raise Wrong(said, f"It should be {wanted}, and a text in quotes stands in it.")
    try:
        answer = _arrays(answer)
        values = np.asarray(answer)
        if values.dtype.kind == "c":
            values = _real(values, what, wanted)
        return values.astype(float) if values.dtype.kind in "biuf" else np.asarray(answer, dtype=float)
    except OverflowError:
        why = "a number of more than 308 digits, too large for a float"
        said = f"{what} should be {wanted}, but in yours stands {why}."
        raise Wrong(said, f"It should be {wanted}, and in it stands {why}.") from None
    except (TypeError, ValueError):
        rows = answer if isinstance(answer, list) else ()
        lengths = sorted({len(row) for row in rows if getattr(row, "ndim", 1) and hasattr(row, "__len__")})
        if len(lengths) > 1:
            differ = " and ".join(map(str, lengths))
            said = f"{what} should be {wanted}, but the rows of yours differ in length: {differ}."
            raise Wrong(said, f"It should be {wanted}, and its rows differ in length.") from None
        raise refuse from None


def _real(values: np.ndarray, what: str, wanted: str) -> np.ndarray:
    """The real parts of complex `values`, or `Wrong` if an imaginary part is more than rounding; NumPy drops them."""
    if close(values.imag, np.zeros(values.shape)):
        return values.real
    largest = read(values.imag.flat[np.argmax(np.abs(values.imag))])  # nan, where there is one
    where = "its imaginary part" if values.size == 1 else "the imaginary part of one of its entries"
    said = f"{what} should be {wanted}, but yours is complex: {where} is {largest}, not 0."
    raise Wrong(said, f"It should be {wanted}, and is complex: an imaginary part is not 0.")


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
        why = "0 / 0, inf / inf, or the root or logarithm of a negative number was computed on the way."
        raise Wrong(f"{what} is not a number (nan){where}: {why}", f"It is not a number (nan): {why}")
    if np.isinf(values).any():
        where = "" if values.size == 1 else f" in {int(np.isinf(values).sum())} of {values.size} places"
        why = "something was divided by 0, or grew too large for a float."
        raise Wrong(f"{what} is infinite{where}: {why}", f"It is infinite: {why}")


def leaves(answer: object) -> list:
    """Every entry of an answer made of lists, tuples and dicts, flattened; empty if it is made of something else."""
    if isinstance(answer, np.ndarray) and answer.dtype == object:
        answer = answer.tolist()
    if isinstance(answer, dict):
        answer = list(answer.values())
    if not isinstance(answer, (list, tuple)):
        return []
    return [leaf for entry in answer for leaf in (leaves(entry) or [entry])]


def kind_of(value: object) -> str:
    """What `value` is, in a learner's words: "a function", "an array of shape (2, 3)", "a Tensor"."""
    names = {"NoneType": "None", "str": "a text in quotes", "bool": "True or False", "function": "a function"}
    names |= {"type": "a class", "builtin_function_or_method": "a function"}
    name = type(value).__name__
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return names.get(name) or f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
