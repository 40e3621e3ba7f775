"""Lesson 11: the figures of the syllabus, windows as convolution, and the exercises that the library answers."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from cnnlab import boxes, datasets, metrics, nms, scenes
from cnnlab.checks import lesson11 as check

# Keras turns TensorFlow's variables into arrays in a way that NumPy 2 complains about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


@pytest.fixture(scope="module")
def networks():
    """The window network of the syllabus, and the same as convolutions alone."""
    keras.utils.set_random_seed(0)
    start = [keras.layers.Conv2D(16, 5, activation="relu"), keras.layers.MaxPooling2D(2)]
    dense = keras.Sequential(
        [
            keras.Input((14, 14, 3)),
            *start,
            keras.layers.Flatten(),
            keras.layers.Dense(400, activation="relu"),
            keras.layers.Dense(400, activation="relu"),
            keras.layers.Dense(4, activation="softmax"),
        ]
    )
    sliding = keras.Sequential(
        [
            keras.Input((None, None, 3)),
            keras.layers.Conv2D(16, 5, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(400, 5, activation="relu"),
            keras.layers.Conv2D(400, 1, activation="relu"),
            keras.layers.Conv2D(4, 1, activation="softmax"),
        ]
    )
    pairs = zip(dense.get_weights(), sliding.get_weights(), strict=True)
    sliding.set_weights([new.reshape(old.shape) for new, old in pairs])
    return dense, sliding


def test_the_layers_of_the_sliding_network(networks):
    shape, sizes = (1, 14, 14, 3), []
    for layer in networks[1].layers:
        shape = layer.compute_output_shape(shape)
        sizes.append(shape[1:])
    assert sizes == [(10, 10, 16), (5, 5, 16), (1, 1, 400), (1, 1, 400), (1, 1, 4)]
    assert networks[0].count_params() == networks[1].count_params() == 323_620


@pytest.mark.parametrize(("side", "answers"), [(14, 1), (16, 2), (28, 8)])
def test_every_cell_is_the_window_run_alone(networks, side, answers):
    dense, sliding = networks
    picture = np.random.default_rng(side).random((side, side, 3), dtype="float32")
    at_once = keras.ops.convert_to_numpy(sliding(picture[None]))[0]
    assert at_once.shape == (answers, answers, 4)
    places = list(np.ndindex(answers, answers))
    alone = keras.ops.convert_to_numpy(
        dense(np.stack([picture[2 * i : 2 * i + 14, 2 * j : 2 * j + 14] for i, j in places]))
    )
    assert np.abs(alone - at_once.reshape(-1, 4)).max() < 1e-5


def test_a_scene_of_three_objects_has_fifteen_labels():
    one = scenes.scene(12, height=96, width=128, min_objects=3, max_objects=3, sizes=(24, 40))
    assert one.masks.shape == (3, 96, 128)
    assert one.boxes.size + one.labels.size == 15


def test_the_threshold_of_the_syllabus_and_then_the_overlap():
    rows = [[0, 0, 16, 10], [4, 0, 20, 10], [8, 0, 24, 10], [50, 0, 66, 10]]
    steps = list(nms.steps(rows, [0.9, 0.8, 0.7, 0.55], iou_threshold=0.5, score_threshold=0.6))
    assert [(step.kept, step.suppressed.tolist()) for step in steps] == [(0, [1]), (2, [])]
    ious = boxes.iou(rows, rows)
    assert ious[0, 1] == ious[1, 2] == 0.6
    assert ious[0, 2] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("b", "expected"),
    [((0, 0, 10, 10), 1), ((5, 0, 15, 10), 1 / 3), ((5, 5, 15, 15), 1 / 7), ((30, 40, 31, 41), 0)],
)
def test_iou_by_hand(b, expected):
    assert boxes.iou([[0, 0, 10, 10]], [b])[0, 0] == pytest.approx(expected)


def test_an_iou_of_095_allows_two_pixels_in_a_hundred():
    moved = [[shift, 0, 100 + shift, 100] for shift in (2, 3)]
    assert (boxes.iou([[0, 0, 100, 100]], moved)[0] > 0.95).tolist() == [True, False]


def test_average_precision_by_hand_in_three_forms():
    recall, precision = metrics.precision_recall([0.9, 0.8, 0.7, 0.6, 0.5], [1, 1, 0, 1, 0], positives=4)
    assert precision.tolist() == pytest.approx([1, 1, 2 / 3, 3 / 4, 3 / 5])
    assert recall.tolist() == [0.25, 0.5, 0.5, 0.75, 0.75]
    forms = [metrics.average_precision(recall, precision, form) for form in ("voc07", "voc10", "coco")]
    assert forms == pytest.approx([(6 + 2 * 0.75) / 11, 0.6875, (51 + 25 * 0.75) / 101])


def test_the_eye_is_where_the_lesson_says():
    photo = datasets.photo("chelsea")
    assert photo.shape == (300, 451, 3)
    assert photo[84:148, 135:208].shape == (64, 73, 3)
    relative = boxes.convert_format([[135, 84, 208, 148]], "xyxy", "rel_center_xywh", 300, 451)[0]
    assert relative.tolist() == pytest.approx([171.5 / 451, 116 / 300, 73 / 451, 64 / 300])


def test_the_by_hand_answer_is_what_nms_keeps():
    left = np.array([row[0] for row in check.HAND])
    rows = np.column_stack([left, 0 * left, left + 15, 0 * left + 10])
    labels = [int(row[1] == "dog") for row in check.HAND]
    kept = nms.nms(rows, [row[2] for row in check.HAND], 0.5, 0.6, labels)
    assert check.nms_by_hand(kept.tolist()).status == "correct"
