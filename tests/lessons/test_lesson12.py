"""Lesson 12: its figures, its explorers' arithmetic, and what they refuse."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cnnlab import anchors, boxes, explore, metrics, nms, scenes, yolo, yolo_training
from cnnlab.checks import lesson12 as check
from cnnlab.detection.detections import Detections, GroundTruth
from cnnlab.explore.detection.prediction_explorer import PredictionExplorer
from cnnlab.explore.detection.target_viewer import TargetViewer

WORLD = dict(max_objects=3, sizes=(18, 44), overlap=0.2)  # as in the lesson


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setenv("CNNLAB_STRICT", "1")


@pytest.mark.parametrize(
    ("author", "status", "says"),
    [("Farhadi", "correct", ""), ("Ali Farhadi", "correct", ""), (" ", "wrong", "'wrote v1 to v3' is still open."),
     ("Girshick", "wrong", "Whose names stand on all three papers?")],
)  # fmt: skip
def test_two_names_stand_on_all_three_papers(author, status, says):
    verdict = check.history({"wrote v1 to v3": author, **check._HISTORY})
    assert verdict.status == status
    assert says in verdict.message


# --- figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grid", "count", "classes", "channels", "slots"),
    [(3, 1, 3, 8, 9), (3, 2, 3, 16, 18), (19, 5, 80, 425, 1805), (13, 5, 20, 125, 845), (12, 3, 3, 24, 432)],
)
def test_the_shape_of_a_target(grid, count, classes, channels, slots):
    target, _ = yolo.encode(np.empty((0, 4)), [], [(20, 20)] * count, (grid, grid), classes, (608, 608))
    assert target.reshape(grid, grid, -1).shape == (grid, grid, channels)
    assert target[..., 0].size == slots


def test_yolo_v1_v2_v3_report_98_845_and_10647_boxes():
    assert (7 * 7 * 2, 13 * 13 * 5, (13**2 + 26**2 + 52**2) * 3) == (98, 845, 10647)
    grids = [(52, 52), (26, 26), (13, 13)]
    lists, _ = yolo.encode([], [], [[(10, 10)] * 3] * 3, grids, 80, (416, 416))
    assert sum(target[..., 0].size for target in lists) == 10647


def test_the_scenes_lose_what_the_prose_says():
    many = scenes.scenes(2000, seed=0, **WORLD)
    total = sum(len(one.boxes) for one in many)
    assert total == pytest.approx(3980, abs=5)
    sizes = np.concatenate([one.boxes[:, 2:] - one.boxes[:, :2] for one in many])
    found = anchors.kmeans(sizes, 3).round()
    assert found.tolist() == [[21, 21], [29, 29], [39, 38]]

    def lost(which, n):
        encoded = [yolo.encode(one.boxes, one.labels, which, (n, n), 3, (96, 96)) for one in many]
        return sum(len(unassigned) for _, unassigned in encoded)

    assert lost([(30, 30)], 3) == pytest.approx(total / 33, rel=0.1)
    assert 1 <= lost([(30, 30)], 12) <= 4
    assert lost(found, 12) == 0
    first, second = ((box[:2] + box[2:]) / 2 for box in many[1].boxes[:2])  # less than two pixels apart
    for n, parted in ((3, False), (6, False), (12, False), (24, True)):
        assert (first // (96 / n) != second // (96 / n)).any() == parted
    fits = [anchors.assign(sizes, anchors.kmeans(sizes, k))[1].mean() for k in range(1, 7)]
    assert [fits[k] for k in (0, 2, 5)] == pytest.approx([0.66, 0.86, 0.92], abs=0.01)
    assert np.diff(fits)[:2] == pytest.approx([0.14, 0.06], abs=0.01)
    assert max(np.diff(fits)[2:]) < 0.035
    x = [(box[:2] + box[2:]) / 2 for box in many[1].boxes[:2]]  # "less than two pixels apart"
    assert np.hypot(*(x[0] - x[1])) < 2


def test_empty_slots_are_298_of_a_loss_of_314():
    pair = next(one for one in scenes.scenes(20, seed=0, **WORLD) if len(one.boxes) == 2)
    _, target, _ = yolo_training.stack([pair], [(21, 21), (29, 29), (39, 38)], grid=(12, 12))
    loss = yolo_training.YoloLoss(anchors=3)
    terms = {name: float(value[0]) for name, value in loss.terms(target, np.zeros_like(target)).items()}
    assert terms["objectness"] == pytest.approx(2 * np.log(2))
    assert terms["no_objectness"] == pytest.approx(430 * np.log(2), rel=1e-5)  # a sum of 430 float32
    assert terms["class"] == pytest.approx(6 * np.log(2))
    assert round(sum(loss.weights[name] * value for name, value in terms.items())) == 314


def test_the_exercises_agree_with_the_library():
    def cell(box, size, grid):
        where = yolo.responsible([box], [(20, 20)], grid, size)
        return int(where.row[0]), int(where.column[0])

    def encode(box, anchor, size, grid):
        target, _ = yolo.encode([box], [0], [anchor], grid, 1, size)
        return target[target[..., yolo.OBJECTNESS] == 1][0, :4]

    def decode(raw, place, anchor, size, grid):
        outputs = np.full((*grid, 6), -50.0)
        outputs[place] = (*raw, 50, 50)
        return yolo.decode(yolo.activate(outputs, 1), [anchor], size).boxes[0]

    check.cell(cell).require()
    check.encode(encode).require()
    check.decode(decode).require()
    check.best_anchor(lambda size, some: int(anchors.assign([size], some)[0][0])).require()


# --- the target viewer ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("grid", [3, 6, 12])
@pytest.mark.parametrize("box", [(50, 20, 30, 30), (0, 96, 10, 60), (96, 0, 60, 12), (63, 63, 31, 31)])
def test_the_viewer_counts_by_hand(grid, box):
    x, y, w, h = box
    viewer = TargetViewer().set(x=x, y=y, width=w, height=h, grid=grid)
    side = 96 / grid
    row, column = min(int(y / side), grid - 1), min(int(x / side), grid - 1)
    ious = []
    for anchor_w, anchor_h in scenes.ANCHORS:
        both = min(w, anchor_w) * min(h, anchor_h)
        ious.append(both / (w * h + anchor_w * anchor_h - both))
    best = int(np.argmax(ious))
    assert viewer.answer() == {"row": row, "column": column, "anchor": best}
    wanted = [
        x / side - column,
        y / side - row,
        np.log(w / scenes.ANCHORS[best][0]),
        np.log(h / scenes.ANCHORS[best][1]),
    ]
    assert viewer.target()[:4] == pytest.approx(wanted)
    words = viewer.describe()
    assert f"= {row}, column" in words
    assert f"Anchor {best} is responsible" in words
    for name, value in zip(("x", "y", "tw", "th"), wanted, strict=True):
        assert re.search(rf"\b{name} = .* = {value:.2f}[.;]", words)
    for k, iou in enumerate(ious):
        assert f"anchor {k} {iou:.2f}" in words


def test_the_viewer_says_when_two_want_one_place():
    viewer = TargetViewer()
    assert "both are kept" in viewer.describe()
    viewer.set(width=20, height=20)
    assert "it is lost" in viewer.describe()
    viewer.set(grid=12)
    assert "No other box wants this cell" in viewer.describe()
    assert "other 430 of 432 slots" in viewer.describe()


def test_the_viewer_takes_a_picture_that_is_not_square():
    image = np.zeros((60, 120, 3), np.uint8)
    viewer = TargetViewer(image, [(5, 5, 30, 20)], [0], class_names=("cat",), anchors=[(20, 20)], grids=(4,))
    assert list(viewer.answer().values()) == [0, 0, 0]
    viewer.set(x=100, y=50)
    assert list(viewer.answer().values()) == [3, 3, 0]  # cells 15 high and 30 wide
    assert "a cell is 15 high and 30 wide" in viewer.describe()
    assert "x = 100 / 30 − 3 = 0.33; y = 50 / 15 − 3 = 0.33" in viewer.describe()
    assert "There is no other box" in viewer.describe()


def test_the_viewer_hides_and_reveals():
    quiz = TargetViewer(predict=True)
    hidden, before = quiz.describe(), quiz.png()
    for secret in ("Row", "IoU of", "tw =", "Objectness", "kept", "lost"):
        assert secret not in hidden
    quiz.view()
    quiz.set(guess="2, 4, 2")
    assert "and so it is" in quiz._asked.value
    assert quiz.set(guess="4, 2, 2")._verdict() == "✘ You said 4, 2, 2; it is row 2, column 4, anchor 2."
    assert quiz.png() != before
    assert "Anchor 2 is responsible" in quiz.describe()
    quiz.set(x=10)
    assert quiz.guess == ""


def test_the_hidden_picture_does_not_depend_on_the_answer():
    quiz = TargetViewer(predict=True, anchors=[(20, 20), (40, 40)])
    other = TargetViewer(predict=True, anchors=[(20, 20), (40, 40)])
    other._labels = other._labels[::-1].copy()
    assert quiz.png() == other.png()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (dict(image=np.zeros((9, 9, 3))), "`boxes` and `labels` must be given"),
        (dict(image=np.zeros((9, 9)), boxes=[(0, 0, 5, 5)], labels=[0]), "`image` must have shape (H, W, 3)"),
        (dict(image=np.zeros((9, 9, 4)), boxes=[(0, 0, 5, 5)], labels=[0]), "Received: shape (9, 9, 4)"),
        (dict(image=np.zeros((9, 9, 3)), boxes=[], labels=[]), "at least one box"),
        (dict(image=np.zeros((9, 9, 3)), boxes=[(0, 0, 5, 5)], labels=[7]), "`labels` must lie in 0 … 2"),
        (dict(image=np.zeros((9, 9, 3)), boxes=[(5, 0, 0, 5)], labels=[0]), "`boxes`"),
        (dict(anchors=[(5, 5)] * 6), "`anchors` must be at most 5"),
        (dict(grids=(0,)), "`grids` must be a whole number from 1 to 20"),
    ],
)
def test_the_viewer_refuses(arguments, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        TargetViewer(**arguments)


# --- the prediction explorer ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def predictions():
    return PredictionExplorer()


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
    explorer = PredictionExplorer(np.zeros((1, 96, 96, 3)), [found], [truth], class_names=("circle", "square"))
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
    explorer = PredictionExplorer(np.zeros((1, 48, 96, 3)), [nothing], [GroundTruth(np.empty((0, 4)), [])])
    assert "precision undefined" in explorer.describe()
    assert explorer.png().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (dict(images=np.zeros((1, 9, 9, 3))), "`detections` and `ground_truth` must be given"),
        (dict(images=np.zeros((1, 9, 9, 1)), detections=[], ground_truth=[]), "must be 1 to 200 pictures"),
        (dict(images=np.zeros((2, 9, 9, 3)), detections=[], ground_truth=[]), "one entry a picture, 2. Received: 0"),
    ],
)
def test_the_prediction_explorer_refuses(arguments, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        PredictionExplorer(**arguments)


def test_every_label_needs_a_name():
    found = Detections([[0, 0, 5, 5]], [0.5], [2])
    with pytest.raises(ValueError, match="a name for label 2. Received: 2 names"):
        PredictionExplorer(np.zeros((1, 9, 9, 3)), [found], [GroundTruth([[0, 0, 5, 5]], [0])], class_names=("a", "b"))


def test_both_are_registered():
    assert explore.TargetViewer is TargetViewer
    assert explore.PredictionExplorer is PredictionExplorer


def test_the_made_up_boxes_are_boxes():
    for some in PredictionExplorer()._detections:
        assert boxes.check(some.boxes).shape == (len(some), 4)
