"""Boxes by hand, by counting pixels, against Keras; and one policy for bad boxes, everywhere."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab import boxes, metrics, nms
from cnnlab.detection.detections import Detections, GroundTruth

OVERLAPS = [boxes.iou, boxes.giou, boxes.diou, boxes.ciou]
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
    shared = boxes.intersection([[0, 0, 4, 4]], [[2, 1, 6, 9], [4, 0, 8, 4], [6, 6, 9, 9]])
    assert shared.tolist() == [[6, 0, 0]]


def test_iou_by_hand():
    # 9 shared of 16 + 16 - 9; a box inside one four times its area; itself
    found = boxes.iou([[0, 0, 4, 4]], [[1, 1, 5, 5], [1, 1, 3, 3], [0, 0, 4, 4]])
    np.testing.assert_allclose(found, [[9 / 23, 4 / 16, 1]])


def test_giou_diou_and_ciou_by_hand():
    a, b = [[0, 0, 2, 2]], [[1, 0, 5, 2]]  # shared 2, union 4 + 8 - 2 = 10, frame 5 by 2 = 10
    assert boxes.giou(a, b) == pytest.approx(0.2 - 0)
    # centres (1, 1) and (3, 1): 4 apart squared; the frame's diagonal squared is 25 + 4
    assert boxes.diou(a, b) == pytest.approx(0.2 - 4 / 29)
    shape = 4 / np.pi**2 * (np.arctan(1) - np.arctan(2)) ** 2
    assert boxes.ciou(a, b) == pytest.approx(0.2 - 4 / 29 - shape**2 / (1 - 0.2 + shape))


def test_boxes_far_apart_still_have_an_order_by_giou_and_diou():
    near, far = [[12, 0, 20, 10]], [[50, 0, 58, 10]]
    for function in (boxes.giou, boxes.diou):
        assert 0 > function([[0, 0, 10, 10]], near) > function([[0, 0, 10, 10]], far) > -1


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
            assert boxes.intersection(a, b)[i, j] == shared
            assert boxes.iou(a, b)[i, j] == pytest.approx(shared / covered if covered else 0)


@pytest.mark.parametrize("crowd", [False, True])
def test_iou_equals_pycocotools(crowd):
    mask = pytest.importorskip("pycocotools.mask")
    a, b = some_boxes(0), some_boxes(1)
    wide = [boxes.convert_format(some, "xyxy", "xywh") for some in (a, b)]
    expected = mask.iou(*wide, [int(crowd)] * len(b))
    found = boxes.intersection(a, b) / boxes.area(a)[:, None] if crowd else boxes.iou(a, b)
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
    assert (values >= (0 if function is boxes.iou else -1 if function is not boxes.ciou else -2)).all()


@settings(deadline=None)
@given(a=box_lists, b=box_lists)
def test_each_refinement_only_subtracts(a, b):
    assert (boxes.giou(a, b) <= boxes.iou(a, b)).all()
    assert (boxes.diou(a, b) <= boxes.iou(a, b)).all()
    assert (boxes.ciou(a, b) <= boxes.diou(a, b)).all()


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
        for f in (boxes.intersection, *OVERLAPS)
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


# ── the records ──


def test_detections_are_indexed_by_mask_by_rows_and_by_one_row():
    found = Detections(some_boxes(0, 4), [0.1, 0.9, 0.5, 0.7], [0, 1, 1, 0], names=["cat", "dog"])
    assert found[found.scores > 0.4].labels.tolist() == [1, 1, 0]
    assert found[[3, 0]].scores.tolist() == [0.7, 0.1]
    assert found[1:].names == ("cat", "dog")
    assert len(found[-1]) == 1
    assert len(found[[]]) == 0
    with pytest.raises(IndexError):
        found[4]


def test_ground_truth_keeps_its_flags_and_areas_when_indexed():
    there = GroundTruth(some_boxes(0, 3), [0, 1, 2], crowd=[0, 1, 0], ignore=[1, 0, 0], areas=[5, 6, 7])
    some = there[[1, 2]]
    assert (some.crowd.tolist(), some.ignore.tolist(), some.areas.tolist()) == ([True, False], [False] * 2, [6, 7])


def test_records_keep_their_own_copy_and_cannot_be_changed():
    mine = np.array([[0.0, 0.0, 4.0, 4.0]])
    found = Detections(mine, [0.5], [0])
    mine[0, 2] = -9
    assert found.boxes[0, 2] == 4
    with pytest.raises(ValueError, match="read-only"):
        found.boxes[0, 0] = 1
    with pytest.raises(AttributeError):
        found.scores = [1]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Detections([[0, 0, 1, 1]], [0.5, 0.4], [0]), ValueError, "`scores` must have one value for each of"),
        (lambda: Detections([[0, 0, 1, 1]], [np.inf], [0]), ValueError, "`scores` must be finite. Received: inf"),
        (lambda: Detections([[0, 0, 1, 1]], [0.5], [1.0]), TypeError, "`labels` must be whole numbers"),
        (lambda: Detections([[0, 0, 1, 1]], [0.5], [True]), TypeError, "`labels` must be whole numbers"),
        (lambda: Detections([[0, 0, 1, 1]], [0.5], [2**31]), ValueError, "`labels` must be from 0 to"),
        (lambda: Detections([[0, 0, 1, 1]], [0.5], [2], ("a", "b")), ValueError, "less than the number of `names`, 2"),
        (lambda: Detections([], [], [], "cat"), TypeError, "`names` must be a sequence of names"),
        (lambda: GroundTruth([[0, 0, 1, 1]], []), ValueError, "`labels` must have one value for each of the 1 boxes"),
        (lambda: GroundTruth([[0, 0, 1, 1]], [0], crowd=[2]), ValueError, "`crowd` must hold True and False"),
        (lambda: GroundTruth([[0, 0, 1, 1]], [0], ignore=[]), ValueError, "`ignore` must have one value"),
        (lambda: GroundTruth([[0, 0, 1, 1]], [0], areas=[-1]), ValueError, "`areas` must be finite and >= 0"),
        (lambda: GroundTruth([[0, 0, 1, 1]], [0], areas=[np.nan]), ValueError, "`areas` must be finite and >= 0"),
    ],
)
def test_records_refuse(make, error, message):
    with pytest.raises(error, match=message):
        make()
