"""Non-maximum suppression: of many boxes around one object, keep the best.

The rule is greedy. Take the box with the highest score, drop every other box that overlaps it too much, and go on with
the rest. `steps` does it one box at a time, to be watched; `nms` gives the same answer fast; `soft_nms` lowers scores
where the others drop boxes.

Shared rules: boxes with ``score >= score_threshold`` take part; among equal scores the smaller index comes first; a box
goes when its IoU is *greater* than `iou_threshold`; with `labels`, a box can only drop boxes of its own class.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cnnlab.arithmetic import boxes as _boxes
from cnnlab.arithmetic import overlap as _overlap
from cnnlab.common.validate import check_choice, check_fraction, check_int, check_number
from cnnlab.detection.detections import check_labels, check_scores

METHODS = ("gaussian", "linear")
BLOCKS = (64, 128, 256)  # boxes settled at once, then 256 again: few for all pairs among them, many for Python's loop
STRIPS = 500  # at most; a few wide boxes must not meet thousands of narrow strips
WINNERS = 64  # how many drop boxes at once: the next look only at boxes still there …
PAIRS = 1_000_000  # … and of very many boxes, fewer winners, so that the pairs fit into memory


@dataclass(frozen=True, eq=False)
class Step:
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
    arguments = boxes, scores, iou_threshold, score_threshold, labels, max_detections
    corners, _, labels, order = _prepare(*arguments)
    ranked = corners[order]
    if labels is None:
        kept = _keep(ranked, iou_threshold, max_detections)
    else:
        kept = _keep_by_class(ranked, labels[order], iou_threshold, max_detections)
    return order[kept[:max_detections]]


def _prepare(
    boxes: object, scores: object, iou_threshold: object, score_threshold: object, labels: object, limit: object
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray]:
    """Checked boxes, scores and labels, and the rows that take part, best first."""
    corners = _boxes.check(boxes)
    scores = check_scores(scores, len(corners))
    labels = None if labels is None else check_labels(labels, len(corners))
    check_fraction(iou_threshold, "iou_threshold")
    check_number(score_threshold, "score_threshold")
    if limit is not None:
        check_int(limit, "max_detections", minimum=0)
    order = np.argsort(-scores, kind="stable")
    return corners, scores, labels, order[scores[order] >= score_threshold]


def _keep(ranked: np.ndarray, threshold: float, limit: int | None) -> np.ndarray:
    """Positions in `ranked`, best first, that survive."""
    left = np.arange(len(ranked))
    kept = [left[:0]]
    found = 0
    for size in itertools.chain(BLOCKS, itertools.repeat(BLOCKS[-1])):
        block, left = left[:size], left[size:]
        winners = block[_settle(ranked[block], threshold)]
        kept.append(winners)
        found += len(winners)
        if not len(left) or (limit is not None and found >= limit):
            break
        left = left[~_suppressed(ranked[winners], ranked[left], threshold)]
    return np.concatenate(kept)


def _keep_by_class(ranked: np.ndarray, labels: np.ndarray, threshold: float, limit: int | None) -> np.ndarray:
    kept = [np.empty(0, np.int64)]
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        kept.append(rows[_keep(ranked[rows], threshold, limit)])
    return np.sort(np.concatenate(kept))


def _settle(block: np.ndarray, threshold: float) -> np.ndarray:
    """Which boxes of a block, best first, survive each other: the greedy rule on all pairs at once."""
    overlaps = _overlap.iou(block[:, None], block[None]) > threshold  # (B, B)
    survives = np.ones(len(block), bool)
    for row in np.flatnonzero(np.triu(overlaps, 1).any(axis=1)):
        if survives[row]:
            survives[row + 1 :] &= ~overlaps[row, row + 1 :]
    return survives


def _suppressed(winners: np.ndarray, others: np.ndarray, threshold: float) -> np.ndarray:
    """Which of `others` overlap a winner too much, (len(others),) bool.

    `others` are laid out in upright strips and sorted by y inside each, so that those near a winner are one range in
    each of a few strips.
    """
    gone = np.zeros(len(others), bool)
    x, y = _centres(others)
    reach_x, reach_y = _reach(winners, others, threshold)
    wide = max(reach_x.mean(), np.ptp(x) / STRIPS, np.finfo(float).tiny)
    high = 2 * np.ptp(y) or 1.0  # more than any y in a strip
    strip = ((x - x.min()) // wide).astype(np.int64)
    key = strip * high + (y - y.min())
    order = np.argsort(key)
    others, key = others[order], key[order]

    middle_x, middle_y = _centres(winners)
    left, right = ((middle_x + side - x.min()) // wide for side in (-reach_x, reach_x))
    top, bottom = (np.clip(middle_y + side - y.min(), 0, np.ptp(y)) for side in (-reach_y, reach_y))
    left, right = np.clip(left, 0, None).astype(np.int64), np.clip(right, -1, strip.max()).astype(np.int64)
    together = max(1, min(WINNERS, PAIRS // len(others)))
    for start in range(0, len(winners), together):
        part = slice(start, start + together)
        rows, strips = _overlap.in_ranges(left[part], right[part] + 1)
        rows += start
        first = np.searchsorted(key, strips * high + top[rows], "left")
        last = np.searchsorted(key, strips * high + bottom[rows], "right")
        ranges, theirs = _overlap.in_ranges(first, last)
        fresh = ~gone[theirs]
        mine, theirs = rows[ranges[fresh]], theirs[fresh]
        gone[theirs[_overlap.iou(winners[mine], others[theirs]) > threshold]] = True
    unsorted = np.empty_like(gone)
    unsorted[order] = gone
    return unsorted


def _centres(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2


def _reach(winners: np.ndarray, others: np.ndarray, threshold: float) -> np.ndarray:
    """How far from a winner's centre the centre of a box it drops can be, along x and y, (2, len(winners)).

    Seen along one axis, boxes of widths v and w that share more than t of their union have w < v / t and centres closer
    than (v + w) / 2 * (1 - t) / (1 + t); and an IoU is at most what it is along one axis.
    """
    size = winners[:, 2:] - winners[:, :2]
    largest = (others[:, 2:] - others[:, :2]).max(axis=0)
    partner = np.minimum(size / threshold, largest) if threshold > 1e-6 else largest
    reach = (size + partner) / 2 * (1 - threshold) / (1 + threshold)
    far = max(np.abs(winners).max(), np.abs(others).max())
    return (reach + 1e-9 * far).T  # rounding must not lose a box on the edge


def steps(
    boxes: np.ndarray,
    scores: np.ndarray,
    iou_threshold: float = 0.5,
    score_threshold: float = 0.0,
    labels: np.ndarray | None = None,
    max_detections: int | None = None,
) -> Iterator[Step]:
    """Yield the rounds of `nms` one by one, for the same arguments and with the same boxes kept in the same order.

    Examples
    --------
    >>> for step in steps([[0, 0, 10, 10], [0, 0, 10, 9], [20, 0, 30, 10]], [0.6, 0.9, 0.8]):
    ...     print("keep", step.kept, "drop", step.suppressed, "IoU", step.ious, "left", step.remaining)
    keep 1 drop [0] IoU [0.9] left [2]
    keep 2 drop [] IoU [] left []
    """
    corners, _, labels, left = _prepare(boxes, scores, iou_threshold, score_threshold, labels, max_detections)
    return _rounds(corners, labels, left, iou_threshold, max_detections)  # checked now, not when the first is asked for


def _rounds(
    corners: np.ndarray, labels: np.ndarray | None, left: np.ndarray, threshold: float, limit: int | None
) -> Iterator[Step]:
    done = 0
    while len(left) and done != limit:
        best, left = left[0], left[1:]
        ious = _overlap.iou(corners[best], corners[left])
        drops = ious > threshold
        if labels is not None:
            drops &= labels[left] == labels[best]
        yield Step(int(best), left[drops], ious[drops], left[~drops])
        left = left[~drops]
        done += 1


def soft_nms(
    boxes: np.ndarray,
    scores: np.ndarray,
    sigma: float = 0.5,
    method: str = "gaussian",
    iou_threshold: float = 0.3,
    score_threshold: float = 0.001,
    labels: np.ndarray | None = None,
    max_detections: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Lower the scores of overlapping boxes instead of dropping them: two people side by side may both be real.

    Take the box with the highest score, multiply the others' scores by a factor that falls with their IoU, and go on
    with the best of the new scores.

    Parameters
    ----------
    boxes, scores, labels, max_detections : as in `nms`
    sigma : > 0, for ``"gaussian"``: the factor is ``exp(-IoU² / sigma)``
    method : ``"gaussian"``, or ``"linear"``: the factor is ``1 - IoU`` where the IoU is above `iou_threshold`
    iou_threshold : 0 … 1, for ``"linear"`` only
    score_threshold : boxes that have fallen below it are dropped

    Returns
    -------
    rows : ndarray
        Shape (K,), int64, best first by their new scores.
    new_scores : ndarray
        Shape (K,), float64.

    References
    ----------
    Bodla et al., "Soft-NMS: Improving Object Detection With One Line of Code", ICCV 2017, equations 2 and 3.

    Examples
    --------
    >>> rows, new = soft_nms([[0, 0, 10, 10], [0, 0, 10, 9], [20, 0, 30, 10]], [0.6, 0.9, 0.8], method="linear")
    >>> rows, new.round(2)  # row 0 falls to 0.6 * (1 - 0.9)
    (array([1, 2, 0]), array([0.9 , 0.8 , 0.06]))
    """
    check_choice(method, "method", METHODS)
    check_number(sigma, "sigma", above=0)
    corners, scores, labels, left = _prepare(boxes, scores, iou_threshold, score_threshold, labels, max_detections)
    scores = scores.copy()
    rows, kept_at = [], []
    while len(left) and len(rows) != max_detections:
        place = np.lexsort((left, -scores[left]))[0]
        best, left = left[place], np.delete(left, place)
        rows.append(best)
        kept_at.append(scores[best])
        ious = _overlap.iou(corners[best], corners[left])
        if labels is not None:
            ious = np.where(labels[left] == labels[best], ious, 0)
        scores[left] *= np.exp(-(ious**2) / sigma) if method == "gaussian" else 1 - ious * (ious > iou_threshold)
        left = left[scores[left] >= score_threshold]
    return np.array(rows, np.int64), np.array(kept_at, np.float64)
