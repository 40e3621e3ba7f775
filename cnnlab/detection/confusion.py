"""Which class is taken for which, and what is taken for nothing: the confusion matrix of a detector.

A classifier answers once for every picture, so each answer belongs to one truth. A detector may find nothing where
something is, and something where nothing is. So the matrix has one row and one column more, the *background*.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnlab.arithmetic import overlap
from cnnlab.common.validate import check_fraction, check_int
from cnnlab.detection import metrics
from cnnlab.detection.detections import Detections, GroundTruth


def confusion(
    detections: Sequence[Detections],
    ground_truth: Sequence[GroundTruth],
    classes: int,
    iou_threshold: float = 0.5,
    score_threshold: float = 0.25,
) -> np.ndarray:
    """Count what each object was called, and what was found where there is none.

    First the right answers are settled as `cnnlab.metrics.match` does it. Then each box that is left takes an object
    that is left and has another class, those first that overlap most. What is still left is a false alarm or a miss.

    Parameters
    ----------
    detections, ground_truth : one record for each picture, in the same order
    classes : C, how many there are
    iou_threshold : from this overlap on a box is about an object, 0 to 1
    score_threshold : boxes with a lower score are not said, 0 to 1

    Returns
    -------
    ndarray
        (C + 1, C + 1) int64, a row for each truth and a column for each answer; the last row and column are the
        background. The corner of both is 0. What belongs to a crowd or is to be ignored is not counted.

    Raises
    ------
    TypeError, ValueError
        If the lists do not fit each other, or a label is no class.

    Examples
    --------
    Two objects of class 0: one is called 1, one is missed; and there is a box on nothing.

    >>> truth = GroundTruth([[0, 0, 10, 10], [50, 50, 60, 60]], [0, 0])
    >>> found = Detections([[0, 0, 10, 9], [80, 0, 90, 10]], [0.9, 0.5], [1, 0])
    >>> confusion([found], [truth], classes=2).tolist()
    [[0, 1, 1], [0, 0, 0], [1, 0, 0]]
    """
    classes = check_int(classes, "classes", 1)
    iou_threshold = check_fraction(iou_threshold, "iou_threshold")
    score_threshold = check_fraction(score_threshold, "score_threshold")
    if len(detections) != len(ground_truth):
        raise ValueError(
            f"`ground_truth` must have one record for each picture, {len(detections)}. Received: {len(ground_truth)}"
        )
    matrix = np.zeros((classes + 1, classes + 1), np.int64)
    for found, truth in zip(detections, ground_truth, strict=True):
        for name, record in (("detections", found), ("ground_truth", truth)):
            if len(record) and record.labels.max() >= classes:
                raise ValueError(
                    f"`{name}` must have labels below `classes`, {classes}. Received: {record.labels.max()}"
                )
        said = found[found.scores >= score_threshold]
        matched = metrics.match(said, truth, iou_threshold)
        np.add.at(matrix, (said.labels[matched.right], said.labels[matched.right]), 1)
        boxes, objects = said[matched.objects < 0], truth[matched.missed]
        called = _taken(boxes.boxes, objects.boxes, iou_threshold)  # which object each box is about, or -1
        about = called >= 0
        np.add.at(matrix, (objects.labels[called[about]], boxes.labels[about]), 1)
        np.add.at(matrix, (classes, boxes.labels[~about]), 1)
        np.add.at(matrix, (np.delete(objects.labels, called[about]), classes), 1)
    return matrix


def _taken(boxes: np.ndarray, objects: np.ndarray, iou_threshold: float) -> np.ndarray:
    """The object that each box takes, (N,) int64, or -1: the pair that overlaps most first, each box and object once.

    >>> _taken(np.array([[0, 0, 10, 8], [0, 0, 10, 9]]), np.array([[0, 0, 10, 10]]), 0.5).tolist()
    [-1, 0]
    """
    taken = np.full(len(boxes), -1)
    if not len(boxes) or not len(objects):
        return taken
    shared = overlap.intersection(boxes[:, None], objects[None])
    ious = overlap.ratio(shared, overlap.area(boxes)[:, None] + overlap.area(objects) - shared)
    for pair in np.argsort(-ious, axis=None, kind="stable"):
        box, which = np.unravel_index(pair, ious.shape)
        if ious[box, which] < min(iou_threshold, metrics.EXACT):
            break
        if taken[box] < 0 and which not in taken:
            taken[box] = which
    return taken
