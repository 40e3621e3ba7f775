"""Lesson 04: its figures through the library, and the gradient of its block."""

from __future__ import annotations

import numpy as np
import pytest
from keras import layers
from small_models import lenet

from cnnlab import conv, pooling, shapes


def test_a_filter_is_as_deep_as_its_input():
    image, kernel = np.ones((6, 6, 3)), np.ones((3, 3, 3))
    assert conv.conv2d(image, kernel).shape == (4, 4, 1)
    assert conv.conv2d(image, np.ones((3, 3, 3, 10))).shape == (4, 4, 10)
    assert shapes.conv_params(3, in_channels=3, filters=10) == 280
    window = np.stack([[[1, 2], [0, 3]], [[5, 0], [1, 1]]], axis=-1)
    one_filter = np.stack([[[1, 0], [-1, 2]], [[0, 1], [2, -1]]], axis=-1)
    assert (window * one_filter).sum(axis=(0, 1)).tolist() == [7, 1]


def test_a_kernel_of_one_pixel_sets_the_depth():
    assert conv.conv2d(np.ones((6, 6, 32)), np.ones((1, 1, 32, 5))).shape == (6, 6, 5)
    assert shapes.conv_params(1, 32, 5) == 165


@pytest.mark.parametrize(("convolve", "axes"), [(conv.conv1d, 1), (conv.conv3d, 3)])
def test_one_and_three_axes(convolve, axes):
    first = convolve(np.zeros((14,) * axes + (1,)), np.zeros((5,) * axes + (1, 16)))
    second = convolve(first, np.zeros((5,) * axes + (16, 32)))
    assert first.shape == (10,) * axes + (16,)
    assert second.shape == (6,) * axes + (32,)


@pytest.mark.parametrize(
    ("filters", "counts", "total", "macs"),
    [
        (6, [456, 2_416, 48_120, 10_164, 850], 62_006, 651_720),
        (8, [608, 3_216, 48_120, 10_164, 850], 62_958, 849_320),
    ],
)
def test_both_lenet_like_tables(filters, counts, total, macs):
    model = lenet(filters)
    with_weights = [layer for layer in model.layers if layer.weights]
    assert [layer.count_params() for layer in with_weights] == counts
    assert model.count_params() == sum(counts) == total
    sizes = [shapes.conv_params(5, 3, filters), shapes.conv_params(5, filters, 16)]
    sizes += [shapes.dense_params(400, 120), shapes.dense_params(120, 84), shapes.dense_params(84, 10)]
    assert sizes == counts
    sides = [tuple(layer.output.shape[1:3]) for layer in model.layers[:4]]
    assert sides == [(28, 28), (14, 14), (10, 10), (5, 5)]
    work = shapes.conv_macs(32, 5, 3, filters) + shapes.conv_macs(14, 5, filters, 16)
    assert work + 48_000 + 10_080 + 840 == macs


def test_separable_and_transposed():
    layer = layers.SeparableConv2D(64, 3, use_bias=False)
    layer.build((None, 28, 28, 32))
    assert layer.count_params() == 288 + 2_048 == 2_336
    assert shapes.conv_params(3, 32, 64, use_bias=False) == 18_432
    stamped = conv.conv2d_transpose(np.array([[1, 2], [3, 4]]), np.ones((3, 3), int), strides=2)
    assert stamped.tolist() == [[1, 1, 3, 2, 2]] * 2 + [[4, 4, 10, 6, 6]] + [[3, 3, 7, 4, 4]] * 2


def test_receptive_fields_of_the_lesson():
    lenet_stack = [(5, 1), (2, 2), (5, 1), (2, 2)]
    assert [shapes.receptive_field(lenet_stack[: n + 1]).size for n in range(4)] == [5, 6, 14, 16]
    assert shapes.receptive_field([(3,), (3,)]).size == 5
    assert shapes.receptive_field([(3, 1), (2, 2), (3, 1)]).size == 8
    assert [shapes.receptive_field([(3,), (3,), (2, 2), (3,)][:n]).size for n in range(5)] == [1, 3, 5, 6, 10]
    assert shapes.receptive_field([(3, 1, "valid", d) for d in (1, 2, 4)]).size == 15
    paths = np.ones(1)
    for _ in range(8):
        paths = np.convolve(paths, np.ones(3))
    assert paths.max() ** 2 > 1e6


def test_the_gradient_worked_by_hand():
    x, w, g = np.array([[1, 2, 3, 4]]), np.array([[3, -1]]), np.array([[1, 0, 2]])
    grad_x, grad_w, grad_b = conv.conv2d_backward(x, w, g)
    assert grad_w.tolist() == [[7, 10]]
    assert grad_b.tolist() == [3]
    assert grad_x.tolist() == [[3, -1, 6, -2]]


# --- the exercises -----------------------------------------------------------------------------------------------


def test_the_gradient_of_the_lessons_block_is_right():
    rng = np.random.default_rng(7)
    image, kernel, bias = rng.normal(size=(6, 6, 3)), rng.normal(size=(3, 3, 3, 2)), rng.normal(size=2)
    importance = rng.normal(size=(2, 2, 2))

    def loss():
        return (pooling.pool2d(np.maximum(conv.conv2d(image, kernel, bias), 0), 2) * importance).sum()

    summed = conv.conv2d(image, kernel, bias)
    grad = pooling.pool2d_backward(np.maximum(summed, 0), importance, 2) * (summed > 0)
    for array, by_hand in zip((image, kernel, bias), conv.conv2d_backward(image, kernel, grad), strict=True):
        for place in np.ndindex(array.shape):
            before = array[place]
            array[place] = before + 1e-5
            up = loss()
            array[place] = before - 1e-5
            down = loss()
            array[place] = before
            assert (up - down) / 2e-5 == pytest.approx(by_hand[place], abs=1e-6)
