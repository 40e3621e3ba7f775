"""Non-maximum suppression: of many boxes around one object, keep the best.

The rule is greedy. Take the box with the highest score, drop every other box that overlaps it too much, and go on with
the rest. `steps` does it one box at a time, to be watched; `nms` gives the same answer fast.

Shared rules: boxes with ``score >= score_threshold`` take part; among equal scores the smaller index comes first; a box
goes when its IoU is *greater* than `iou_threshold`; with `labels`, a box can only drop boxes of its own class.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cnnlab.arithmetic import overlap
from cnnlab.arithmetic.boxes import check as check_boxes
from cnnlab.common.validate import check_fraction, check_int, check_number
from cnnlab.detection.detections import check_labels, check_scores

BLOCKS = (64, 128, 256)  # boxes settled at once, then 256 again: few for all pairs among them, many for Python's loop
STRIPS = 500  # at most; a few wide boxes must not meet thousands of narrow strips
WINNERS = 64  # how many drop boxes at once: the next look only at boxes still there …
PAIRS = 1_000_000  # … and of very many boxes, fewer winners, so that the pairs fit into memory


@dataclass(frozen=True, eq=False)
class Round:
    """One round of non-maximum suppression. All numbers are rows of the boxes it was given.

    Parameters
    ----------
    kept : the box with the highest score left
    suppressed : shape (S,), int64, the boxes it drops, best first
    ious : shape (S,), float64, their IoU with it
    remaining : shape (R,), int64, what the next round begins with, best first
    """

    kept: int
    suppressed: np.ndarray
    ious: np.ndarray
    remaining: np.ndarray


def nms(
    boxes: np.ndarray,
    scores: np.ndarray,
    iou_threshold: float = 0.5,
    score_threshold: float = 0.0,
    labels: np.ndarray | None = None,
    max_detections: int | None = None,
) -> np.ndarray:
    """Rows of the boxes to keep, best first.

    Parameters
    ----------
    boxes : shape (N, 4), xyxy
    scores : shape (N,), finite
    iou_threshold : 0 … 1, a larger IoU with a better box drops a box; at 1 none is dropped
    score_threshold : boxes below it never take part
    labels : shape (N,), class numbers; None treats all boxes as one class
    max_detections : how many to return at most, over all classes; None means all

    Returns
    -------
    ndarray
        Shape (K,), int64.

    Notes
    -----
    Up to 256 boxes are settled at once, then drop what they must from the rest, looking only at boxes near enough: the
    time grows with the overlaps there are, not with all pairs.

    Examples
    --------
    >>> boxes = [[0, 0, 10, 10], [0, 0, 10, 9], [20, 0, 30, 10]]
    >>> nms(boxes, [0.6, 0.9, 0.8])  # rows 0 and 1 have an IoU of 90 / 100
    array([1, 2])
    >>> nms(boxes, [0.6, 0.9, 0.8], labels=[0, 1, 1])
    array([1, 2, 0])
    """
    corners, scores, labels = _checked(boxes, scores, iou_threshold, score_threshold, labels, max_detections)
    return survivors(corners, scores, iou_threshold, score_threshold, labels, max_detections)


def survivors(
    corners: np.ndarray,
    scores: np.ndarray,
    iou_threshold: float,
    score_threshold: float = -np.inf,
    labels: np.ndarray | None = None,
    limit: int | None = None,
) -> np.ndarray:
    """`nms` of what was checked already: boxes (N, 4) float64, finite scores (N,), labels (N,) int64 or None."""
    order = _order(scores, score_threshold)
    ranked = corners[order]
    if labels is None:
        kept = _keep(ranked, iou_threshold, limit)
    else:
        kept = _keep_by_class(ranked, labels[order], iou_threshold, limit)
    return order[kept[:limit]]


def _checked(
    boxes: object, scores: object, iou_threshold: object, score_threshold: object, labels: object, limit: object
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Boxes, scores and labels as arrays."""
    corners = check_boxes(boxes)
    check_fraction(iou_threshold, "iou_threshold")
    check_number(score_threshold, "score_threshold")
    if limit is not None:
        check_int(limit, "max_detections", minimum=0)
    scores = check_scores(scores, len(corners))
    return corners, scores, None if labels is None else check_labels(labels, len(corners))


def _order(scores: np.ndarray, score_threshold: float) -> np.ndarray:
    """The rows that take part, best first."""
    order = np.argsort(-scores)
    ranked = scores[order]
    if (ranked[1:] == ranked[:-1]).any():  # only then does it take a stable sort, which is five times as slow
        order = np.argsort(-scores, kind="stable")
    return order[: np.count_nonzero(scores >= score_threshold)]


def _keep(ranked: np.ndarray, threshold: float, limit: int | None) -> np.ndarray:
    """Positions in `ranked`, best first, that survive."""
    left = np.arange(len(ranked))
    kept = [left[:0]]
    found, strips = 0, None
    for size in itertools.chain(BLOCKS, itertools.repeat(BLOCKS[-1])):
        block, left = left[:size], left[size:]
        winners = block[_settle(ranked[block], threshold)]
        kept.append(winners)
        found += len(winners)
        if not len(left) or (limit is not None and found >= limit):
            break
        strips = strips or _Strips(ranked, threshold)
        left = left[strips.left(block, winners)[left]]
    return np.concatenate(kept)


def _keep_by_class(ranked: np.ndarray, labels: np.ndarray, threshold: float, limit: int | None) -> np.ndarray:
    kept = [np.empty(0, np.int64)]
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        kept.append(rows[_keep(ranked[rows], threshold, limit)])
    return np.sort(np.concatenate(kept))


def _settle(block: np.ndarray, threshold: float) -> np.ndarray:
    """Which boxes of a block, best first, survive each other: the greedy rule on all pairs at once."""
    overlaps = overlap.iou(block[:, None], block[None]) > threshold  # (B, B)
    survives = np.ones(len(block), bool)
    for row in np.flatnonzero(np.triu(overlaps, 1).any(axis=1)):
        if survives[row]:
            survives[row + 1 :] &= ~overlaps[row, row + 1 :]
    return survives


class _Strips:
    """The boxes that are left, laid out in upright strips and sorted by y inside each.

    Those near a winner are then one range in each of a few strips. x and y come as two rows here, (2, N): NumPy is
    several times faster along long rows than across short ones.
    """

    def __init__(self, ranked: np.ndarray, threshold: float) -> None:
        self.ranked, self.threshold = ranked, threshold
        first, last = np.ascontiguousarray(ranked[:, :2].T), np.ascontiguousarray(ranked[:, 2:].T)
        centres = (first + last) / 2
        self.start = centres.min(axis=1, keepdims=True)
        self.centres, self.reach = centres - self.start, _reach(first, last, threshold)
        width, self.height = self.centres.max(axis=1)
        self.wide = max(self.reach[0].mean(), width / STRIPS, np.finfo(float).tiny)
        self.last = int(width / self.wide)
        self.high = 2 * self.height or 1.0  # more than any y in a strip
        key = np.floor(self.centres[0] / self.wide) * self.high + self.centres[1]
        self.rows = np.argsort(key)
        self.key = key[self.rows]
        self.here = np.ones(len(ranked), bool)

    def left(self, block: np.ndarray, winners: np.ndarray) -> np.ndarray:
        """Take out a block and what its winners drop; return what is still here, (len(ranked),) bool."""
        self.here[block] = False
        together = max(1, min(WINNERS, PAIRS // max(len(self.rows), 1)))
        for start in range(0, len(winners), together):
            self._drop(winners[start : start + together])
        still = self.here[self.rows]
        self.rows, self.key = self.rows[still], self.key[still]
        return self.here

    def _drop(self, winners: np.ndarray) -> None:
        low, high = (self.centres[:, winners] + side * self.reach[:, winners] for side in (-1, 1))  # (2, W) x and y
        left = np.maximum(np.floor(low[0] / self.wide), 0).astype(np.int64)
        right = np.minimum(np.floor(high[0] / self.wide), self.last).astype(np.int64)
        ranges, strips = overlap.in_ranges(left, right + 1)
        top, bottom = (strips * self.high + np.clip(side[1][ranges], 0, self.height) for side in (low, high))
        pairs, near = overlap.in_ranges(np.searchsorted(self.key, top), np.searchsorted(self.key, bottom, "right"))
        others = self.rows[near]
        fresh = self.here[others]
        mine, others = winners[ranges[pairs[fresh]]], others[fresh]
        over = overlap.iou(self.ranked[mine], self.ranked[others]) > self.threshold
        self.here[others[over]] = False


def _reach(first: np.ndarray, last: np.ndarray, threshold: float) -> np.ndarray:
    """How far from a box's centre the centre of a box that it drops can be, along x and y, (2, N).

    Seen along one axis, boxes of widths v and w that share more than t of their union have w < v / t and centres closer
    than (v + w) / 2 * (1 - t) / (1 + t); and an IoU is at most what it is along one axis.
    """
    size = last - first
    largest = size.max(axis=1, keepdims=True)
    partner = np.minimum(size / threshold, largest) if threshold > 1e-6 else largest
    rounding = 1e-9 * max(np.abs(first).max(), np.abs(last).max())  # must not lose a box on the edge
    return (size + partner) / 2 * (1 - threshold) / (1 + threshold) + rounding


def steps(
    boxes: np.ndarray,
    scores: np.ndarray,
    iou_threshold: float = 0.5,
    score_threshold: float = 0.0,
    labels: np.ndarray | None = None,
    max_detections: int | None = None,
) -> Iterator[Round]:
    """Yield the rounds of `nms` one by one, for the same arguments and with the same boxes kept in the same order.

    Examples
    --------
    >>> for step in steps([[0, 0, 10, 10], [0, 0, 10, 9], [20, 0, 30, 10]], [0.6, 0.9, 0.8]):
    ...     print("keep", step.kept, "drop", step.suppressed, "IoU", step.ious, "left", step.remaining)
    keep 1 drop [0] IoU [0.9] left [2]
    keep 2 drop [] IoU [] left []
    """
    corners, scores, labels = _checked(boxes, scores, iou_threshold, score_threshold, labels, max_detections)
    left = _order(scores, score_threshold)
    return _rounds(corners, labels, left, iou_threshold, max_detections)  # checked now, not when the first is asked for


def _rounds(
    corners: np.ndarray, labels: np.ndarray | None, left: np.ndarray, threshold: float, limit: int | None
) -> Iterator[Round]:
    done = 0
    while len(left) and done != limit:
        best, left = left[0], left[1:]
        ious = overlap.iou(corners[best], corners[left])
        drops = ious > threshold
        if labels is not None:
            drops &= labels[left] == labels[best]
        yield Round(int(best), left[drops], ious[drops], left[~drops])
        left = left[~drops]
        done += 1
