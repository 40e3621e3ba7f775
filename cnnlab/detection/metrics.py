"""How good is a detector? Precision, recall, average precision, and the twelve numbers of COCO.

The detections of a class are sorted by score. Each is right (it found an object nobody found before it) or wrong.
*Precision* is the share of right ones among those so far, *recall* the share of objects found so far. Average
precision, AP, is the area under precision over recall; mAP its mean over the classes.

What is right is decided by COCO's rule, in `match`, for every function here. VOC's differs in one point: there a
detection looks only at the object it overlaps most, even when that one is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from cnnlab.common.validate import check_choice, check_fraction
from cnnlab.detection.average_precision import (
    METHODS,
    PrecisionRecall,
    average_precision,
    class_precision,
    class_recall,
    precision_recall,
)
from cnnlab.detection.detections import Detections, GroundTruth
from cnnlab.detection.matching import match_all, overlap_with

__all__ = [
    "CocoSummary",
    "Match",
    "PrecisionRecall",
    "average_precision",
    "average_precision_per_class",
    "coco_map",
    "match",
    "mean_average_precision",
    "precision_recall",
]

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
AREA_RANGES = {"all": (0, 1e5**2), "small": (0, 32**2), "medium": (32**2, 96**2), "large": (96**2, 1e5**2)}
MOST = 100  # detections of a class in a picture that count, the best
EXACT = 1 - 1e-10  # a threshold of 1 would fail on rounding


@dataclass(frozen=True, eq=False)
class Match:
    """Which object each detection of one picture found. Rows are those of the detections given.

    Parameters
    ----------
    objects : shape (N,), int64, the row of the ground truth, or -1
    ious : shape (N,), float64, the overlap with it, or 0
    ignored : shape (N,), bool, counts neither way: its object is a crowd or to be ignored
    missed : shape (M,), int64, rows of the ground truth that count and were not found
    """

    objects: np.ndarray
    ious: np.ndarray
    ignored: np.ndarray
    missed: np.ndarray

    @property
    def right(self) -> np.ndarray:
        """Shape (N,), bool: true positives. What is neither right nor ignored is a false positive."""
        return (self.objects >= 0) & ~self.ignored


def match(detections: Detections, ground_truth: GroundTruth, iou_threshold: float = 0.5) -> Match:
    """Let the detections of one picture choose their objects, by COCO's rule.

    The best score chooses first, equal scores in the order given. A detection may take an object of its own class that
    nobody has, if their IoU is `iou_threshold` or more, and takes the one with the largest IoU (the later of two equal
    ones). Only if there is none may it take an ignored object. A crowd can be taken again and again, and the overlap
    with it is the part of the detection that lies inside.

    Parameters
    ----------
    detections, ground_truth : of one picture
    iou_threshold : 0 … 1

    Returns
    -------
    Match

    References
    ----------
    ``COCOeval.evaluateImg`` in pycocotools.

    Examples
    --------
    Two detections of one object: the better one is right, the other comes too late.

    >>> truth = GroundTruth([[0, 0, 10, 10], [50, 50, 60, 60]], [0, 0])
    >>> result = match(Detections([[0, 0, 10, 9], [0, 0, 10, 10]], [0.9, 0.8], [0, 0]), truth)
    >>> result.objects, result.right, result.missed
    (array([ 0, -1]), array([ True, False]), array([1]))
    """
    _check_records([detections], [ground_truth])
    threshold = min(check_fraction(iou_threshold, "iou_threshold"), EXACT)
    overlaps = overlap_with(detections.boxes[:, None], ground_truth.boxes[None], ground_truth.crowd[None])  # (N, M)
    possible = (overlaps >= threshold) & (detections.labels[:, None] == ground_truth.labels)
    spared = ground_truth.ignore | ground_truth.crowd
    objects = np.full(len(detections), -1)
    free = np.ones(len(ground_truth), bool)
    for row in np.argsort(-detections.scores, kind="stable"):
        choices = np.flatnonzero(possible[row] & (free | ground_truth.crowd))
        if not len(choices):
            continue
        if not spared[choices].all():
            choices = choices[~spared[choices]]
        nearest = choices[overlaps[row, choices] == overlaps[row, choices].max()]
        objects[row] = nearest[-1]
        free[nearest[-1]] = False
    found = objects >= 0
    ious = np.where(found, overlaps[np.arange(len(objects)), objects], 0) if len(free) else np.zeros(len(objects))
    return Match(objects, ious, found & np.append(spared, False)[objects], np.flatnonzero(free & ~spared))


def average_precision_per_class(
    detections: Sequence[Detections],
    ground_truth: Sequence[GroundTruth],
    iou_threshold: float = 0.5,
    method: str = "coco",
) -> dict[int, float]:
    """Average precision of each class over a list of pictures.

    Parameters
    ----------
    detections, ground_truth : one record for each picture, in the same order
    iou_threshold : 0 … 1, the overlap that counts as found
    method : as in `average_precision`

    Returns
    -------
    dict
        Class number to AP, for the classes of the ground truth; NaN for one without a single object that counts. Of a
        class and a picture only the 100 best detections count, as in COCO.

    Examples
    --------
    >>> truth = [GroundTruth([[0, 0, 10, 10]], [0]), GroundTruth([[0, 0, 10, 10]], [3])]
    >>> found = [Detections([[0, 0, 10, 10]], [0.9], [0]), Detections([[40, 0, 50, 10]], [0.9], [3])]
    >>> average_precision_per_class(found, truth)
    {0: 1.0, 3: 0.0}
    """
    check_choice(method, "method", METHODS)
    threshold = min(check_fraction(iou_threshold, "iou_threshold"), EXACT)
    detections, ground_truth = _check_records(detections, ground_truth)
    matches = match_all(detections, ground_truth, np.array([threshold]), np.array([AREA_RANGES["all"]]), MOST)
    classes = np.unique(matches.truth_labels).tolist()
    return {label: float(class_precision(matches, label, 0, method)[0]) for label in classes}


def mean_average_precision(
    detections: Sequence[Detections],
    ground_truth: Sequence[GroundTruth],
    iou_threshold: float = 0.5,
    method: str = "coco",
) -> float:
    """mAP at one IoU threshold: the mean of `average_precision_per_class` over the classes that have objects.

    Parameters
    ----------
    detections, ground_truth, iou_threshold, method : as there

    Returns
    -------
    float
        0 … 1; NaN if there is no object to find.

    Examples
    --------
    >>> truth = [GroundTruth([[0, 0, 10, 10], [20, 0, 30, 10]], [0, 1])]
    >>> mean_average_precision([Detections([[0, 0, 10, 9]], [0.7], [0])], truth)
    0.5
    """
    per_class = average_precision_per_class(detections, ground_truth, iou_threshold, method)
    values = [value for value in per_class.values() if not np.isnan(value)]
    return float(np.mean(values)) if values else float("nan")


@dataclass(frozen=True)
class CocoSummary:
    """The twelve numbers of a COCO evaluation; ``print`` shows them as a table. -1 means that no such object exists.

    Parameters
    ----------
    ap : average precision, mean over the classes and the IoU thresholds 0.50, 0.55 … 0.95
    ap50, ap75 : the same at one threshold
    ap_small, ap_medium, ap_large : of objects with areas up to 32², from 32² to 96², from 96² square pixels
    ar1, ar10, ar100 : recall with at most 1, 10, 100 detections of a class in a picture, mean as for `ap`
    ar_small, ar_medium, ar_large : `ar100` of objects by area
    """

    ap: float
    ap50: float
    ap75: float
    ap_small: float
    ap_medium: float
    ap_large: float
    ar1: float
    ar10: float
    ar100: float
    ar_small: float
    ar_medium: float
    ar_large: float

    def __str__(self) -> str:
        rows = [f"{'':<10}{'IoU':<11}{'objects':<9}{'at most':>7}{'value':>9}"]
        for field in fields(self):
            kind, _, which = field.name.partition("_")
            iou = f"0.{kind[2:]}" if kind in ("ap50", "ap75") else "0.50:0.95"
            most = kind[2:] if kind in ("ar1", "ar10") else "100"
            value = getattr(self, field.name)
            shown = "none" if value == -1 else f"{value:.3f}"
            rows.append(f"{field.name:<10}{iou:<11}{which or 'all':<9}{most:>7}{shown:>9}")
        return "\n".join(rows)


def coco_map(detections: Sequence[Detections], ground_truth: Sequence[GroundTruth]) -> CocoSummary:
    """The twelve COCO numbers, equal to those of pycocotools.

    One difference, where pycocotools has a slip: it overwrites an annotation's ``ignore`` with its ``iscrowd``. Here
    `GroundTruth.ignore` counts.

    Parameters
    ----------
    detections, ground_truth : one record for each picture, in the same order

    Returns
    -------
    CocoSummary

    References
    ----------
    Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014; ``pycocotools.cocoeval.COCOeval``.

    Examples
    --------
    >>> truth = [GroundTruth([[0, 0, 100, 100]], [0])]
    >>> summary = coco_map([Detections([[0, 0, 100, 72]], [0.9], [0])], truth)
    >>> summary.ap50, summary.ap75, summary.ap, summary.ap_small  # IoU 0.72: found at 0.50 … 0.70, 5 thresholds of 10
    (1.0, 0.0, 0.5, -1.0)
    """
    detections, ground_truth = _check_records(detections, ground_truth)
    thresholds, area_ranges = np.minimum(IOU_THRESHOLDS, EXACT), np.array([*AREA_RANGES.values()])
    matches = match_all(detections, ground_truth, thresholds, area_ranges, MOST)
    classes = np.unique(matches.truth_labels)
    shape = len(AREA_RANGES), len(classes), len(IOU_THRESHOLDS)
    precision, recall, fewer = np.empty(shape), np.empty(shape), np.empty((2, *shape[1:]))
    for k, label in enumerate(classes):
        for a in range(len(AREA_RANGES)):
            precision[a, k] = class_precision(matches, label, a, "coco")
            recall[a, k] = class_recall(matches, label, a, MOST)
        for m, most in enumerate((1, 10)):
            fewer[m, k] = class_recall(matches, label, 0, most)
    at = {round(threshold, 2): t for t, threshold in enumerate(IOU_THRESHOLDS)}
    every, *by_area = precision
    groups = [every, every[:, at[0.5]], every[:, at[0.75]], *by_area, *fewer, *recall]
    return CocoSummary(*map(_mean, groups))


def _check_records(detections: object, ground_truth: object) -> tuple[list[Detections], list[GroundTruth]]:
    """Two lists of equal length, >= 1, of the right records."""
    lists = []
    for records, name, kind in ((detections, "detections", Detections), (ground_truth, "ground_truth", GroundTruth)):
        if not isinstance(records, (list, tuple)) or not all(isinstance(record, kind) for record in records):
            rule = f"`{name}` must be a list of {kind.__name__}, one for each picture"
            raise TypeError(f"{rule}. Received: {_kinds(records)}")
        lists.append(list(records))
    if len(lists[0]) != len(lists[1]):
        raise ValueError(
            f"`detections` and `ground_truth` must have one record for each picture. "
            f"Received: {len(lists[0])} and {len(lists[1])}"
        )
    return (lists[0] or [Detections([], [], [])]), (lists[1] or [GroundTruth([], [])])


def _kinds(records: object) -> str:
    if not isinstance(records, (list, tuple)):
        return type(records).__name__
    return f"{type(records).__name__} of {', '.join(sorted({type(record).__name__ for record in records}))}"


def _mean(values: np.ndarray) -> float:
    values = values[~np.isnan(values)]
    return float(values.mean()) if len(values) else -1.0
