"""Arithmetic of boxes without checks: the public modules check once, then come here.

Every function takes corners x1, y1, x2, y2 of shape (..., 4) and broadcasts over what comes before: ``a[:, None]`` and
``b[None]`` give all pairs, two lists of equal length one number a row. All callers share the same operations in the
same order, so that two routes to one IoU compare equal to the last bit.
"""

from __future__ import annotations

import numpy as np


def area(boxes: np.ndarray) -> np.ndarray:
    """Areas (…) of boxes (…, 4), xyxy."""
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def intersection(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Area shared by boxes (…, 4) of `a` and `b`, broadcast against each other."""
    width = np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 0], b[..., 0])
    height = np.minimum(a[..., 3], b[..., 3]) - np.maximum(a[..., 1], b[..., 1])
    return np.maximum(width, 0) * np.maximum(height, 0)  # two negative sides would make an area


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """``part / whole``, and 0 where `whole`, and so `part`, is 0."""
    return part / np.where(whole > 0, whole, 1)


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of boxes (…, 4) of `a` and `b`; 0 where neither has an area."""
    shared = intersection(a, b)
    return ratio(shared, area(a) + area(b) - shared)


def in_ranges(first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs (row, j) with ``first[row] <= j < last[row]``, row by row, as two arrays.

    >>> in_ranges(np.array([0, 5, 7]), np.array([2, 5, 8]))
    (array([0, 0, 2]), array([0, 1, 7]))
    """
    counts = np.maximum(last - first, 0)
    rows = np.repeat(np.arange(len(counts)), counts)
    return rows, np.arange(len(rows)) - np.repeat(counts.cumsum() - counts - first, counts)
