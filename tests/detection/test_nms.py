"""Non-maximum suppression against the rule written out with plain loops, and against OpenCV."""

import numpy as np
import pytest

from cnnlab import nms
from cnnlab.arithmetic.boxes import iou

BOXES = [[0, 0, 10, 10], [0, 0, 10, 9], [20, 0, 30, 10], [20, 0, 30, 5]]
SCORES = [0.6, 0.9, 0.8, 0.7]


def overlap(a, b):
    """IoU of two boxes in plain Python."""
    shared = max(min(a[2], b[2]) - max(a[0], b[0]), 0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / union if union > 0 else 0.0


def brute_force(boxes, scores, iou_threshold=0.5, score_threshold=0.0, labels=None, max_detections=None):
    """A box is kept if no box already kept, of its class, overlaps it more than the threshold."""
    boxes, scores = np.asarray(boxes).tolist(), np.asarray(scores).tolist()
    kept = []
    for row in sorted(range(len(boxes)), key=lambda row: (-scores[row], row)):
        same = [k for k in kept if labels is None or labels[k] == labels[row]]
        if scores[row] >= score_threshold and all(overlap(boxes[k], boxes[row]) <= iou_threshold for k in same):
            kept.append(row)
    return kept[:max_detections]


def some_boxes(rng, count):
    """Spread, crowded, whole-numbered with many ties, nested, or on a line; some without area."""
    kind = rng.integers(5)
    side = rng.choice([20, 100, 1000])
    start, size = rng.uniform(0, side, (count, 2)), rng.gamma(2, 15, (count, 2))
    if kind == 1:
        start, size = rng.normal(50, 4, (count, 2)), rng.normal(40, 3, (count, 2)).clip(0)
    if kind == 2:
        start, size = rng.integers(0, 6, (count, 2)), rng.integers(0, 6, (count, 2))
    if kind == 3:
        start, size = start - size / 2, size * rng.choice([1, 5, 20], (count, 1))
    if kind == 4:
        start[:, rng.integers(2)] = 7
    return np.concatenate([start, start + size], axis=1) * rng.choice([1, 1, 1e-7, 1e7])


def random_case(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.choice([0, 1, 2, 5, 12, 30]))
    scores = rng.integers(0, 4, count) / 4 if seed % 2 else rng.normal(size=count)
    how = {"iou_threshold": float(rng.choice([0, 1e-300, 0.1, 0.3, 0.5, 0.7, 1])), "score_threshold": -10.0}
    if rng.random() < 0.4:
        how["labels"] = rng.integers(0, 3, count)
    if rng.random() < 0.3:
        how["max_detections"] = int(rng.integers(0, 8))
    if rng.random() < 0.3:
        how["score_threshold"] = float(rng.choice([0, 0.25, 0.5]))
    return some_boxes(rng, count), scores, how


# ── by hand ──

TIED, CHAIN = [[0, 0, 4, 4], [9, 9, 12, 12], [0, 0, 4, 4]], [[0, 0, 10, 10], [5, 0, 15, 10], [10, 0, 20, 10]]


@pytest.mark.parametrize(
    ("boxes", "scores", "how", "kept"),
    [
        # 0.9 drops row 0 (IoU 90 / 100); 0.8 and row 3 share 50 / 100, which is not more than 0.5
        (BOXES, SCORES, {"iou_threshold": 0.5}, [1, 2, 3]),
        (BOXES, SCORES, {"iou_threshold": 0.49}, [1, 2]),
        (BOXES, SCORES, {"iou_threshold": 0.9}, [1, 2, 3, 0]),
        (BOXES, SCORES, {"iou_threshold": 0.49, "score_threshold": 0.8}, [1, 2]),  # the threshold itself takes part
        (BOXES, SCORES, {"iou_threshold": 0.49, "score_threshold": 0.81}, [1]),
        (BOXES, SCORES, {"labels": [0, 1, 0, 0]}, [1, 2, 3, 0]),  # a box drops only its own class
        (BOXES, SCORES, {"labels": [0, 1, 2, 3], "max_detections": 2}, [1, 2]),  # of all classes together
        (BOXES, SCORES, {"max_detections": 0}, []),
        (CHAIN, [0.9, 0.8, 0.7], {"iou_threshold": 0.3}, [0, 2]),  # IoUs of 1/3: what is dropped drops none
        (TIED, [0.5] * 3, {}, [0, 1]),  # among equal scores the smaller index wins
        ([[3, 3, 3, 9]] * 2, [0.5, 0.5], {"iou_threshold": 0.0}, [0, 1]),  # no area: they never drop each other
    ],
)
def test_nms_by_hand(boxes, scores, how, kept):
    assert nms.nms(boxes, scores, **how).tolist() == kept


def test_no_boxes():
    rows = nms.nms([], [], labels=[])
    assert rows.dtype == np.int64
    assert rows.shape == (0,)
    assert list(nms.steps([], [])) == []


# ── against the rule in plain loops: 2,000 cases, each with two sizes of block ──


@pytest.mark.parametrize(("blocks", "winners"), [((1, 2, 3), 2), (nms.BLOCKS, nms.WINNERS)])
@pytest.mark.parametrize("hundred", range(20))
def test_nms_equals_brute_force(hundred, blocks, winners, monkeypatch):
    monkeypatch.setattr(nms, "BLOCKS", blocks)  # small blocks send small cases through every part
    monkeypatch.setattr(nms, "WINNERS", winners)
    for seed in range(hundred * 100, hundred * 100 + 100):
        boxes, scores, how = random_case(seed)
        assert nms.nms(boxes, scores, **how).tolist() == brute_force(boxes, scores, **how), seed


@pytest.mark.parametrize("seed", range(200))
def test_steps_keep_what_nms_keeps(seed):
    boxes, scores, how = random_case(seed)
    steps = list(nms.steps(boxes, scores, **how))
    assert [step.kept for step in steps] == nms.nms(boxes, scores, **how).tolist()


@pytest.mark.parametrize(("side", "threshold"), [(200, 0.5), (1000, 0.3), (1000, 0.7), (20_000, 0.0)])
def test_many_boxes_equal_one_against_the_rest(side, threshold):
    rng = np.random.default_rng(side)
    start, size = rng.uniform(0, side, (3000, 2)), rng.gamma(2, 20, (3000, 2))
    boxes, scores = np.concatenate([start, start + size], axis=1), rng.random(3000)
    kept, left = [], np.argsort(-scores, kind="stable")
    while len(left):
        kept.append(left[0])
        left = left[1:][iou(boxes[left[:1]], boxes[left[1:]])[0] <= threshold]
    assert nms.nms(boxes, scores, threshold).tolist() == kept


@pytest.mark.parametrize("shift", [0.0, 1e6, -1e9])
def test_boxes_whose_overlap_is_the_threshold_survive_wherever_they_are(shift):
    # thirds: IoU of neighbours is exactly 1 / 3, on the edge of what a winner looks at
    boxes = np.array([[5.0 * i, 0, 5.0 * i + 10, 10] for i in range(600)]) + shift
    scores = np.random.default_rng(0).random(600)
    assert nms.nms(boxes, scores, 1 / 3).tolist() == np.argsort(-scores, kind="stable").tolist()
    for threshold in (0.333, np.nextafter(1 / 3, 0)):
        assert nms.nms(boxes, scores, threshold).tolist() == brute_force(boxes, scores, threshold)


@pytest.mark.parametrize("seed", range(20))
def test_nms_agrees_with_opencv(seed):
    cv2 = pytest.importorskip("cv2")
    rng = np.random.default_rng(seed)
    boxes = some_boxes(rng, 60)
    scores = rng.permutation(60) / 60  # no ties; OpenCV leaves out a score equal to its threshold, so none of those
    wide = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    wide, kept = wide[(wide[:, 2:] > 0).all(axis=1)], (wide[:, 2:] > 0).all(axis=1)
    expected = cv2.dnn.NMSBoxes(wide, scores[kept].astype(np.float32), 0.205, 0.45)
    assert nms.nms(boxes[kept], scores[kept], 0.45, 0.205).tolist() == list(expected)


# ── step by step ──


def test_the_steps_by_hand():
    first, second = nms.steps(BOXES, SCORES, 0.49)
    assert (first.kept, first.suppressed.tolist(), first.remaining.tolist()) == (1, [0], [2, 3])
    np.testing.assert_allclose(first.ious, [0.9])
    assert (second.kept, second.suppressed.tolist(), second.remaining.tolist()) == (2, [3], [])
    np.testing.assert_allclose(second.ious, [0.5])


def test_steps_check_their_arguments_before_the_first_step():
    with pytest.raises(ValueError, match="`iou_threshold`"):
        nms.steps(BOXES, SCORES, 2)


# ── refusals ──


@pytest.mark.parametrize("function", [nms.nms, nms.steps])
@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"scores": [0.5]}, "`scores` must have one value for each of the 4 boxes. Received: 1"),
        ({"scores": [0.5, np.nan, 0.1, 0.2]}, "`scores` must be finite. Received: nan in row 1"),
        ({"labels": [0, 1]}, "`labels` must have one value for each of the 4 boxes. Received: 2"),
        ({"labels": [0, -1, 0, 0]}, "`labels` must be from 0 to 2147483647. Received: -1 in row 1"),
        ({"labels": [0.5, 1, 1, 1]}, "`labels` must be whole numbers"),
        ({"iou_threshold": 1.5}, "`iou_threshold` must be a number from 0 to 1. Received: 1.5"),
        ({"iou_threshold": "0.5"}, "`iou_threshold` must be a number from 0 to 1. Received: '0.5'"),
        ({"iou_threshold": np.nan}, "`iou_threshold` must be a number from 0 to 1. Received: nan"),
        ({"score_threshold": np.nan}, "`score_threshold` must be a finite number. Received: nan"),
        ({"score_threshold": None}, "`score_threshold` must be a finite number. Received: None"),
        ({"max_detections": -1}, "`max_detections` must be a whole number >= 0. Received: -1"),
        ({"max_detections": 1.5}, "`max_detections` must be a whole number >= 0. Received: 1.5"),
    ],
)
def test_bad_arguments_are_refused(function, how, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        function(**{"boxes": BOXES, "scores": SCORES} | how)
