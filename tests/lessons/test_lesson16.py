"""Lesson 16: the figures of its first half, the numbers of the prose, the exercises, and all that it trains."""

from __future__ import annotations

import os
import runpy

import keras
import numpy as np
import pytest
from keras import layers
from lesson_files import ROOT
from scipy import ndimage

from cnnlab import captioning, darknet, scenes
from cnnlab.checks import lesson16 as check
from cnnlab.tasks import captioning_training, search, segmentation, segmentation_training

slow = pytest.mark.skipif(not os.environ.get("CNNLAB_SLOW"), reason="trains for minutes: set CNNLAB_SLOW=1")


@pytest.fixture(scope="module")
def unseen():
    return scenes.scenes(200, seed=7, **segmentation.WORLD)


@pytest.fixture(scope="module")
def truth(unseen):
    return segmentation_training.stack(unseen)[1]["shape"]


def test_all_background_is_right_at_835_of_1000_pixels_and_has_a_mean_iou_of_a_quarter_of_that(truth):
    nothing = np.zeros_like(truth)
    accuracy = segmentation.pixel_accuracy(truth, nothing)
    assert round(accuracy, 3) == 0.835
    assert segmentation.mean_iou(truth, nothing, 4) == pytest.approx(accuracy / 4)
    assert round(accuracy / 4, 3) == 0.209
    assert all(set(np.unique(m)) <= {0, 1, 2, 3} for m in truth)


def test_the_two_small_maps():
    true = np.array([[0, 0, 0, 0, 0], [0, 1, 1, 0, 2], [0, 1, 1, 0, 2], [0, 0, 0, 0, 0]])
    said = np.array([[0, 0, 0, 0, 0], [0, 1, 1, 0, 2], [0, 1, 0, 1, 2], [0, 0, 0, 0, 0]])
    assert segmentation.iou(true, said, 3).tolist() == [13 / 15, 3 / 5, 2 / 2]
    assert round(segmentation.mean_iou(true, said, 3), 3) == 0.822
    assert segmentation.pixel_accuracy(true, said) == 0.9
    assert segmentation.dice(true, said, 3)[1] == 2 * 3 / (4 + 4)


@pytest.mark.parametrize(
    ("size", "row"),
    [(2, [1, 1, 1, 1, 1, 1, 1, 1]), (3, [1, 1, 2, 1, 2, 1, 2, 1, 1]), (4, [1, 1, 2, 2, 2, 2, 2, 2, 1, 1])],
)
def test_the_checkerboard_is_there_before_any_training(size, row):
    layer = layers.Conv2DTranspose(1, size, strides=2, kernel_initializer="ones", use_bias=False)
    counts = keras.ops.convert_to_numpy(layer(np.ones((1, 4, 4, 1), "float32")))[0, ..., 0]
    assert (counts == np.outer(row, row)).all()


def test_two_classes_appear_where_a_label_map_is_resized_like_a_photograph(unseen, truth):
    number = next(i for i, one in enumerate(unseen) if set(one.labels) == {2})  # triangles only, class 3
    small = truth[number].astype("float32")[..., None]
    smooth = keras.ops.convert_to_numpy(keras.ops.image.resize(small, (96, 96), interpolation="bilinear"))
    assert set(np.unique(smooth.round())) == {0, 1, 2, 3}
    assert set(np.unique(segmentation.resize(truth[number], 96))) == {0, 3}


def test_32_scenes_of_200_fall_into_one_piece(truth):
    pieces = [len(segmentation.components(m, smallest=8)[0]) for m in truth]
    assert [pieces.count(n) for n in (1, 2)] == [32, 168]


def test_eleven_pixels_in_a_hundred_lie_at_an_edge(truth):
    around = (1, 3, 3)
    edge = ndimage.maximum_filter(truth, around) != ndimage.minimum_filter(truth, around)
    assert round(edge.mean(), 2) == 0.11


def test_the_detector_of_lesson_12_tells_apart_what_touches(unseen, truth):
    images = np.stack([one.image for one in unseen])
    found = darknet.named("tiny-yolo").batch(images, score_threshold=0.1)
    connected, boxed = [], []
    for one, labels, some in zip(unseen, truth, found, strict=True):
        for best, masks in (
            (connected, segmentation.components(labels, smallest=8)[0]),
            (boxed, segmentation.cut(labels, some.boxes, some.labels + 1)),
        ):
            best.extend(segmentation.mask_iou(one.masks, masks).max(axis=1, initial=0))
    assert np.mean(np.array(connected) > 0.75) < 0.87
    assert np.mean(np.array(boxed) > 0.75) > 0.96


def test_the_exercises_of_the_first_half_agree_with_the_library():
    def transposed(x, kernel, stride):
        layer = layers.Conv1DTranspose(1, len(kernel), strides=stride, use_bias=False)
        layer.build((None, len(x), 1))
        layer.set_weights([np.reshape(kernel, (-1, 1, 1))])
        out = keras.ops.convert_to_numpy(layer(np.reshape(x, (1, -1, 1)).astype("float32")))[0, :, 0]
        return out[: (len(x) - 1) * stride + len(kernel)]  # Keras appends zeros where the stride is the larger

    check.mean_iou(lambda truth, p: segmentation.mean_iou(truth, p.argmax(axis=-1), p.shape[-1])).require()
    check.dice(lambda iou: 2 * iou / (1 + iou)).require()
    check.resize_mask(lambda mask, height, width: segmentation.resize(mask, (height, width))).require()
    check.transposed(transposed).require()


@pytest.mark.parametrize(("n", "sizes"), [(48, [48, 24, 12, 6]), (50, [50, 25, 12, 6])])
def test_what_pooling_leaves_of_a_size(n, sizes):
    found = [n]
    x = keras.Input((n, n, 3))
    for _ in sizes[1:]:
        x = layers.MaxPooling2D(2)(x)
        found.append(x.shape[1])
    assert found == sizes
    assert (found[1] == 2 * found[2]) == (n == 48)  # what meets at the skip


@slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_trained_networks_keep_the_promises_of_the_prose(seed, monkeypatch):
    """The lesson's own cells, as the benchmark runs them."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    names, _ = runpy.run_path(str(ROOT / "benchmarks" / "beyond_boxes.py"))["train"]("quick", seed)
    assert min(names["scores"].values()) > 0.9
    rivals = names["rival_scores"]
    assert rivals["with skips"] >= rivals["without"] + 0.10

    truths, spoken, words = names["truths"], names["spoken"], names["words"]
    own, shuffled = (captioning.score(truths, said) for said in (spoken, captioning.shuffled(spoken)))
    assert own.slots >= 0.95
    assert own.true >= 0.80
    assert shuffled.true <= 0.02
    wrong = [k for k, pair in enumerate(zip(truths, spoken, strict=True)) if not captioning.is_true(*pair)]
    mended = 0
    for k in wrong[:30]:
        next_words = captioning_training.next_words(names["speaker"], names["features"][k])
        said = search.beam(next_words, 9, 3)[0][0]
        mended += captioning.is_true(truths[k], captioning.decode([said], words)[0])
    assert mended <= 5  # "few or none"
