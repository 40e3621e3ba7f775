"""Kernels as typed text: shared by the explorers of lesson 01."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

import numpy as np

LARGEST_KERNEL = 7  # rows or columns; more cannot be read as numbers

_NUMBER = re.compile(r"-?\d{1,4}(\.\d{1,6})?(/[1-9]\d{0,3})?")


@lru_cache(maxsize=64)  # asked for many times in one redraw
def kernel_from_text(text: str) -> np.ndarray:
    """Read a kernel typed as rows of numbers.

    Parameters
    ----------
    text : one row a line (or rows apart by ``;``), numbers apart by spaces or commas; ``-2``, ``0.5`` and ``1/9`` work

    Returns
    -------
    ndarray
        Shape (KH, KW), each from 1 to 7; int64 if every number is whole, otherwise float64. Read only.

    Raises
    ------
    ValueError
        If a number cannot be read, rows differ in length, or there are none or too many.

    Examples
    --------
    >>> kernel_from_text("1 0 -1; 2 0 -2; 1 0 -1").tolist()
    [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
    >>> kernel_from_text("1 2; 3")
    Traceback (most recent call last):
    ValueError: `kernel` must have rows of one length. Received: rows of 2, 1 numbers
    """
    lines = [line for line in re.split(r"[;\n]", text.replace("\N{MINUS SIGN}", "-")) if line.strip(" ,")]
    rows = [re.split(r"[\s,]+", line.strip(" ,\t\r")) for line in lines]
    for word in (word for row in rows for word in row):
        if not _NUMBER.fullmatch(word):
            raise ValueError(f"`kernel` must hold numbers such as 2, -1, 0.5 or 1/9. Received: {word!r}")
    if len({len(row) for row in rows}) > 1:
        lengths = ", ".join(str(len(row)) for row in rows)
        raise ValueError(f"`kernel` must have rows of one length. Received: rows of {lengths} numbers")
    if not rows or max(len(rows), len(rows[0])) > LARGEST_KERNEL:
        size = f"{len(rows)} × {len(rows[0])}" if rows else "no numbers"
        raise ValueError(f"`kernel` must have 1 to {LARGEST_KERNEL} rows and columns. Received: {size}")
    values = [[Fraction(word) for word in row] for row in rows]
    whole = all(value.denominator == 1 for row in values for value in row)
    kernel = np.array(values, dtype=np.int64 if whole else np.float64)
    kernel.setflags(write=False)
    return kernel


def kernel_to_text(kernel: np.ndarray) -> str:
    """Write a kernel as `kernel_from_text` reads it, columns aligned.

    >>> print(kernel_to_text(np.array([[1, 0, -1], [2, 0, -2]])))
    1 0 -1
    2 0 -2
    """
    words = [[f"{value:.6g}" for value in row] for row in kernel]
    widths = [max(len(row[column]) for row in words) for column in range(len(words[0]))]
    return "\n".join(" ".join(map(str.rjust, row, widths)) for row in words)


def check_sides(array: np.ndarray, name: str, low: int, high: int | None = None, advice: str = "") -> None:
    """Refuse an (H, W) array with a side out of `low` … `high`, or with numbers that are not finite."""
    height, width = array.shape
    if min(height, width) < low or (high is not None and max(height, width) > high):
        rule = f"from {low} to {high}" if high is not None else f"at least {low}"
        raise ValueError(f"`{name}` must have {rule} rows and columns. Received: {height} × {width}.{advice}")
    if not np.isfinite(array).all():
        raise ValueError(f"`{name}` must hold finite numbers. Received: NaN or infinity among them")
