"""Boxes by hand, by counting pixels, against Keras; and one policy for bad boxes, everywhere."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab import boxes, metrics, nms
from cnnlab.arithmetic import overlap
from cnnlab.detection.detections import Detections, GroundTruth

OVERLAPS = [boxes.iou, boxes.giou]
TRUTH, FOUND = GroundTruth([[0, 0, 9, 9]], [0]), Detections([[0, 0, 9, 9]], [0.5], [0])


def some_boxes(seed, count=12, whole=False):
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 12, (count, 2)) if whole else rng.normal(0, 50, (count, 2))
    size = rng.integers(0, 9, (count, 2)) if whole else rng.gamma(1, 40, (count, 2))
    return np.concatenate([start, start + size], axis=1).astype(float)


box_lists = st.builds(some_boxes, st.integers(0, 2**32), st.integers(1, 8), st.booleans())


# ── by hand ──


def test_area_by_hand():
    assert boxes.area([[1, 2, 4, 6], [-3, 0, 0, 2], [5, 5, 5, 9]]).tolist() == [12, 6, 0]


def test_intersection_by_hand():
    # 2 by 3; touching edges; and boxes apart on both axes, whose two negative sides must not multiply to an area
    shared = overlap.intersection(np.array([0, 0, 4, 4]), np.array([[2, 1, 6, 9], [4, 0, 8, 4], [6, 6, 9, 9]]))
    assert shared.tolist() == [6, 0, 0]


def test_iou_by_hand():
    # 9 shared of 16 + 16 - 9; a box inside one four times its area; itself
    found = boxes.iou([[0, 0, 4, 4]], [[1, 1, 5, 5], [1, 1, 3, 3], [0, 0, 4, 4]])
    np.testing.assert_allclose(found, [[9 / 23, 4 / 16, 1]])


def test_giou_by_hand():
    # shared 2, union 4 + 8 - 2 = 10, frame 5 by 2 = 10; then far apart: an IoU of 0, the frame 20 and 58 by 10
    assert boxes.giou([[0, 0, 2, 2]], [[1, 0, 5, 2]]) == pytest.approx(0.2 - 0)
    apart = boxes.giou([[0, 0, 10, 10]], [[12, 0, 20, 10], [50, 0, 58, 10]])
    np.testing.assert_allclose(apart, [[-(200 - 180) / 200, -(580 - 180) / 580]])


def test_clip_by_hand():
    cut = boxes.clip([[-5, -5, 5, 5], [70, 10, 90, 70], [-9, -9, -1, -1]], height=60, width=80)
    assert cut.tolist() == [[0, 0, 5, 5], [70, 10, 80, 60], [0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("xyxy", [10, 20, 30, 60]),
        ("xywh", [10, 20, 20, 40]),
        ("center_xywh", [20, 40, 20, 40]),
        ("rel_xyxy", [0.1, 0.25, 0.3, 0.75]),
        ("rel_xywh", [0.1, 0.25, 0.2, 0.5]),
        ("rel_center_xywh", [0.2, 0.5, 0.2, 0.5]),
    ],
)
def test_formats_by_hand(name, row):
    # a picture 80 high and 100 wide: x is divided by 100, y by 80
    np.testing.assert_allclose(boxes.convert_format([[10, 20, 30, 60]], "xyxy", name, 80, 100), [row])
    np.testing.assert_allclose(boxes.convert_format([row], name, "xyxy", 80, 100), [[10, 20, 30, 60]])


# ── against something independent ──


@pytest.mark.parametrize("seed", range(20))
def test_iou_counts_pixels(seed):
    a, b = some_boxes(seed, 5, whole=True), some_boxes(seed + 1000, 7, whole=True)
    for i, one in enumerate(a.astype(int)):
        for j, other in enumerate(b.astype(int)):
            picture = np.zeros((2, 21, 21), bool)
            for layer, (x1, y1, x2, y2) in zip(picture, (one, other), strict=True):
                layer[y1:y2, x1:x2] = True
            shared, covered = picture.all(axis=0).sum(), picture.any(axis=0).sum()
            assert overlap.intersection(a[i], b[j]) == shared
            assert boxes.iou(a, b)[i, j] == pytest.approx(shared / covered if covered else 0)


@pytest.mark.parametrize("crowd", [False, True])
def test_iou_equals_pycocotools(crowd):
    mask = pytest.importorskip("pycocotools.mask")
    a, b = some_boxes(0), some_boxes(1)
    wide = [boxes.convert_format(some, "xyxy", "xywh") for some in (a, b)]
    expected = mask.iou(*wide, [int(crowd)] * len(b))
    found = overlap.intersection(a[:, None], b) / boxes.area(a)[:, None] if crowd else boxes.iou(a, b)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("source", boxes.FORMATS)
@pytest.mark.parametrize("target", boxes.FORMATS)
def test_formats_are_those_of_keras(source, target):
    keras = pytest.importorskip("keras")
    rows = boxes.convert_format(some_boxes(0), "xyxy", source, 60, 90)
    expected = keras.utils.bounding_boxes.convert_format(rows, source, target, height=60, width=90, dtype="float32")
    np.testing.assert_allclose(boxes.convert_format(rows, source, target, 60, 90), expected, rtol=1e-5, atol=1e-4)


# ── properties ──


@pytest.mark.parametrize("function", OVERLAPS)
@settings(deadline=None)
@given(a=box_lists, b=box_lists)
def test_overlaps_are_symmetric_and_bounded(function, a, b):
    values = function(a, b)
    assert values.shape == (len(a), len(b))
    np.testing.assert_array_equal(values, function(b, a).T)
    assert (values <= 1).all()
    assert (values >= (0 if function is boxes.iou else -1)).all()
    assert (values <= boxes.iou(a, b)).all()


def test_rounding_does_not_lift_giou_above_iou():
    # one inside the other, so that the frame is the union, but 0.21 + 0.05 - 0.05 rounds to more than 0.21
    a, b = [[0, 0, 0.3, 0.7]], [[0.1, 0.1, 0.2, 0.6]]
    assert boxes.giou(a, b) <= boxes.iou(a, b)


@settings(deadline=None)
@given(box_lists)
def test_a_box_with_area_overlaps_itself_wholly(a):
    a = a[boxes.area(a) > 0]
    for function in OVERLAPS:
        np.testing.assert_allclose(np.diag(function(a, a)), 1)


@settings(deadline=None)
@given(a=box_lists, b=box_lists, dx=st.integers(-50, 50), scale=st.sampled_from([0.5, 2, 4]))
def test_overlaps_do_not_change_when_both_move_or_grow(a, b, dx, scale):
    for function in OVERLAPS:
        np.testing.assert_allclose(function(a * scale + dx, b * scale + dx), function(a, b), atol=1e-6)


@settings(deadline=None)
@given(box_lists, st.sampled_from(boxes.FORMATS), st.sampled_from(boxes.FORMATS))
def test_formats_survive_a_round_trip(a, first, second):
    there = boxes.convert_format(boxes.convert_format(a, "xyxy", first, 37, 91), first, second, 37, 91)
    np.testing.assert_allclose(boxes.convert_format(there, second, "xyxy", 37, 91), a, atol=1e-9)


@settings(deadline=None)
@given(box_lists)
def test_clip_is_inside_and_changes_nothing_the_second_time(a):
    cut = boxes.clip(a, 30, 40)
    assert (cut >= 0).all()
    assert (cut <= [40, 30, 40, 30]).all()
    np.testing.assert_array_equal(boxes.clip(cut, 30, 40), cut)


# ── one policy for bad boxes, everywhere ──

TAKES_BOXES = {
    "boxes.check": boxes.check,
    "boxes.area": boxes.area,
    "boxes.clip": lambda b: boxes.clip(b, 20, 20),
    **{f"boxes.convert_format {n}": lambda b, n=n: boxes.convert_format(b, "xyxy", n, 20, 20) for n in boxes.FORMATS},
    "boxes.convert_format rel_xyxy to xyxy": lambda b: boxes.convert_format(b, "rel_xyxy", "xyxy", 20, 20),
    **{
        f"boxes.{f.__name__} {side}": (lambda b, f=f: f(b, [[0, 0, 3, 3]])) if side == "a" else lambda b, f=f: f([], b)
        for f in OVERLAPS
        for side in "ab"
    },
    "nms.nms": lambda b: nms.nms(b, np.zeros(len(b))),
    "nms.nms by class": lambda b: nms.nms(b, np.zeros(len(b)), labels=np.zeros(len(b), int)),
    "nms.steps": lambda b: list(nms.steps(b, np.zeros(len(b)))),
    "metrics.match, found": lambda b: metrics.match(detections(b), TRUTH),
    "metrics.match, truth": lambda b: metrics.match(FOUND, truth(b)),
    **{
        f"metrics.{f.__name__} {side}": (lambda b, f=f: f([detections(b)], [TRUTH]))
        if side == "found"
        else lambda b, f=f: f([FOUND], [truth(b)])
        for f in (metrics.average_precision_per_class, metrics.mean_average_precision, metrics.coco_map)
        for side in ("found", "truth")
    },
}


def detections(b):
    return Detections(b, np.zeros(len(b)), np.zeros(len(b), int))


def truth(b):
    return GroundTruth(b, np.zeros(len(b), int))


@pytest.mark.parametrize("name", TAKES_BOXES)
@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ([[0, 0, 4, 4], [5, 2, 1, 4]], ValueError, "must have x1 <= x2 and y1 <= y2. Received: row 1, [5.0, 2.0, 1.0"),
        ([[0, 9, 4, 4]], ValueError, "row 0, [0.0, 9.0, 4.0, 4.0]: its height would be -5"),
        ([[0, 0, 4, 4], [0, np.nan, 4, 4]], ValueError, "must hold finite numbers. Received: row 1, [0.0, nan, 4.0"),
        ([[0, 0, np.inf, 4]], ValueError, "must hold finite numbers. Received: row 0, [0.0, 0.0, inf, 4.0]"),
        ([[0, 0, 1e200, 4]], ValueError, "must hold finite numbers. Received: row 0"),
        ([0, 0, 4, 4], ValueError, "must have shape (N, 4)"),
        ([[0, 0, 4]], ValueError, "must have shape (N, 4). Received: shape (1, 3)"),
        (np.zeros((0, 5)), ValueError, "must have shape (N, 4). Received: shape (0, 5)"),
        ([[[0, 0, 4, 4]]], ValueError, "(N, 4). Received: shape (1, 1, 4)"),
        ([[0, 0, 4, 4], [0, 0, 4]], ValueError, "rows of different lengths"),
        ([["0", "0", "4", "4"]], TypeError, "must hold real numbers"),
    ],
)
def test_bad_boxes_are_refused_by_name_and_row(name, bad, error, message):
    with pytest.raises(error, match=f"^`(boxes|a|b)` .*{re.escape(message)}"):
        TAKES_BOXES[name](bad)


@pytest.mark.parametrize("name", TAKES_BOXES)
@pytest.mark.parametrize(
    "unusual",
    [
        [],
        np.zeros((0, 4)),
        [[3, 3, 3, 9]],  # no width
        [[3, 3, 3, 3], [3, 3, 3, 3]],  # points
        [[-100, -100, -90, -90], [500, 0, 600, 4]],  # outside
        [[-1e149, 0, 1e149, 5]],  # as large as allowed
        np.array([[0, 0, 4, 4]], np.uint8),
        np.array([[0, 0, 4, 4]], np.float16),
        [(True, False, True, True)],
    ],
    ids=["list", "array", "line", "points", "outside", "large", "uint8", "float16", "bool"],
)
def test_unusual_boxes_are_allowed(name, unusual):
    TAKES_BOXES[name](unusual)  # warnings are errors: nothing divides by zero or overflows


@pytest.mark.parametrize("function", OVERLAPS)
def test_without_area_the_overlap_is_never_above_zero(function):
    lines = [[0, 0, 0, 5], [0, 0, 5, 0], [2, 2, 2, 2]]
    values = function(lines, [*lines, [0, 0, 5, 5]])
    assert (values <= 0).all()
    assert np.isfinite(values).all()


def test_check_leaves_the_callers_array_alone():
    mine = np.array([[0.0, 0.0, 4.0, 4.0]])
    assert boxes.check(mine) is mine
    assert boxes.convert_format(mine, "xyxy", "xyxy") is not mine


@pytest.mark.parametrize("source", ["xywh", "center_xywh", "rel_xywh", "rel_center_xywh"])
def test_a_negative_width_or_height_is_refused(source):
    message = (
        f"`boxes` must have a width and a height >= 0 in format {source!r}. Received: row 1, [0.0, 0.0, 1.0, -2.0]"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        boxes.convert_format([[0, 0, 1, 1], [0, 0, 1, -2]], source, source)


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ({"target": "xyhw"}, ValueError, "`target` must be one of"),
        ({"source": "cxcywh"}, ValueError, "`source` must be one of"),
        ({"target": "rel_xyxy"}, ValueError, "Received: height=None, width=None"),
        ({"target": "rel_xyxy", "height": 3}, ValueError, "Received: height=3, width=None"),
        ({"target": "rel_xyxy", "height": 0, "width": 4}, ValueError, "`height` must be a number of pixels > 0"),
        ({"target": "rel_xyxy", "height": 4, "width": "4"}, TypeError, "`width` must be a number of pixels > 0"),
    ],
)
def test_convert_format_refuses(how, error, message):
    with pytest.raises(error, match=message):
        boxes.convert_format(**{"boxes": [[0, 0, 1, 1]], "source": "xyxy", "target": "xywh"} | how)
