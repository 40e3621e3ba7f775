"""The NMS stepper: its rounds against the recipe as a learner writes it, its words, and what it refuses."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cnnlab import boxes, explore
from cnnlab.detection.detections import Detections
from cnnlab.explore.detection.boxed_picture import as_bytes


@pytest.fixture(scope="module")
def stepper():
    return explore.NmsStepper()


def greedy(rows, scores, labels, iou_threshold):
    """The recipe as a learner writes it."""
    kept = []
    for i in sorted(range(len(scores)), key=lambda i: -scores[i]):
        rivals = [j for j in kept if labels[j] == labels[i]]
        if all(boxes.iou([rows[i]], [rows[j]])[0, 0] <= iou_threshold for j in rivals):
            kept.append(i)
    return kept


def test_the_boxes_kept_are_those_of_the_recipe():
    rng = np.random.default_rng(3)
    corner = rng.integers(0, 60, (40, 2))
    found = Detections(
        np.hstack([corner, corner + rng.integers(10, 30, (40, 2))]),
        rng.permutation(40) / 40,
        rng.integers(0, 2, 40),
        ("cat", "dog"),
    )
    explorer = explore.NmsStepper(np.zeros((90, 90)), found, score_threshold=0.0, iou_threshold=0.4)
    for way, labels in ((0, found.labels), (1, np.zeros(40, int))):
        explorer.set(classes=explorer.controls["classes"].options[way])
        kept = greedy(found.boxes, found.scores, labels, 0.4)
        assert explorer.answer() == len(kept)
        for number, row in enumerate(kept, start=1):
            words = explorer.set(round=number).describe()
            assert f"Round {number} of {len(kept)}: keep box {row} (" in words
            overlaps = boxes.iou([found.boxes[row]], found.boxes)[0]
            for other, value in re.findall(r"box (\d+) \(0\.\d\d, IoU (0\.\d\d)\)", words):
                assert float(value) == pytest.approx(overlaps[int(other)], abs=0.006)


def test_one_round_in_words():
    found = Detections([[0, 0, 10, 10], [0, 0, 10, 9], [20, 0, 30, 10]], [0.7, 0.9, 0.6], [0, 0, 0], ["cat"])
    explorer = explore.NmsStepper(np.zeros((20, 40)), found)
    assert "3 candidates. 0 with a score below 0.60 go at once, 3 take part" in explorer.describe()
    words = explorer.set(round=2).describe()  # 0.6 is not below 0.60
    assert "That was the last round: 3 boxes have become 2." in words
    assert "Kept so far: 2 (2 cat)." in words
    assert "Nothing is left to compare" in explorer.set(round=0, score_threshold=0.95).describe()
    assert explorer.controls["round"].disabled


@pytest.mark.parametrize(
    ("score", "overlap", "left"), [(0.6, 0.5, 24), (0.6, 0.8, 132), (0.55, 0.5, 25), (0.55, 0.3, 24)]
)
def test_the_coins_as_the_lesson_tells_it(stepper, score, overlap, left):
    assert stepper.set(score_threshold=score, iou_threshold=overlap).answer() == left


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (dict(image=np.zeros((9, 9))), ValueError, "together"),
        (dict(image=np.zeros((9, 9)), detections=[[0, 0, 1, 1]]), TypeError, "`detections`"),
        (dict(image=np.zeros((9, 9)), detections=Detections([], [], [])), ValueError, "1 to 600"),
        (dict(image=np.zeros(9), detections=Detections([[0, 0, 1, 1]], [1], [0])), ValueError, "`image`"),
        (dict(image=np.full((9, 9), 200.0), detections=Detections([[0, 0, 1, 1]], [1], [0])), ValueError, "0 to 1"),
        (dict(image=np.zeros((9, 9, 4)), detections=Detections([[0, 0, 1, 1]], [1], [0])), ValueError, "(9, 9, 4)"),
        (dict(iou_threshold=0.52), ValueError, "`iou_threshold`"),
        (dict(score_threshold="high"), TypeError, "`score_threshold`"),
    ],
)
def test_the_stepper_refuses(arguments, error, says):
    with pytest.raises(error, match=re.escape(says)):
        explore.NmsStepper(**arguments)


def test_pictures_become_bytes():
    assert as_bytes(np.array([[0.0, 0.5, 1.0]]))[0].tolist() == [[0, 0, 0], [128, 128, 128], [255, 255, 255]]
    colour = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert np.array_equal(as_bytes(colour), colour)
    with pytest.raises(ValueError, match="NaN|nan"):
        as_bytes(np.array([[np.nan]]))


def test_the_hidden_picture_does_not_depend_on_the_round():
    quiz = explore.NmsStepper(predict=True)
    assert quiz.set(round=0).png() == quiz.set(round=5).png()
