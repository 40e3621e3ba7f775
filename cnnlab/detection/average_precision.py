"""From right and wrong detections to average precision: the curve, the three areas under it, one class at a time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cnnlab.common.validate import check_choice, check_int, check_rank
from cnnlab.detection.detections import check_scores
from cnnlab.detection.matching import Matches

METHODS = ("voc07", "voc10", "coco")
VOC07_RECALLS = np.arange(11) / 10
COCO_RECALLS = np.linspace(0, 1, 101)


class PrecisionRecall(NamedTuple):
    """Recall and precision after each detection, best score first; both of shape (N,)."""

    recall: np.ndarray
    precision: np.ndarray


def precision_recall(scores: np.ndarray, matched: np.ndarray, positives: int) -> PrecisionRecall:
    """Recall and precision after the best detection, the two best, the three best …

    Parameters
    ----------
    scores : shape (N,); equal scores stay in the order given
    matched : shape (N,), True where the detection is right
    positives : number of objects there are to find, >= 1

    Returns
    -------
    PrecisionRecall
        ``(recall, precision)``, each of shape (N,), float64, 0 … 1.

    Examples
    --------
    Four objects; right, wrong, right:

    >>> recall, precision = precision_recall([0.9, 0.6, 0.8], [True, True, False], positives=4)
    >>> recall, precision.round(3)
    (array([0.25, 0.25, 0.5 ]), array([1.   , 0.5  , 0.667]))
    """
    matched = check_rank(matched, "matched", {1: "(N,)"})
    if not np.isin(matched, (0, 1)).all():
        raise ValueError(f"`matched` must hold True and False. Received: {matched.tolist()}")
    scores = check_scores(scores, len(matched))
    check_int(positives, "positives", minimum=1)
    right = matched[np.argsort(-scores, kind="stable")].astype(np.int64).cumsum()
    if len(right) and right[-1] > positives:
        raise ValueError(f"`positives` must be at least the number of matches, {right[-1]}. Received: {positives}")
    return PrecisionRecall(right / positives, right / np.arange(1, len(right) + 1))


def average_precision(recall: np.ndarray, precision: np.ndarray, method: str = "coco") -> float:
    """Area under the precision–recall curve, in one of the three usual forms.

    All of them first lift each precision to the largest one at the same or a higher recall: the curve then only falls.

    - ``"voc07"``: the mean of the precision at the 11 recalls 0, 0.1 … 1
    - ``"voc10"``: the exact area under the steps
    - ``"coco"``: the mean of the precision at the 101 recalls 0, 0.01 … 1

    A recall that is never reached counts with precision 0.

    Parameters
    ----------
    recall : shape (N,), rising, 0 … 1
    precision : shape (N,), 0 … 1
    method : ``"voc07"``, ``"voc10"`` or ``"coco"``

    Returns
    -------
    float
        0 … 1; 0 if there is no detection.

    References
    ----------
    Everingham et al., "The PASCAL Visual Object Classes Challenge", IJCV 2010, section 4.2, and its 2010 devkit;
    Lin et al., "Microsoft COCO", ECCV 2014, with ``pycocotools.cocoeval``.

    Examples
    --------
    Recall 0.5 with precision 1, then recall 1 with precision 0.5:

    >>> average_precision([0.5, 1], [1, 0.5], "voc10")  # 0.5 * 1 + 0.5 * 0.5
    0.75
    >>> average_precision([0.5, 1], [1, 0.5], "voc07")  # (6 * 1 + 5 * 0.5) / 11
    0.7727272727272727
    """
    check_choice(method, "method", METHODS)
    recall = check_rank(recall, "recall", {1: "(N,)"})
    precision = check_rank(precision, "precision", {1: "(N,)"})
    if len(recall) != len(precision):
        raise ValueError(
            f"`recall` and `precision` must have one value each for every detection. "
            f"Received: {len(recall)} and {len(precision)}"
        )
    for values, name in ((recall, "recall"), (precision, "precision")):
        if not ((values >= 0) & (values <= 1)).all():
            raise ValueError(f"`{name}` must lie between 0 and 1. Received: {values.tolist()}")
    if (np.diff(recall) < 0).any():
        raise ValueError(f"`recall` must not fall. Received: {recall.tolist()}")
    return _average(recall, precision, method)


def _average(recall: np.ndarray, precision: np.ndarray, method: str) -> float:
    falling = np.maximum.accumulate(precision[::-1])[::-1]
    if method == "voc10":
        return float(np.sum(np.diff(recall, prepend=0) * falling))
    wanted = VOC07_RECALLS if method == "voc07" else COCO_RECALLS
    at = np.searchsorted(recall, wanted)  # where each recall is first reached; N if never
    return float(np.append(falling, 0)[at].mean())


def class_precision(matches: Matches, label: int, area: int, method: str) -> np.ndarray:
    """Average precision of one class at each threshold, (T,); NaN without an object that counts."""
    positives = _positives(matches, label, area)
    hits = matches.hits[:, area, matches.rows(label)]
    if not positives:
        return np.full(len(hits), np.nan)
    counted = np.cumsum(~matches.ignored[:, area, matches.rows(label)], axis=1)  # (T, D)
    values = []
    for hit, number in zip(hits, counted, strict=True):
        at = np.flatnonzero(hit)  # the lifted curve has its corners where something is found
        right = np.arange(1, len(at) + 1)
        values.append(_average(right / positives, right / number[at], method))
    return np.array(values)


def class_recall(matches: Matches, label: int, area: int, most: int) -> np.ndarray:
    """Share of a class's objects found by the `most` best detections in each picture, (T,)."""
    positives = _positives(matches, label, area)
    rows = matches.rows(label)
    found = (matches.hits[:, area, rows] & (matches.ranks[rows] < most)).sum(axis=1)
    return found / positives if positives else np.full(len(found), np.nan)


def _positives(matches: Matches, label: int, area: int) -> int:
    return int(((matches.truth_labels == label) & ~matches.truth_ignored[area]).sum())
