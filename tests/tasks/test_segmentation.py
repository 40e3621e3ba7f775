"""Label maps against arithmetic by hand, scikit-learn, scikit-image, scipy and Keras."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from skimage.measure import label as skimage_label
from sklearn.metrics import confusion_matrix, f1_score, jaccard_score

from cnnlab import boxes, scenes
from cnnlab.tasks import segmentation

# Two maps of six pixels: class 0 is right in two places of three, class 1 in one of two, class 2 in the only one.
TRUTH = np.array([[0, 0, 0], [1, 1, 2]])
SAID = np.array([[0, 0, 1], [1, 0, 2]])

sizes = arrays.array_shapes(min_dims=2, max_dims=3, max_side=6)
maps = sizes.flatmap(lambda shape: st.tuples(*[arrays.arrays(np.int64, shape, elements=st.integers(0, 4))] * 2))


def test_every_measure_of_six_pixels_by_hand():
    assert segmentation.confusion(TRUTH, SAID, 3).tolist() == [[2, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert segmentation.pixel_accuracy(TRUTH, SAID) == 4 / 6
    # Class 0: 2 in both, 3 true and 3 said, 3 + 3 − 2 = 4 in one at least. Class 1: 1 of 2 + 2 − 1. Class 2: 1 of 1.
    assert segmentation.iou(TRUTH, SAID, 3).tolist() == [2 / 4, 1 / 3, 1.0]
    assert segmentation.mean_iou(TRUTH, SAID, 3) == pytest.approx((1 / 2 + 1 / 3 + 1) / 3)
    assert segmentation.dice(TRUTH, SAID, 3).tolist() == [4 / 6, 2 / 4, 1.0]


def test_a_class_in_neither_map_is_left_out_and_one_that_is_only_said_counts():
    assert np.isnan(segmentation.iou(TRUTH, SAID, 4)).tolist() == [False, False, False, True]
    assert segmentation.mean_iou(TRUTH, SAID, 4) == segmentation.mean_iou(TRUTH, SAID, 3)
    assert segmentation.iou([[0, 0]], [[0, 1]], 2).tolist() == [0.5, 0.0]
    assert np.isnan(segmentation.dice(TRUTH, SAID, 4)[3])


@given(maps)
def test_it_agrees_with_scikit_learn_and_keras(pair):
    truth, said = pair
    flat = truth.ravel(), said.ravel()
    assert (segmentation.confusion(truth, said, 5) == confusion_matrix(*flat, labels=range(5))).all()
    there = np.union1d(*flat)
    assert np.allclose(segmentation.iou(truth, said, 5)[there], jaccard_score(*flat, labels=there, average=None))
    assert np.allclose(segmentation.dice(truth, said, 5)[there], f1_score(*flat, labels=there, average=None))
    assert segmentation.mean_iou(truth, said, 5) == pytest.approx(
        jaccard_score(*flat, labels=there, average="macro"), abs=1e-12
    )


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype int64")  # by Keras' metric, on JAX
def test_it_agrees_with_keras():
    rng = np.random.default_rng(0)
    truth, said = rng.integers(0, 4, (2, 3, 20, 17))
    said = np.where(rng.random(truth.shape) < 0.7, truth, said)
    for classes in (4, 6):  # two classes of six in neither map
        metric = keras.metrics.MeanIoU(classes)
        metric.update_state(truth, said)
        assert segmentation.mean_iou(truth, said, classes) == pytest.approx(float(metric.result()), abs=1e-6)


@given(maps)
def test_dice_is_a_function_of_iou_and_both_are_symmetric(pair):
    truth, said = pair
    iou = segmentation.iou(truth, said, 5)
    assert np.allclose(segmentation.dice(truth, said, 5), 2 * iou / (1 + iou), equal_nan=True)
    assert np.array_equal(iou, segmentation.iou(said, truth, 5), equal_nan=True)
    assert segmentation.mean_iou(truth, truth, 5) == 1


def test_label_maps_say_what_the_masks_of_a_scene_say():
    for one in scenes.scenes(10, seed=2, **segmentation.WORLD):
        shapes, colours = segmentation.label_map(one), segmentation.label_map(one, by="colour")
        for mask, label, colour in zip(one.masks, one.labels, one.colours, strict=True):
            assert {segmentation.SHAPES[k] for k in shapes[mask]} == {one.class_names[label]}
            assert {segmentation.COLOURS[k] for k in colours[mask]} == {colour}
        nothing = ~one.masks.any(axis=0)
        assert (shapes[nothing] == 0).all()
        assert (colours[nothing] == 0).all()


@pytest.mark.parametrize(("shape", "size"), [((4, 6), (8, 3)), ((5, 7), (9, 4)), ((48, 48), 96), ((96, 90), (48, 45))])
def test_a_resized_map_takes_each_class_from_where_it_lies(shape, size):
    labels = np.random.default_rng(1).integers(0, 9, shape)
    resized = segmentation.resize(labels, size)
    high, wide = resized.shape
    for row, column in np.ndindex(high, wide):
        source = int((row + 0.5) * shape[0] / high), int((column + 0.5) * shape[1] / wide)
        assert resized[row, column] == labels[source]


def test_enlarging_by_whole_numbers_agrees_with_keras():  # in between, Keras' backends round differently
    labels = np.random.default_rng(2).integers(0, 4, (2, 12, 10))
    theirs = keras.ops.image.resize(labels[..., None].astype("float32"), (24, 30), interpolation="nearest")
    assert (segmentation.resize(labels, (24, 30)) == keras.ops.convert_to_numpy(theirs)[..., 0]).all()


@given(arrays.arrays(np.int64, arrays.array_shapes(min_dims=2, max_dims=2, max_side=8), elements=st.integers(0, 3)))
def test_components_are_the_pieces_that_scikit_image_finds(labels):
    masks, classes = segmentation.components(labels)
    theirs = skimage_label(labels, background=0, connectivity=1)
    assert len(masks) == theirs.max()
    assert (masks.sum(axis=0) == (labels > 0)).all()
    for mask, k in zip(masks, classes, strict=True):
        assert set(labels[mask]) == {k}
        assert len(set(theirs[mask])) == 1


def test_small_components_can_be_left_out():
    labels = [[1, 1, 0, 1], [0, 0, 0, 0], [2, 0, 1, 0]]  # three pieces of class 1, of which one has two pixels
    masks, classes = segmentation.components(labels, smallest=2)
    assert classes.tolist() == [1]
    assert masks[0].astype(int).tolist() == [[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


def test_boxes_cut_single_things_out_of_a_class():
    for one in scenes.scenes(10, seed=3, **segmentation.WORLD):
        if len(one.boxes) == 2 and boxes.iou(one.boxes, one.boxes)[0, 1] == 0:  # each box holds one thing
            masks = segmentation.cut(segmentation.label_map(one), one.boxes, one.labels + 1)
            assert (masks == one.masks).all()


def test_a_box_counts_a_pixel_whose_centre_it_holds():
    row = np.ones((1, 4), int)
    assert segmentation.cut(row, [[0.5, 0, 2.5, 1], [0.6, 0, 2.6, 1]], [1, 1])[:, 0].astype(int).tolist() == [
        [1, 1, 0, 0],
        [0, 1, 1, 0],
    ]
    assert segmentation.cut(row, np.empty((0, 4)), []).shape == (0, 1, 4)


def test_mask_iou_is_the_iou_of_boxes_for_masks_that_are_boxes():
    corners = np.array([[0, 0, 4, 4], [2, 2, 6, 6], [0, 0, 3, 8], [7, 7, 8, 8]], float)
    masks = segmentation.cut(np.ones((8, 8), int), corners, [1] * 4)
    assert np.allclose(segmentation.mask_iou(masks, masks[:3]), boxes.iou(corners, corners[:3]))
    assert segmentation.mask_iou(masks[:1] & False, masks[:1] & False).tolist() == [[0.0]]
    assert segmentation.mask_iou(masks, masks[:0]).shape == (4, 0)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: segmentation.mean_iou(TRUTH, SAID[:1], 3), ValueError, r"one shape. Received: shapes \(2, 3\) and"),
        (lambda: segmentation.mean_iou(TRUTH, SAID, 2), ValueError, r"`truth` .* from 0 to 1. Received: 2"),
        (lambda: segmentation.mean_iou(TRUTH, SAID - 1, 3), ValueError, r"`predicted` .* from 0 on. Received: -1"),
        (lambda: segmentation.mean_iou(TRUTH, SAID / 2, 3), TypeError, r"argmax\(axis=-1\). Received: dtype float64"),
        (lambda: segmentation.mean_iou([0, 1], [0, 1], 2), ValueError, r"shape \(H, W\) or \(N, H, W\). Received"),
        (lambda: segmentation.pixel_accuracy(np.zeros((0, 3), int), np.zeros((0, 3), int)), ValueError, "not be empty"),
        (lambda: segmentation.label_map(scenes.scene(0), by="color"), ValueError, "Received: 'color'"),
        (lambda: segmentation.cut(TRUTH, [[0, 0, 1, 1]], [1, 2]), ValueError, "each of the 1 boxes. Received: 2"),
        (lambda: segmentation.cut(TRUTH, [[1, 0, 0, 1]], [1]), ValueError, "boxes"),
        (lambda: segmentation.mask_iou(TRUTH[None], SAID[None]), ValueError, "boolean masks .* Received: int64"),
        (lambda: segmentation.resize(TRUTH, 0), ValueError, "`size` must be a whole number >= 1. Received: 0"),
        (lambda: segmentation.components(TRUTH[None]), ValueError, r"`labels` must have shape \(H, W\)"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_one_sentence(call, error, says):
    with pytest.raises(error, match=says):
        call()
