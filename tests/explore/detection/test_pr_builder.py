"""The PR builder against matching again, the coins it begins with, several pictures, and what it refuses."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cnnlab import boxes, explore, metrics, nms
from cnnlab.detection.detections import Detections, GroundTruth
from cnnlab.explore.detection.coins import coins


def test_the_boxes_around_the_coins_fit():
    marked = coins()
    assert marked.image.shape == (303, 384)
    for x1, y1, x2, y2 in marked.truth.boxes.astype(int):
        inside = marked.image[y1:y2, x1:x2].mean()
        ring = np.concatenate(
            [marked.image[max(y1 - 4, 0) : y1, x1:x2].ravel(), marked.image[y2 : y2 + 4, x1:x2].ravel()]
        )
        assert inside > ring.mean() + 15, (x1, y1)


def test_every_coin_keeps_two_boxes_at_an_iou_of_0_8():
    marked = coins()
    kept = nms.nms(marked.detections.boxes, marked.detections.scores, 0.8, 0.6)
    nearest = boxes.iou(marked.detections.boxes[kept], marked.truth.boxes).argmax(axis=1)
    assert np.bincount(nearest, minlength=24).min() >= 2


@pytest.fixture(scope="module")
def builder():
    return explore.PrBuilder()


@pytest.mark.parametrize("overlap", [0.5, 0.7, 0.85])
@pytest.mark.parametrize("score", [0.3, 0.5, 0.75, 1.0])
def test_precision_and_recall_agree_with_matching_again(builder, overlap, score):
    builder.set(score_threshold=score, iou_threshold=overlap)
    found, truth = builder._found[0], builder._truth[0]
    taken = found[found.scores >= score]
    right = int(metrics.match(taken, truth, overlap).right.sum())
    words = builder.describe()
    assert f"Recall {right} / 24 = {right / 24:.2f}." in words
    if len(taken):
        assert f"Precision {right} / {len(taken)} = {right / len(taken):.2f}." in words
        assert builder.answer() == pytest.approx(right / len(taken))
    else:
        assert "undefined" in words
    assert f"Right (TP) {right}, wrong (FP) {len(taken) - right}, missed (FN) {24 - right}." in words
    assert f"In picture 0: {right} right, {len(taken) - right} wrong, {24 - right} missed." in words


@pytest.mark.parametrize(("overlap", "ap"), [(0.5, 1.0), (0.7, 0.639), (0.85, 0.333)])
def test_the_average_precision_the_lesson_names(builder, overlap, ap):
    assert f"all points {ap:.3f}" in builder.set(iou_threshold=overlap).describe()
    same = metrics.mean_average_precision(builder._found, builder._truth, overlap, "voc10")
    assert same == pytest.approx(ap, abs=5e-4)


def test_below_0_65_the_recall_of_the_coins_stays(builder):
    lines = [builder.set(iou_threshold=0.7, score_threshold=s).describe().splitlines()[1] for s in (0.65, 0.5, 0.3)]
    assert [line.split(". ")[1] for line in lines] == ["Recall 16 / 24 = 0.67."] * 3


def test_several_pictures_and_classes_make_one_ranking():
    truth = [GroundTruth([[0, 0, 10, 10], [30, 0, 40, 10]], [0, 1]), GroundTruth([[5, 5, 15, 15]], [0])]
    found = [
        Detections([[0, 0, 10, 9], [0, 0, 10, 10], [30, 0, 40, 10]], [0.9, 0.5, 0.8], [0, 0, 1], ("cat", "dog")),
        Detections([[5, 5, 15, 15], [30, 30, 40, 40]], [0.7, 0.6], [0, 0], ("cat", "dog")),
    ]
    explorer = explore.PrBuilder([np.zeros((50, 50)), np.ones((50, 50, 3))], found, truth, score_threshold=0.65)
    words = explorer.describe()
    assert "Class cat: 2 to find, 4 detections, 2 of them" in words
    assert "Ranking, best first: ✔✔│✘✘" in words  # the fourth is a second box on a cat that was found already
    assert "Class dog: 1 to find, 1 detection, 1 of them" in explorer.set(label="dog").describe()
    assert (
        "In picture 1: 1 right, 1 wrong, 0 missed."
        in explorer.set(label="cat", picture=1, score_threshold=0).describe()
    )
    for form in explorer.controls["form"].options:
        assert explorer.set(form=form).png().startswith(b"\x89PNG")


def test_no_detections_at_all():
    explorer = explore.PrBuilder(np.zeros((20, 20)), Detections([], [], []), GroundTruth([[0, 0, 9, 9]], [2]))
    assert "Class class 2: 1 to find, 0 detections" in explorer.describe()
    assert "all points 0.000" in explorer.describe()
    assert explorer.png().startswith(b"\x89PNG")


def test_the_precision_of_nothing_is_asked_for_in_a_word():
    quiz = explore.PrBuilder(predict=True).set(score_threshold=1.0, guess="1")
    assert quiz.prediction.verdict() == "✘ You said 1; it is undefined."
    assert quiz.set(guess="undefined").prediction.verdict().startswith("✔")


BLANK, TRUE = np.zeros((20, 20)), GroundTruth([[0, 0, 9, 9]], [0])
FOUND = Detections([[0, 0, 9, 9]], [0.5], [0])


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ((BLANK, FOUND, None), ValueError, "2 of the three"),
        ((BLANK, [FOUND, FOUND], TRUE), ValueError, "1, 2 and 1"),
        ((BLANK, TRUE, TRUE), TypeError, "`detections` must be a Detections"),
        ((BLANK, FOUND, FOUND), TypeError, "`ground_truth` must be a GroundTruth"),
        ((BLANK, FOUND, GroundTruth([], [])), ValueError, "nothing to find"),
        ((BLANK, FOUND, GroundTruth([[0, 0, 9, 9]], [0], crowd=[True])), ValueError, "no crowds"),
        ((np.zeros(4), FOUND, TRUE), ValueError, "`images`"),
    ],
)
def test_the_builder_refuses(arguments, error, says):
    with pytest.raises(error, match=re.escape(says)):
        explore.PrBuilder(*arguments)
