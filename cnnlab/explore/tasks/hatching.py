"""Label maps as pixels in which every class has a colour *and* a pattern, so that nobody has to tell them by colour."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_EDGE = np.array([40, 40, 40], np.uint8)  # between two classes
_PERIOD = 14  # dots from line to line

# From the row and the column of a dot to whether it is part of a line.
_PATTERNS: tuple[Callable[[np.ndarray, np.ndarray], np.ndarray], ...] = (
    lambda y, x: np.zeros(np.broadcast_shapes(y.shape, x.shape), bool),
    lambda y, x: (x + y) % _PERIOD < 3,  # rising
    lambda y, x: np.broadcast_to(y % 12 < 3, np.broadcast_shapes(y.shape, x.shape)),  # lying
    lambda y, x: ((x % 12 - 6) ** 2 + (y % 12 - 6) ** 2) < 7,  # dots
    lambda y, x: (x - y) % _PERIOD < 3,  # falling
    lambda y, x: np.broadcast_to(x % 12 < 3, np.broadcast_shapes(y.shape, x.shape)),  # standing
    lambda y, x: ((x + y) % _PERIOD < 2) | ((x - y) % _PERIOD < 2),  # crossed
    lambda y, x: (x % 12 < 2) | (y % 12 < 2),  # a grid
    lambda y, x: (x % 24 < 12) == (y % 24 < 12),  # squares
)


def hatched(labels: np.ndarray, colours: np.ndarray, height: int, width: int) -> np.ndarray:
    """Labels (H, W) as (height, width, 3) bytes: class k in its colour with pattern k, and a line between classes.

    Parameters
    ----------
    labels : whole numbers from 0 on
    colours : (C, 3) from 0 to 1, a row for each class
    height, width : in dots

    Examples
    --------
    >>> hatched(np.array([[0, 1]]), np.eye(3)[:2], 10, 20).shape
    (10, 20, 3)
    """
    large = enlarged(labels, height, width)
    plain = np.round(255 * np.asarray(colours)).astype(np.uint8)
    pixels = plain[large]
    y, x = np.arange(height)[:, None], np.arange(width)[None]
    for k in np.unique(labels):
        pixels[_PATTERNS[k % len(_PATTERNS)](y, x) & (large == k)] = _ink(plain[k])
    pixels[borders(large)] = _EDGE
    return pixels


def enlarged(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """(H, W, …) as (height, width, …), each value repeated.

    >>> enlarged(np.array([[1, 2]]), 1, 4).tolist()
    [[1, 1, 2, 2]]
    """
    rows, columns = (np.arange(n) * old // n for n, old in zip((height, width), values.shape, strict=False))
    return values[rows[:, None], columns]


def borders(values: np.ndarray) -> np.ndarray:
    """(H, W) where a value has another one beside, above or below it.

    >>> borders(np.array([[1, 1, 2, 2]])).tolist()
    [[False, True, True, False]]
    """
    edges = np.zeros(values.shape, bool)
    down, across = values[1:] != values[:-1], values[:, 1:] != values[:, :-1]
    edges[1:] |= down
    edges[:-1] |= down
    edges[:, 1:] |= across
    edges[:, :-1] |= across
    return edges


def _ink(colour: np.ndarray) -> np.ndarray:
    """A darker shade for the lines, or a lighter one on a dark colour."""
    colour = colour.astype(float)
    return (0.55 * colour if colour.mean() > 60 else colour + 0.45 * (255 - colour)).astype(np.uint8)
