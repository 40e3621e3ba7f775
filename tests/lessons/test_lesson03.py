"""Lesson 03: its figures through the library, and what it measures: its table of shifts."""

from __future__ import annotations

import numpy as np
import pytest

from cnnlab import conv, datasets, pooling, shapes

# --- the figures of the syllabus ---------------------------------------------------------------------------------


@pytest.mark.parametrize("pool_size", [3, 2])  # overlapping, and side by side: the same sizes
def test_alexnets_poolings(pool_size):
    sizes = [55]
    for _ in range(3):
        pooled = pooling.pool2d(np.zeros((sizes[-1], sizes[-1])), pool_size, strides=2)
        assert pooled.shape[0] == shapes.output_size(sizes[-1], pool_size, strides=2)
        sizes.append(pooled.shape[0])
    assert sizes == [55, 27, 13, 6]


def test_the_worked_example():
    x = np.array([[1, 3, 2, 4], [5, 7, 0, 2], [8, 0, 1, 1], [4, 0, 6, 0]])
    assert pooling.pool2d(x, 2).tolist() == [[7, 4], [8, 6]]
    assert pooling.pool2d(x, 2, op="average").tolist() == [[4, 2], [3, 2]]  # 16/4 8/4 12/4 8/4
    assert pooling.pool2d(x, 2, op="min").tolist() == [[1, 0], [0, 0]]
    assert pooling.global_pool(x) == 2.75  # 44 / 16
    sent = np.array([[10, 20], [30, 40]])
    assert pooling.pool2d_backward(x, sent, 2).tolist() == [[0, 0, 0, 20], [0, 10, 0, 0], [30, 0, 0, 0], [0, 0, 40, 0]]
    assert conv.conv2d(x, np.full((2, 2), 1 / 4), strides=2).tolist() == [[4, 2], [3, 2]]


def test_what_global_average_pooling_saves():
    assert shapes.dense_params(7 * 7 * 512, 1000) == 25_089_000
    assert shapes.dense_params(512, 1000) == 513_000
    assert shapes.conv_params(3, 64, 64) == 36_928


# --- what the lesson measures ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def views() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    pictures = {
        "photo": datasets.gray(datasets.photo("camera"))[..., None],
        "digits": np.pad(datasets.digits().images, ((0, 0), (4, 4), (4, 4), (0, 0))),
    }
    return {n: (p[..., 1:-1, :].astype(float), p[..., :-2, :].astype(float)) for n, p in pictures.items()}


def share_and_size(here, there):
    lit = (here > 0) | (there > 0)
    return round(100 * (here != there)[lit].mean()), round(100 * np.abs(here - there).mean() / here.mean(), 1)


@pytest.mark.parametrize(
    ("settings", "photo", "digits"),
    [
        (None, (76, 5.4), (95, 86.8)),
        ({"pool_size": 2}, (52, 3.4), (72, 50.7)),
        ({"pool_size": 3, "strides": 2}, (41, 2.6), (59, 33.4)),
        ({"pool_size": 2, "op": "average"}, (86, 3.4), (99, 64.5)),
    ],
)
def test_the_table_of_shifts(views, settings, photo, digits):
    for name, expected in (("photo", photo), ("digits", digits)):
        here, there = (v if settings is None else pooling.pool2d(v, **settings) for v in views[name])
        assert share_and_size(here, there) == expected


def test_half_of_all_places_leave_the_output_alone():
    unchanged = 0
    for row, column in np.ndindex(8, 8):
        before, after = np.zeros((2, 10, 10))
        before[row, column] = after[row, column + 1] = 9
        unchanged += np.array_equal(pooling.pool2d(before, 2), pooling.pool2d(after, 2))
    assert unchanged == 32


def test_zhangs_signal():
    signal = np.array([[0, 0, 1, 1, 0, 0, 1, 1]])
    assert pooling.pool2d(signal, (1, 2)).tolist() == [[0, 1, 0, 1]]
    assert pooling.pool2d(np.roll(signal, 1), (1, 2)).tolist() == [[1, 1, 1, 1]]


def test_global_max_pooling_is_invariant_and_ignorant(views):
    here, there = (pooling.global_pool(v, op="max") for v in views["digits"])
    np.testing.assert_array_equal(here, there)
    labels = datasets.digits().labels
    nearest = np.abs(here[1000:, None, 0] - here[None, :1000, 0]).argmin(axis=1)
    assert (labels[nearest] == labels[1000:]).mean() < 0.15
