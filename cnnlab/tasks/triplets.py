"""Triplets: which pictures of a batch the triplet loss learns from.

A triplet is (anchor, positive, negative), three rows: anchor and positive are two pictures of one person, the negative
is of another. The functions that choose triplets never return any other.
"""

from __future__ import annotations

import numpy as np

from cnnlab.common.validate import check_number, check_rank


def valid_triplets(labels: np.ndarray) -> np.ndarray:
    """Every triplet there is: anchor and positive are two rows of one label, the negative has another.

    Returns
    -------
    ndarray
        Shape (T, 3), int64, rows of (anchor, positive, negative) in ascending order.

    Examples
    --------
    >>> valid_triplets([7, 7, 8])
    array([[0, 1, 2],
           [1, 0, 2]])
    """
    return np.argwhere(_valid(_labels(labels)))


def semi_hard_triplets(distances: np.ndarray, labels: np.ndarray, margin: float = 0.2) -> np.ndarray:
    """The valid triplets with d(a, p) < d(a, n) < d(a, p) + margin: right already, but not by the margin.

    Parameters
    ----------
    distances : shape (N, N), squared distances, as from `cnnlab.verification.squared_distances`
    labels : shape (N,)
    margin : > 0

    Returns
    -------
    ndarray
        Shape (T, 3), int64; T may be 0.

    Examples
    --------
    >>> distances = (np.array([[0.0], [0.3], [0.5], [0.9]]) - [0.0, 0.3, 0.5, 0.9]) ** 2  # from row 0: 0.09, 0.25, …
    >>> semi_hard_triplets(distances, [0, 0, 1, 2])
    array([[0, 1, 2]])
    """
    distances, labels = check_square(distances, labels)
    gap = distances[:, None, :] - distances[:, :, None]  # (anchor, positive, negative)
    return np.argwhere(_valid(labels) & (gap > 0) & (gap < check_number(margin, "margin", above=0)))


def batch_hard_triplets(distances: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """For every anchor its hardest triplet: the furthest picture of the same person, the nearest one of another.

    An anchor that has no other picture, or no other person to be told from, has no triplet.

    Parameters
    ----------
    distances : shape (N, N), squared or not
    labels : shape (N,)

    Returns
    -------
    ndarray
        Shape (T, 3), int64, T <= N.

    Notes
    -----
    Hermans, Beyer and Leibe, "In Defense of the Triplet Loss for Person Re-Identification", 2017, equation 5.

    Examples
    --------
    >>> batch_hard_triplets(abs(np.array([[0.0], [1.0], [4.0], [3.0]]) - [0.0, 1.0, 4.0, 3.0]), [0, 0, 0, 1])
    array([[0, 2, 3],
           [1, 2, 3],
           [2, 0, 3]])
    """
    distances, labels = check_square(distances, labels)
    same = labels[:, None] == labels
    other = same & ~np.eye(len(labels), dtype=bool)
    anchors = np.flatnonzero(other.any(axis=1) & ~same.all(axis=1))
    if not len(anchors):
        return np.empty((0, 3), np.int64)
    positives = np.where(other, distances, -np.inf)[anchors].argmax(axis=1)
    negatives = np.where(same, np.inf, distances)[anchors].argmin(axis=1)
    return np.stack([anchors, positives, negatives], axis=1)


def active_share(distances: np.ndarray, labels: np.ndarray, margin: float = 0.2) -> float:
    """The part of the valid triplets that still has a loss, d(a, p) − d(a, n) + margin > 0, and so teaches something.

    Examples
    --------
    >>> active_share((np.array([[0.0], [0.1], [0.2], [3.0]]) - [0.0, 0.1, 0.2, 3.0]) ** 2, [0, 0, 1, 1])
    0.5
    """
    distances, labels = check_square(distances, labels)
    valid = _valid(labels)
    if not valid.any():
        raise ValueError("`labels` must hold two pictures of one person and one of another. Received: no triplet")
    gap = distances[:, None, :] - distances[:, :, None]
    return float((gap[valid] < check_number(margin, "margin", above=0)).mean())


# --- what comes in ----------------------------------------------------------------------------------------------------


def check_finite(array: np.ndarray, name: str) -> np.ndarray:
    """The array as float64, which may hold neither NaN nor infinity."""
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"`{name}` must be finite. Received: {np.count_nonzero(~np.isfinite(array))} NaN or infinite")
    return array


def _labels(labels: object) -> np.ndarray:
    labels = check_rank(labels, "labels", {1: "(N,)"})
    if labels.dtype.kind not in "iu" and labels.size:
        raise TypeError(f"`labels` must be whole numbers. Received: dtype {labels.dtype}")
    return labels


def check_square(distances: object, labels: object) -> tuple[np.ndarray, np.ndarray]:
    """The distances of all pairs of N pictures, (N, N), and whose pictures they are, (N,)."""
    distances = check_finite(check_rank(distances, "distances", {2: "(N, N)"}), "distances")
    labels = _labels(labels)
    if distances.shape != (len(labels), len(labels)):
        received = f"{distances.shape} and {len(labels)} labels"
        raise ValueError(f"`distances` must have shape (N, N) for N `labels`. Received: {received}")
    return distances, labels


def _valid(labels: np.ndarray) -> np.ndarray:
    """Shape (N, N, N) bool: whether (anchor, positive, negative) is a triplet."""
    same = labels[:, None] == labels
    return (same & ~np.eye(len(labels), dtype=bool))[:, :, None] & ~same[:, None, :]
