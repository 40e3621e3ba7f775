"""Anchors: the distance, the clustering, the assignment."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cnnlab import anchors, boxes

SIZES = arrays.arrays(np.float64, st.tuples(st.integers(1, 8), st.just(2)), elements=st.floats(1, 500))


def test_shape_iou_by_hand():
    # 10×20 on 20×20: 200 in common of 200 + 400 − 200 = 400. 10×20 on 20×10: 100 of 300.
    assert anchors.shape_iou([(10, 20)], [(20, 20), (20, 10)])[0] == pytest.approx([1 / 2, 1 / 3])


@given(SIZES, SIZES)
def test_shape_iou_is_the_iou_of_boxes_with_one_centre(left, right):
    centred = [np.concatenate([-sizes / 2, sizes / 2], axis=1) for sizes in (left, right)]
    assert anchors.shape_iou(left, right) == pytest.approx(boxes.iou(*centred))


def test_assign_takes_the_best_and_of_equals_the_first():
    best, iou = anchors.assign([(10, 20), (19, 19)], [(20, 20), (10, 10), (20, 20)])
    assert best.tolist() == [0, 0]
    assert iou.tolist() == pytest.approx([0.5, 361 / 400])


def test_nothing_to_assign():
    best, iou = anchors.assign([], [(20, 20)])
    assert best.shape == iou.shape == (0,)


@pytest.mark.parametrize("seed", range(5))
def test_kmeans_finds_clear_clusters(seed):
    rng = np.random.default_rng(seed)
    centres = np.array([(10.0, 12.0), (40.0, 15.0), (30.0, 60.0)])
    sizes = centres[rng.integers(3, size=300)] * rng.uniform(0.95, 1.05, (300, 2))
    found = anchors.kmeans(sizes, 3, seed=seed)
    assert found == pytest.approx(centres[np.argsort(centres.prod(axis=1))], rel=0.03)


def test_kmeans_is_settled_sorted_and_repeatable():
    sizes = np.random.default_rng(0).uniform(5, 90, (400, 2))
    found = anchors.kmeans(sizes, 5, seed=1)
    assert np.array_equal(found, anchors.kmeans(sizes, 5, seed=1))
    assert (np.diff(found.prod(axis=1)) > 0).all()
    nearest, _ = anchors.assign(sizes, found)
    assert found == pytest.approx(np.stack([sizes[nearest == j].mean(axis=0) for j in range(5)]))


def test_the_distance_is_one_minus_iou_and_not_euclidean():
    # Straight-line distance spends its second anchor on splitting the large boxes, which lie far apart in pixels.
    sizes = np.array([(4, 4)] * 20 + [(8, 8)] * 20 + [(100, 100)] * 20 + [(112, 112)] * 20, float)
    assert anchors.kmeans(sizes, 3)[:, 0] == pytest.approx([4, 8, 106])


def test_sizes_that_differ_by_a_rounding_are_still_two():
    sizes = [(10, 10), (10, np.nextafter(10, 11)), (10, 10)]
    assert sorted(map(tuple, anchors.kmeans(sizes, 2).tolist())) == [(10.0, 10.0), (10.0, np.nextafter(10, 11))]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: anchors.kmeans([(5, 5), (5, 5)], 2), "`k` must be at most the number of different sizes, 1"),
        (lambda: anchors.kmeans([(5, 5)], 0), "`k` must be a whole number >= 1"),
        (lambda: anchors.kmeans([(5, -5)], 1), "`sizes` must be finite widths and heights above 0"),
        (lambda: anchors.kmeans([], 1), "`k` must be at most the number of different sizes, 0"),
        (lambda: anchors.shape_iou([(1e200, 1e200)], [(5, 5)]), "`sizes` must be finite"),
        (lambda: anchors.shape_iou([(5, 5)], [(1e200, 5)]), "`anchors` must be finite"),
        (lambda: anchors.assign([(5, np.nan)], [(1, 1)]), "`sizes` must be finite"),
        (lambda: anchors.assign([(5, 5)], []), "`anchors` must have shape (K, 2)"),
        (lambda: anchors.check([(5, 5, 5)]), "widths and heights, K >= 1. Received: shape (1, 3)"),
        (lambda: anchors.check([(1, 1), (0, 3)]), "Received: row 1 is (0.0, 3.0)"),
    ],
)
def test_bad_arguments_are_refused(call, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        call()
