"""Changed pictures and their boxes, against pictures whose boxes are painted into them."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab import yolo
from cnnlab.detection.detections import GroundTruth
from cnnlab.detection.yolo_training import Augmentation, pipeline
from cnnlab.detection.yolo_training.augmentation import move_boxes, move_picture

STILL = {"mirror": 0, "flip": 0, "scale": 0, "shift": 0, "brightness": 0, "contrast": 0, "colour": 0}
PLACES = {**STILL, "mirror": 0.5, "flip": 0.5, "scale": 0.4, "shift": 0.3}


def painted(box, height=48, width=64):
    """Black, and white where the box is."""
    x1, y1, x2, y2 = box
    picture = np.zeros((height, width, 3), np.uint8)
    picture[y1:y2, x1:x2] = 255
    return picture


def around(picture):
    """The box around what is white; grey comes from outside and does not count."""
    rows, columns = np.nonzero(picture[..., 0] > 160)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 30), st.integers(4, 20), st.integers(12, 30), st.integers(12, 24))
def test_a_box_stays_on_what_it_is_around(seed, left, top, wide, high):
    box = (left, top, left + wide, top + high)
    picture, truth = Augmentation(**PLACES)(painted(box), GroundTruth([box], [3]), np.random.default_rng(seed))
    if not len(truth):
        assert (picture[..., 0] > 160).sum() == 0
        return
    assert truth.labels.tolist() == [3]
    if (truth.boxes[0, 2:] - truth.boxes[0, :2]).min() > 3:  # of a sliver the soft edge is all there is
        assert np.abs(around(picture) - truth.boxes[0]).max() <= 1


@pytest.mark.parametrize(("mirror", "flip"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_without_other_changes_pixels_are_only_rearranged(mirror, flip):
    picture = np.random.default_rng(0).integers(0, 256, (6, 9, 3), np.uint8)
    truth = GroundTruth([[1, 2, 4, 3]], [0])
    moved, boxes = Augmentation(**{**STILL, "mirror": mirror, "flip": flip})(picture, truth, np.random.default_rng(1))
    assert np.array_equal(moved, picture[:: -1 if flip else 1, :: -1 if mirror else 1])
    # mirrored: x from 9 − 4 to 9 − 1; flipped: y from 6 − 3 to 6 − 2
    assert boxes.boxes.tolist() == [[5 if mirror else 1, 3 if flip else 2, 8 if mirror else 4, 4 if flip else 3]]


def test_twice_as_large_is_twice_as_large():
    moved = move_picture(painted((10, 10, 20, 20)), np.array([2, 2]), np.array([-8, -8]))
    # 10 · 2 − 8 = 12, 20 · 2 − 8 = 32
    assert around(moved).tolist() == [12, 12, 32, 32]
    outside = move_picture(painted((10, 10, 20, 20)), np.array([1, 1]), np.array([5, 0]))[:, :5]
    assert np.unique(outside).tolist() == [128]


def test_boxes_that_leave_are_clipped_and_those_hardly_seen_do_not_count():
    truth = GroundTruth(
        [[0, 0, 10, 10], [4, 0, 14, 10], [9, 0, 19, 10], [20, 0, 30, 10]], [0, 1, 2, 3],
        crowd=[False, False, True, False], ignore=[False, False, False, True],
    )  # fmt: skip
    # shifted to the left by 8: a fifth is left of the first, six tenths of the second, all of the others
    moved = move_boxes(truth, np.array([1, 1]), np.array([-8, 0]), (10, 32), min_visible=0.3)
    assert moved.boxes.tolist() == [[0, 0, 2, 10], [0, 0, 6, 10], [1, 0, 11, 10], [12, 0, 22, 10]]
    assert moved.labels.tolist() == [0, 1, 2, 3]
    assert moved.crowd.tolist() == [False, False, True, False]
    assert moved.ignore.tolist() == [True, False, False, True]
    gone = move_boxes(truth, np.array([1, 1]), np.array([-10, 0]), (10, 32), min_visible=0.3)
    assert gone.labels.tolist() == [1, 2, 3]


def test_light_changes_values_and_no_box():
    picture = np.full((8, 8, 3), 100, np.uint8)
    truth = GroundTruth([[1, 1, 5, 5]], [0])
    light = {**STILL, "brightness": 0.2, "contrast": 0.3, "colour": 0.3}
    seen = [Augmentation(**light)(picture, truth, np.random.default_rng(seed)) for seed in range(20)]
    assert all(np.array_equal(same.boxes, truth.boxes) for _, same in seen)
    assert len({tuple(changed[0, 0]) for changed, _ in seen}) == 20
    assert len({int(value) for changed, _ in seen for value in np.ptp(changed[0, 0].astype(int), keepdims=True)}) > 5
    still, _ = Augmentation(**STILL)(picture, truth, np.random.default_rng(0))
    assert np.array_equal(still, picture)


@pytest.mark.parametrize("name", ["mirror", "scale", "colour", "min_visible"])
def test_bad_augmentations_are_refused(name):
    with pytest.raises(ValueError, match=re.escape(f"`{name}` must be a number from 0 to 1. Received: 2")):
        Augmentation(**{name: 2})


# --- targets ----------------------------------------------------------------------------------------------------------


def test_targets_are_those_of_encode_with_the_crowd_spared():
    anchors, size = [(10, 10), (30, 30)], (48, 64)
    truth = GroundTruth([[2, 2, 14, 14], [20, 10, 50, 40], [33, 1, 47, 15]], [0, 1, 1], crowd=[False, False, True])
    values, unassigned = pipeline.targets(truth, anchors, (6, 8), 2, size)
    wanted, _ = yolo.encode(truth.boxes[:2], truth.labels[:2], anchors, (6, 8), 2, size)
    assert unassigned == 0
    spared = np.zeros((6, 8, 2), bool)
    # cells of 8 pixels; their middles 36 and 44 lie in 33 … 47, and 4 and 12 in 1 … 15
    spared[0:2, 4:6] = True
    assert np.array_equal(values[..., yolo.OBJECTNESS] == -1, spared)
    wanted[spared, yolo.OBJECTNESS] = -1
    assert np.array_equal(values, wanted)


def test_an_object_within_a_crowd_is_still_an_object():
    truth = GroundTruth([[0, 0, 32, 32], [4, 4, 12, 12]], [0, 0], crowd=[True, False])
    values, _ = pipeline.targets(truth, [(8, 8)], (4, 4), 1, (32, 32))
    assert values[1, 1, 0, yolo.OBJECTNESS] == 1
    assert (values[..., yolo.OBJECTNESS] == -1).sum() == 15


def test_a_box_to_be_ignored_without_area_spares_its_cell():
    truth = GroundTruth([[9, 9, 9, 9]], [0], ignore=[True])
    values, unassigned = pipeline.targets(truth, [(8, 8)], (4, 4), 1, (32, 32))
    assert (values[..., 0, yolo.OBJECTNESS] == -1).nonzero()[0].tolist() == [1]
    assert unassigned == 0


@pytest.mark.parametrize(
    ("sizes", "image_size", "expected"),
    [
        ([(480, 640)], 320, (240, 320)),
        ([(640, 480)], 320, (320, 240)),
        ([(100, 1000)], 64, (16, 64)),  # 6.4 would be none
        ([(500, 500), (500, 500)], 96, (96, 96)),
        ([(480, 640)], (96, 96), (96, 96)),
    ],
)
def test_input_sizes(sizes, image_size, expected):
    assert pipeline.input_size(np.array(sizes), image_size, 16) == expected


@pytest.mark.parametrize("image_size", [100, (96, 100), 8])
def test_sizes_that_the_stride_does_not_divide_are_refused(image_size):
    with pytest.raises(ValueError, match=r"`image_size` must be"):
        pipeline.input_size(np.array([(480, 640)]), image_size, 16)
