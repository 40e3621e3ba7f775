"""The prediction explorer: what it keeps, finds and misses against suppression and matching of their own."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cnnlab import boxes, explore, metrics, nms
from cnnlab.detection.detections import Detections, GroundTruth


@pytest.fixture(scope="module")
def predictions():
    return explore.PredictionExplorer()


@pytest.mark.parametrize("per_class", [True, False])
@pytest.mark.parametrize(("score", "iou"), [(0.05, 0.95), (0.3, 0.45), (0.6, 0.3), (0.95, 0.0)])
@pytest.mark.parametrize("picture", [0, 3, 7])
def test_the_explorer_counts_what_nms_and_match_count(predictions, picture, score, iou, per_class):
    predictions.set(picture=picture, score=score, iou=iou, per_class=per_class)
    every, truth = predictions._detections[picture], predictions._truth[picture]
    above = every[np.flatnonzero(every.scores >= score)]
    kept = above[nms.nms(above.boxes, above.scores, iou, labels=above.labels if per_class else None)]
    assert np.array_equal(predictions.kept().boxes, kept.boxes)
    result = metrics.match(kept, truth)
    right, words = int(result.right.sum()), predictions.describe()
    assert f"{len(every)} boxes, {len(above)} with a score of {score:.2f}" in words
    assert f"leaves {len(kept)}." in words
    assert f"{right} of {len(kept)} right" in words
    assert f"{right} of {len(truth)} objects found: recall {right / len(truth):.2f}" in words
    assert ("Missed" in words) == (right < len(truth))


def test_the_fate_of_every_box_is_named():
    truth = GroundTruth([[0, 0, 20, 20], [40, 40, 60, 60]], [0, 1])
    found = Detections(
        [[0, 0, 20, 20], [0, 0, 20, 16], [40, 40, 60, 58], [70, 70, 80, 80]], [0.9, 0.8, 0.7, 0.6], [0, 0, 0, 1]
    )
    explorer = explore.PredictionExplorer(np.zeros((1, 96, 96, 3)), [found], [truth], class_names=("circle", "square"))
    explorer.set(iou=0.9)
    assert explorer.describe().splitlines()[1:] == [
        "1 of 4 right: precision 0.25. 1 of 2 objects found: recall 0.50.",
        "1. circle, score 0.90: right, IoU 1.00.",
        "2. circle, score 0.80: wrong: found already.",
        "3. circle, score 0.70: wrong class: it is a square.",
        "4. square, score 0.60: wrong: best IoU 0.00.",
        "Missed: square.",
    ]


def test_nothing_found_and_nothing_there():
    nothing = Detections(np.empty((0, 4)), [], np.empty(0, int))
    explorer = explore.PredictionExplorer(np.zeros((1, 48, 96, 3)), [nothing], [GroundTruth(np.empty((0, 4)), [])])
    assert "precision undefined" in explorer.describe()
    assert explorer.png().startswith(b"\x89PNG")


FOUND, TRUE = Detections([[0, 0, 5, 5]], [0.5], [2]), GroundTruth([[0, 0, 5, 5]], [0])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (dict(images=np.zeros((1, 9, 9, 3))), "`detections` and `ground_truth` must be given"),
        (dict(images=np.zeros((1, 9, 9, 1)), detections=[], ground_truth=[]), "must be 1 to 200 pictures"),
        (dict(images=np.zeros((2, 9, 9, 3)), detections=[], ground_truth=[]), "one entry a picture, 2. Received: 0"),
        (dict(images=np.zeros((1, 9, 9, 3)), detections=[FOUND], ground_truth=[TRUE], class_names=("a", "b")),
         "a name for label 2. Received: 2 names"),
    ],
)  # fmt: skip
def test_the_prediction_explorer_refuses(arguments, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        explore.PredictionExplorer(**arguments)


def test_the_made_up_boxes_are_boxes():
    for some in explore.PredictionExplorer()._detections:
        assert boxes.check(some.boxes).shape == (len(some), 4)
