"""Lesson 12: its figures, the numbers of its prose, and its exercises against the library."""

from __future__ import annotations

import numpy as np
import pytest

from cnnlab import anchors, scenes, yolo, yolo_training
from cnnlab.checks import lesson12 as check

WORLD = dict(max_objects=3, sizes=(18, 44), overlap=0.2)  # as in the lesson


@pytest.mark.parametrize(
    ("grid", "count", "classes", "channels", "slots"),
    [(3, 1, 3, 8, 9), (3, 2, 3, 16, 18), (19, 5, 80, 425, 1805), (13, 5, 20, 125, 845), (12, 3, 3, 24, 432)],
)
def test_the_shape_of_a_target(grid, count, classes, channels, slots):
    target, _ = yolo.encode(np.empty((0, 4)), [], [(20, 20)] * count, (grid, grid), classes, (608, 608))
    assert target.reshape(grid, grid, -1).shape == (grid, grid, channels)
    assert target[..., 0].size == slots


def test_yolo_v3_reports_10647_boxes():
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
    first, second = ((box[:2] + box[2:]) / 2 for box in many[1].boxes[:2])
    assert np.hypot(*(first - second)) < 2  # pixels
    for n, parted in ((3, False), (6, False), (12, False), (24, True)):
        assert (first // (96 / n) != second // (96 / n)).any() == parted
    fits = [anchors.assign(sizes, anchors.kmeans(sizes, k))[1].mean() for k in range(1, 7)]
    assert [fits[k] for k in (0, 2, 5)] == pytest.approx([0.66, 0.86, 0.92], abs=0.01)
    assert np.diff(fits)[:2] == pytest.approx([0.14, 0.06], abs=0.01)
    assert max(np.diff(fits)[2:]) < 0.035


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
