"""Anchors: typical box sizes found by clustering, and which of them a box belongs to.

An anchor is a width and a height in pixels, nothing more; it has no place. Here **width comes before height**, as x
comes before y in boxes, and as a Darknet ``.cfg`` writes its ``anchors=``. Sources: Redmon and Farhadi, "YOLO9000:
Better, Faster, Stronger", 2017, section 2 (clustering by 1 − IoU); "YOLOv3: An Incremental Improvement", 2018.
"""

from __future__ import annotations

import numpy as np

from cnnlab.arithmetic.boxes import LARGEST
from cnnlab.common.validate import check_int, check_rank


def check(anchors: object, name: str = "anchors") -> np.ndarray:
    """`anchors` as float64 (K, 2), after a look at whether each is a width and a height above 0.

    Parameters
    ----------
    anchors : (K, 2) widths and heights in pixels, K >= 1
    name : of the argument, for the message

    Raises
    ------
    TypeError, ValueError
        For any other shape, and for sizes that are not finite and positive; a number beyond 1e150 counts as infinite.

    Examples
    --------
    >>> check([(10, 20)]).tolist()
    [[10.0, 20.0]]
    >>> check([(10, 0)])
    Traceback (most recent call last):
    ValueError: `anchors` must be finite widths and heights above 0. Received: row 0 is (10.0, 0.0)
    """
    values = check_rank(anchors, name, {2: "(K, 2)"}).astype(np.float64)
    if values.shape[1] != 2 or not len(values):
        raise ValueError(f"`{name}` must have shape (K, 2), widths and heights, K >= 1. Received: shape {values.shape}")
    bad = np.flatnonzero(~((values > 0) & (values <= LARGEST)).all(axis=1))
    if len(bad):
        row = tuple(float(side) for side in values[bad[0]])
        raise ValueError(f"`{name}` must be finite widths and heights above 0. Received: row {bad[0]} is {row}")
    return values


def shape_iou(sizes: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """IoU of every size with every anchor, laid on one another with their centres together.

    Only shapes are compared, so the intersection is the smaller width times the smaller height.

    Parameters
    ----------
    sizes : (N, 2) widths and heights in pixels, > 0; N may be 0
    anchors : (K, 2) the same

    Returns
    -------
    ndarray
        (N, K) float64 in (0, 1].

    Examples
    --------
    >>> shape_iou([(10, 20)], [(10, 10), (20, 20)]).tolist()
    [[0.5, 0.5]]
    """
    return _shape_iou(_sizes(sizes), check(anchors))


def _shape_iou(sizes: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    both = np.minimum(sizes[:, None], anchors[None]).prod(axis=-1)  # (N, K)
    return both / (sizes.prod(axis=1)[:, None] + anchors.prod(axis=1) - both)


def assign(sizes: np.ndarray, anchors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The anchor most like each size, and how like it is.

    Parameters
    ----------
    sizes : (N, 2) widths and heights in pixels, > 0
    anchors : (K, 2) the same

    Returns
    -------
    best : (N,) int64, the anchor of highest `shape_iou`; of equals the first
    iou : (N,) float64

    Examples
    --------
    >>> best, iou = assign([(12, 12), (30, 40)], [(10, 10), (40, 40)])
    >>> best.tolist(), iou.round(2).tolist()
    ([0, 1], [0.69, 0.75])
    """
    iou = shape_iou(sizes, anchors)
    best = iou.argmax(axis=1)
    return best, np.take_along_axis(iou, best[:, None], axis=1)[:, 0]


def kmeans(sizes: np.ndarray, k: int, seed: int = 0, rounds: int = 100) -> np.ndarray:
    """Find `k` anchors: k-means with 1 − IoU as the distance, so that a large box weighs no more than a small one.

    Starts from sizes of the data, each chosen with a probability that grows with its distance from those chosen before
    (k-means++); then every size joins its nearest anchor and every anchor becomes the mean of its sizes, until nothing
    moves.

    Parameters
    ----------
    sizes : (N, 2) widths and heights in pixels, > 0, with at least `k` different ones
    k : number of anchors, >= 1
    seed : of the start, >= 0
    rounds : at most this many, >= 1

    Returns
    -------
    ndarray
        (k, 2) float64, from the smallest area to the largest.

    Raises
    ------
    TypeError, ValueError
        If there are fewer than `k` different sizes, or an argument is out of its range.

    Examples
    --------
    >>> kmeans([(10, 10), (12, 12), (38, 40), (42, 40)], k=2).tolist()
    [[11.0, 11.0], [40.0, 40.0]]
    """
    sizes, k = _sizes(sizes), check_int(k, "k", 1)
    rounds = check_int(rounds, "rounds", 1)
    different = len(np.unique(sizes, axis=0))
    if different < k:
        raise ValueError(f"`k` must be at most the number of different sizes, {different}. Received: {k}")
    anchors = _start(sizes, k, np.random.default_rng(check_int(seed, "seed", 0)))
    nearest = np.full(len(sizes), -1)
    for _ in range(rounds):
        before, nearest = nearest, _shape_iou(sizes, anchors).argmax(axis=1)
        if (before == nearest).all():
            break
        for j in np.unique(nearest):  # an anchor without sizes stays where it is
            anchors[j] = sizes[nearest == j].mean(axis=0)
    return anchors[np.lexsort((anchors[:, 0], anchors.prod(axis=1)))]


def _start(sizes: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    chosen = [sizes[rng.integers(len(sizes))]]
    while len(chosen) < k:
        distance = np.clip(1 - _shape_iou(sizes, np.array(chosen)).max(axis=1), 0, None)
        if not distance.any():  # they differ by less than an IoU can show: any that is not chosen yet
            distance = (sizes[:, None] != np.array(chosen)).any(axis=2).all(axis=1).astype(float)
        chosen.append(sizes[rng.choice(len(sizes), p=distance / distance.sum())])
    return np.array(chosen)


def _sizes(sizes: object) -> np.ndarray:
    """(N, 2) float64, N possibly 0."""
    values = check_rank(sizes, "sizes", {2: "(N, 2)"} if np.size(sizes) else {1: "(0, 2)", 2: "(N, 2)"})
    return check(values, "sizes") if values.size else np.empty((0, 2))
