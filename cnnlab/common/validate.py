"""Checks made once, at the public edge, so that the code behind it can be straight.

Every message has one form: the argument in backticks, the rule, ``Received: …``. A type that can never be right is a
``TypeError``; a value that breaks the rule is a ``ValueError``.
"""

from __future__ import annotations

import difflib
import operator
from collections.abc import Sequence

import numpy as np


def check_int(value: object, name: str, minimum: int | None = None, maximum: int | None = None) -> int:
    """Return `value` as an ``int``, refusing bools, floats and anything out of ``minimum … maximum``.

    >>> check_int(np.int64(3), "strides", minimum=1)
    3
    >>> check_int(0, "strides", minimum=1)
    Traceback (most recent call last):
    ValueError: `strides` must be a whole number >= 1. Received: 0
    """
    try:
        number = None if isinstance(value, (bool, np.bool_)) else operator.index(value)
    except TypeError:
        number = None
    if number is not None and (minimum is None or number >= minimum) and (maximum is None or number <= maximum):
        return number
    rule = f"`{name}` must be a whole number{_bounds(minimum, maximum)}. Received: {value!r}"
    raise TypeError(rule) if number is None else ValueError(rule)


def _bounds(
    minimum: float | None, maximum: float | None, above: float | None = None, below: float | None = None
) -> str:
    """The bounds in words, with a space before them: `minimum` and `maximum` count, `above` and `below` do not."""
    last = maximum if below is None else f"below {below}"
    if minimum is not None and last is not None:
        return f" from {minimum} to {last}"
    for sign, bound in ((">=", minimum), (">", above), ("<=", maximum), ("<", below)):
        if bound is not None:
            return f" {sign} {bound}"
    return ""


def ints(value: object, name: str, length: int, minimum: int = 1) -> tuple[int, ...]:
    """Return `value` as a tuple of `length` whole numbers; one number stands for all of them.

    >>> ints(2, "strides", 3)
    (2, 2, 2)
    """
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
        return (check_int(value, name, minimum),) * length
    values = tuple(value)
    if len(values) != length:
        raise ValueError(f"`{name}` must be one whole number or {length} of them. Received: {value!r}")
    return tuple(check_int(v, name, minimum) for v in values)


def pair(value: object, name: str, minimum: int = 1) -> tuple[int, int]:
    """Return `value` as ``(height, width)``; one number stands for both.

    >>> pair(3, "kernel_size"), pair((3, 5), "kernel_size")
    ((3, 3), (3, 5))
    """
    return ints(value, name, 2, minimum)


def check_rank(array: object, name: str, ranks: dict[int, str], *, empty: bool = True) -> np.ndarray:
    """Return `array` as a numeric ``ndarray`` whose number of axes is one of `ranks` (rank -> its layout in words).

    An axis of length 0 is refused if `empty` is False.

    >>> check_rank([[1, 2]], "image", {2: "(H, W)", 3: "(H, W, C)"}).shape
    (1, 2)
    >>> check_rank([1, 2], "image", {2: "(H, W)", 3: "(H, W, C)"})
    Traceback (most recent call last):
    ValueError: `image` must have shape (H, W) or (H, W, C). Received: shape (2,)
    """
    layouts = " or ".join(ranks.values())
    try:
        array = np.asarray(array)
    except ValueError:  # rows of different length
        raise ValueError(f"`{name}` must have shape {layouts}. Received: rows of different lengths") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"`{name}` must hold real numbers. Received: dtype {array.dtype}")
    if array.ndim not in ranks:
        raise ValueError(f"`{name}` must have shape {layouts}. Received: shape {array.shape}")
    if not empty and 0 in array.shape:
        raise ValueError(f"`{name}` must not be empty. Received: shape {array.shape}")
    return array


def check_choice(value: object, name: str, choices: Sequence[str]) -> str:
    """Return `value` if it is one of `choices`; otherwise list them and name the nearest.

    >>> check_choice("vald", "padding", ("valid", "same"))
    Traceback (most recent call last):
    ValueError: `padding` must be one of 'valid', 'same'. Received: 'vald'. Did you mean 'valid'?
    """
    if isinstance(value, str) and value in choices:
        return value
    near = difflib.get_close_matches(value, choices, n=1) if isinstance(value, str) else []
    hint = f". Did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"`{name}` must be one of {', '.join(map(repr, choices))}. Received: {value!r}{hint}")


def check_number(
    value: object,
    name: str,
    minimum: float | None = None,
    maximum: float | None = None,
    *,
    above: float | None = None,
    below: float | None = None,
    unit: str = "",
) -> float:
    """Return `value` as a ``float`` if it is one finite real number within the bounds.

    Parameters
    ----------
    value : what the caller passed; a bool, a string, an array and a complex number are a ``TypeError``
    name : the argument's name
    minimum, maximum : the smallest and the largest number that is allowed
    above, below : bounds that are not allowed themselves
    unit : what the number counts, for the message

    Examples
    --------
    >>> check_number(np.float32(0.5), "zoom", above=0)
    0.5
    >>> check_number(1, "dropout", 0, below=1)
    Traceback (most recent call last):
    ValueError: `dropout` must be a number from 0 to below 1. Received: 1
    >>> check_number(0, "sigma", above=0, unit="pixels")
    Traceback (most recent call last):
    ValueError: `sigma` must be a number of pixels > 0. Received: 0
    """
    real = np.isscalar(value) and not isinstance(value, (bool, np.bool_, str, bytes)) and not np.iscomplexobj(value)
    if (
        real
        and -np.inf < value < np.inf
        and (minimum is None or value >= minimum)
        and (maximum is None or value <= maximum)
        and (above is None or value > above)
        and (below is None or value < below)
    ):
        return float(value)
    bounds = _bounds(minimum, maximum, above, below)
    kind = f"number of {unit}" if unit else "number" if bounds.startswith(" from") else "finite number"
    rule = f"`{name}` must be a {kind}{bounds}. Received: {value!r}"
    raise ValueError(rule) if real else TypeError(rule)


def check_fraction(value: object, name: str) -> float:
    """Return `value` as a ``float`` if it is a number from 0 to 1.

    >>> check_fraction(50, "iou_threshold")
    Traceback (most recent call last):
    ValueError: `iou_threshold` must be a number from 0 to 1. Received: 50
    """
    return check_number(value, name, 0, 1)
