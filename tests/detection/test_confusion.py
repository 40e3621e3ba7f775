"""The confusion matrix of a detector: counts that add up, and the right answers are those of the metrics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab import metrics
from cnnlab.detection.confusion import confusion
from cnnlab.detection.detections import Detections, GroundTruth


def test_a_picture_worked_out_by_hand():
    # Objects: a 0 that is found, a 1 that is called 0 (IoU 90 / 100), a 1 that nothing is near. Boxes: those two, a
    # second box on the first object, which comes too late, and one of class 1 on nothing.
    truth = GroundTruth([[0, 0, 10, 10], [20, 0, 30, 10], [60, 0, 70, 10]], [0, 1, 1])
    boxes = [[0, 0, 10, 10], [20, 0, 30, 9], [0, 0, 10, 8], [90, 0, 99, 9]]
    found = Detections(boxes, [0.9, 0.8, 0.7, 0.6], [0, 0, 0, 1])
    assert confusion([found], [truth], 2).tolist() == [[1, 0, 0], [1, 0, 1], [1, 1, 0]]


def test_the_right_class_is_settled_before_the_better_overlap():
    truth = GroundTruth([[0, 0, 10, 10]], [1])
    found = Detections([[0, 0, 10, 10], [0, 0, 10, 6]], [0.9, 0.5], [0, 1])  # the wrong one lies better
    assert confusion([found], [truth], 2).tolist() == [[0, 0, 0], [0, 1, 0], [1, 0, 0]]


def test_boxes_below_the_score_are_not_said_and_those_at_it_are():
    truth, found = GroundTruth([[0, 0, 10, 10]], [0]), Detections([[0, 0, 10, 10]], [0.5], [0])
    assert confusion([found], [truth], 1, score_threshold=0.5).tolist() == [[1, 0], [0, 0]]
    assert confusion([found], [truth], 1, score_threshold=0.51).tolist() == [[0, 1], [0, 0]]


def test_crowds_and_what_is_to_be_ignored_count_nowhere():
    truth = GroundTruth([[0, 0, 10, 10], [20, 0, 60, 40]], [0, 0], ignore=[True, False], crowd=[False, True])
    found = Detections([[0, 0, 10, 10], [25, 5, 35, 15]], [0.9, 0.9], [0, 0])
    assert not confusion([found], [truth], 1).any()


def test_no_pictures_and_empty_ones():
    assert not confusion([], [], 3).any()
    nothing = Detections([], [], []), GroundTruth([], [])
    assert confusion([nothing[0]], [nothing[1]], 3).shape == (4, 4)


pictures = st.integers(0, 2**32 - 1).map(np.random.default_rng)


@settings(max_examples=60, deadline=None)
@given(pictures)
def test_rows_count_the_objects_columns_the_boxes_and_the_diagonal_the_hits(rng):
    def some(count):
        corner = rng.uniform(0, 40, (count, 2))
        return np.concatenate([corner, corner + rng.uniform(8, 20, (count, 2))], axis=1), rng.integers(0, 3, count)

    truths, found = [], []
    for _ in range(3):
        boxes, labels = some(rng.integers(0, 6))
        truths.append(GroundTruth(boxes, labels))
        near = boxes + rng.normal(0, 1.5, boxes.shape)
        others, names = some(rng.integers(0, 4))
        labels = np.concatenate([rng.permutation(labels), names])
        found.append(Detections(np.concatenate([near, others]), rng.uniform(0.25, 1, len(labels)), labels))
    matrix = confusion(found, truths, 3)
    assert (
        matrix[:3].sum(axis=1).tolist() == np.bincount(np.concatenate([t.labels for t in truths]), minlength=3).tolist()
    )
    assert (
        matrix[:, :3].sum(axis=0).tolist()
        == np.bincount(np.concatenate([f.labels for f in found]), minlength=3).tolist()
    )
    hits = sum(int(metrics.match(f, t).right.sum()) for f, t in zip(found, truths, strict=True))
    assert np.trace(matrix) == hits
    assert matrix[3, 3] == 0


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (dict(classes=1), "`ground_truth` must have labels below `classes`, 1. Received: 1"),
        (dict(classes=0), "`classes`"),
        (dict(iou_threshold=2), "`iou_threshold`"),
        (dict(score_threshold=-1), "`score_threshold`"),
        (dict(ground_truth=[]), "`ground_truth` must have one record for each picture, 1. Received: 0"),
    ],
)
def test_what_is_refused(change, rule):
    truth = [GroundTruth([[0, 0, 10, 10]], [1])]
    arguments = dict(detections=[Detections([], [], [])], ground_truth=truth, classes=2) | change
    with pytest.raises(ValueError, match=rule.replace("(", r"\(")):
        confusion(**arguments)
