"""Encoding boxes into a grid and decoding them again."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cnnlab import yolo

SMALL, LARGE = (12.0, 10.0), (40.0, 50.0)
ONE_GRID = dict(anchors=[SMALL, LARGE], grid=(5, 8), image_size=(80, 128))
TWO_GRIDS = dict(anchors=[[SMALL], [LARGE, (90.0, 40.0)]], grid=[(10, 16), (5, 8)], image_size=(80, 128))


def random_boxes(rng, n, height, width):
    centres = rng.uniform(0, 1, (n, 2)) * (width, height)
    half = np.exp(rng.uniform(np.log(2), np.log(200), (n, 2))) / 2
    return np.concatenate([centres - half, centres + half], axis=1)


def decoded(boxes, labels, classes, setting):
    targets, unassigned = yolo.encode(boxes, labels, classes=classes, **setting)
    return yolo.decode(targets, setting["anchors"], setting["image_size"]), unassigned


def sorted_rows(boxes):
    return boxes[np.lexsort(boxes.T)]


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_one_box_by_hand():
    # Centre (20, 50) in a 90×90 picture with 3×3 cells of 30: column 0, row 1, at 20/30 and 20/30 of the cell.
    # 20 wide against an anchor of 10: ln 2; 20 high against 40: −ln 2. Class 2 of 3.
    targets, unassigned = yolo.encode([(10, 40, 30, 60)], [2], [(10, 40)], (3, 3), 3, (90, 90))
    assert targets.shape == (3, 3, 1, 8)
    assert targets[1, 0, 0] == pytest.approx([2 / 3, 2 / 3, np.log(2), -np.log(2), 1, 0, 0, 1])
    assert np.count_nonzero(targets) == 6
    assert unassigned.tolist() == []


@pytest.mark.parametrize(
    ("grid", "anchors", "classes", "shape", "numbers"),
    [((3, 3), 1, 3, (3, 3, 8), 72), ((3, 3), 2, 3, (3, 3, 16), 144), ((19, 19), 5, 80, (19, 19, 425), 153425)],
)
def test_the_sizes_of_the_syllabus(grid, anchors, classes, shape, numbers):
    targets, _ = yolo.encode(np.empty((0, 4)), [], [SMALL] * anchors, grid, classes, (90, 90))
    flat = targets.reshape(*grid, -1)
    assert flat.shape == shape
    assert flat.size == numbers
    assert targets[..., 0].size == grid[0] * grid[1] * anchors  # boxes: 18 for two anchors on 3×3


def test_rows_follow_y_and_columns_follow_x():
    where = yolo.responsible([(100, 10, 110, 20)], **ONE_GRID)  # centre (105, 15), cells of 16
    assert (where.row[0], where.column[0]) == (0, 6)


@pytest.mark.parametrize(
    ("centre", "cell"), [((0, 0), (0, 0)), ((16, 16), (1, 1)), ((128, 80), (4, 7)), ((15.999, 64), (4, 0))]
)
def test_centres_on_borders(centre, cell):
    x, y = centre
    where = yolo.responsible([(x - 5, y - 5, x + 5, y + 5)], **ONE_GRID)
    assert (where.row[0], where.column[0]) == cell


def test_the_most_similar_anchor_is_responsible():
    where = yolo.responsible([(0, 0, 30, 30), (0, 0, 14, 14)], **ONE_GRID)
    assert where.anchor.tolist() == [1, 0]


def test_two_objects_in_one_cell_need_two_anchors():
    small, large = (50, 34, 60, 44), (30, 10, 75, 68)  # centres (55, 39) and (52.5, 39): one cell of 16
    boxes, labels = [large, small], [0, 1]
    _, lost = yolo.encode(boxes, labels, [LARGE], (5, 8), 2, (80, 128))
    assert lost.tolist() == [1]
    targets, lost = yolo.encode(boxes, labels, [SMALL, LARGE], (5, 8), 2, (80, 128))
    assert lost.tolist() == []
    assert yolo.decode(targets, [SMALL, LARGE], (80, 128)).labels.tolist() == [1, 0]


# --- the round trip ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", [ONE_GRID, TWO_GRIDS], ids=["one grid", "two grids"])
def test_every_assignable_box_comes_back(setting):
    height, width = setting["image_size"]
    for seed in range(200):
        rng = np.random.default_rng(seed)
        boxes, labels = random_boxes(rng, rng.integers(0, 12), height, width), None
        labels = rng.integers(0, 4, len(boxes))
        found, lost = decoded(boxes, labels, 4, setting)
        kept = np.setdiff1d(np.arange(len(boxes)), lost)
        assert len(found) == len(kept)
        order = np.lexsort(boxes[kept].T)
        back = np.lexsort(found.boxes.T)
        assert np.abs(boxes[kept][order] - found.boxes[back]).max(initial=0) < 1e-9
        assert labels[kept][order].tolist() == found.labels[back].tolist()
        assert (found.scores == 1).all()


@pytest.mark.parametrize("image_size", [(80, 128), (81, 127), (608, 608), (320, 1200)])
def test_float32_targets_are_exact_to_a_ten_thousandth_of_a_pixel(image_size):
    rng = np.random.default_rng(0)
    anchors, grid = [(30.0, 30.0), (116.0, 90.0)], (19, 13)
    for _ in range(50):
        boxes = random_boxes(rng, 10, *image_size)
        targets, lost = yolo.encode(boxes, np.zeros(10, int), anchors, grid, 1, image_size)
        found = yolo.decode(targets.astype(np.float32), anchors, image_size)
        kept = np.delete(boxes, lost, axis=0)
        assert np.abs(sorted_rows(kept) - sorted_rows(found.boxes)).max(initial=0) < 1e-4


def test_what_found_no_place_is_reported():
    boxes = [
        (10, 10, 22, 20),  # kept
        (11, 9, 23, 19),  # same cell, same anchor
        (40, 40, 40, 60),  # no area
        (120, 30, 140, 50),  # centre outside: x = 130 of 128
        (-30, 30, 10, 50),  # centre outside: x = −10
        (100, 50, 150, 70),  # reaches outside, but its centre does not: kept
    ]
    found, lost = decoded(boxes, np.zeros(6, int), 1, ONE_GRID)
    assert lost.tolist() == [1, 2, 3, 4]
    assert len(found) == 2


# --- a network's outputs ----------------------------------------------------------------------------------------------


def test_activate_by_hand():
    raw = np.array([0.0, np.log(3), 0.4, -0.2, 100.0, -1000.0])  # σ: 1/2, 3/4, as it is, as it is, 1, 0
    assert yolo.activate(raw, 1)[0] == pytest.approx([0.5, 0.75, 0.4, -0.2, 1, 0])


def test_activated_outputs_are_read_like_darknet_does():
    # x = (column + σ(tx)) / columns · width; w = anchor · exp(tw); score = objectness · class.
    rng = np.random.default_rng(0)
    raw = rng.normal(0, 2, (5, 8, 2 * 8))
    found = yolo.decode(yolo.activate(raw, 2), ONE_GRID["anchors"], (80, 128), score_threshold=0.0)
    assert len(found) == 5 * 8 * 2
    row, column, anchor = 3, 6, 1
    tx, ty, tw, th, to, *classes = raw[row, column, 8:]
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    x, y = (column + sigmoid(tx)) / 8 * 128, (row + sigmoid(ty)) / 5 * 80
    w, h = LARGE[0] * np.exp(tw), LARGE[1] * np.exp(th)
    index = (row * 8 + column) * 2 + anchor
    assert found.boxes[index] == pytest.approx([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
    assert found.scores[index] == pytest.approx(sigmoid(to) * sigmoid(max(classes)))
    assert found.labels[index] == np.argmax(classes)


def test_an_untrained_network_may_say_anything():
    found = yolo.decode(yolo.activate(np.full((2, 2, 6), 1000.0), 1), [SMALL], (80, 80))
    assert np.isfinite(found.boxes).all()


def test_the_score_threshold_is_kept():
    values = np.zeros((1, 1, 2, 7))
    values[0, 0, :, 4:] = [(0.8, 0.5, 0.1), (0.9, 0.1, 0.6)]  # scores 0.40 and 0.54
    assert len(yolo.decode(values, [SMALL, LARGE], (80, 80), 0.4)) == 2
    found = yolo.decode(values, [SMALL, LARGE], (80, 80), 0.41, names=("cat", "dog"))
    assert found.labels.tolist() == [1]
    assert found.names == ("cat", "dog")


def test_a_list_of_one_grid_gives_a_list():
    targets, _ = yolo.encode([(10, 10, 20, 20)], [0], [[SMALL]], [(5, 8)], 1, (80, 128))
    assert isinstance(targets, list)
    assert len(yolo.decode(targets, [[SMALL]], (80, 128))) == 1


# --- refusals ---------------------------------------------------------------------------------------------------------

GOOD = dict(boxes=[(0, 0, 9, 9)], labels=[0], anchors=[SMALL], grid=(3, 3), classes=2, image_size=(90, 90))


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (dict(labels=[2]), ValueError, "`labels` must lie in 0 … 1. Received: 2 … 2"),
        (dict(labels=[0, 1]), ValueError, "`labels` must have one value for each of the 1 boxes. Received: 2"),
        (dict(labels=[0.5]), TypeError, "`labels` must be whole numbers"),
        (dict(classes=0), ValueError, "`classes` must be a whole number >= 1"),
        (dict(anchors=[(0, 1)]), ValueError, "`anchors`"),
        (dict(grid=(3, 0)), ValueError, "`grid` must be a whole number >= 1"),
        (dict(grid=(3, 3, 3)), ValueError, "`grid`"),
        (dict(grid=[(3, 3), (6, 6)]), ValueError, "`anchors` must be a list of 2 arrays, one for each grid"),
        (dict(image_size=0), ValueError, "`image_size`"),
    ],
)
def test_encode_refuses(change, error, says):
    with pytest.raises(error, match=re.escape(says)):
        yolo.encode(**{**GOOD, **change})


@pytest.mark.parametrize("bad", [[(9, 0, 0, 9)], [(0, 0, np.nan, 9)], [(0, 0, 9)], [(0, 0, np.inf, 9)]])
@pytest.mark.parametrize("function", [yolo.encode, yolo.responsible])
def test_bad_boxes_are_refused(function, bad):
    arguments = dict(GOOD, boxes=bad)
    if function is yolo.responsible:
        arguments.pop("labels"), arguments.pop("classes")
    with pytest.raises(ValueError, match="`boxes`"):
        function(**arguments)


def test_decode_and_activate_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match=re.escape("(rows, columns, 2, 5 + C) for 2 anchors")):
        yolo.decode(np.zeros((3, 3, 1, 8)), [SMALL, LARGE], (90, 90))
    with pytest.raises(ValueError, match="`values` must have shape"):
        yolo.decode(np.zeros((3, 3, 8)), [SMALL], (90, 90))
    with pytest.raises(ValueError, match="`score_threshold` must be a number from 0 to 1. Received: 30"):
        yolo.decode(np.zeros((3, 3, 1, 8)), [SMALL], (90, 90), 30)
    for strange in (np.nan, np.inf):
        values = np.zeros((3, 3, 1, 8))
        values[0, 0, 0, 0] = strange
        with pytest.raises(ValueError, match="`values` must be finite.* Received: 1 of 72 that are not"):
            yolo.decode(values, [SMALL], (90, 90))
    with pytest.raises(ValueError, match=re.escape("2·(5 + C) channels")):
        yolo.activate(np.zeros((3, 3, 15)), 2)
