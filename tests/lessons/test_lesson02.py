"""Lesson 02: every figure it teaches, and what padding does to a photo."""

from __future__ import annotations

import numpy as np
import pytest

from cnnlab import conv, datasets, kernels, shapes


@pytest.mark.parametrize(
    ("n", "f", "s", "p", "outputs"), [(6, 3, 1, 0, 4), (6, 3, 1, 1, 6), (7, 3, 2, 0, 3), (224, 3, 2, 1, 112)]
)
def test_worked_sizes(n, f, s, p, outputs):
    assert shapes.output_size(n, f, strides=s, padding=p) == outputs == (n + 2 * p - f) // s + 1
    assert conv.conv2d(np.zeros((n, n)), np.zeros((f, f)), strides=s, padding=p).shape == (outputs, outputs)


@pytest.mark.parametrize("f", [3, 5, 7])
def test_an_odd_kernel_loses_half_its_size_on_each_side(f):
    assert 28 - shapes.output_size(28, f) == 2 * (f // 2)
    assert shapes.same_padding(28, f) == ((f - 1) // 2, (f - 1) // 2)
    assert shapes.padding_for_size(28, f) == (f - 1) / 2


def test_the_39_pixel_network():
    sizes = [39]
    for f, s in ((3, 1), (5, 2), (5, 2)):
        sizes.append(shapes.output_size(sizes[-1], f, strides=s))
    assert sizes == [39, 37, 17, 7]
    assert sizes[-1] ** 2 * 40 == 1960


def test_keras_same_at_224_is_uneven():
    assert shapes.same_padding(224, 3, strides=2) == (0, 1)
    assert shapes.padding_for_size(224, 3, strides=2, target=112) == 0.5


def test_zeros_draw_the_strongest_edge_of_the_photo():
    sky = datasets.photo("china")[..., 1].astype(int)
    rows = {
        mode: abs(conv.conv2d(conv.pad2d(sky, 1, mode=mode), kernels.kernel("sobel_horizontal"))).mean(axis=1)
        for mode in ("zeros", "reflect")
    }
    assert (round(rows["zeros"][0]), round(rows["zeros"][-1])) == (917, 253)
    assert max(rows["zeros"][1:-1].max(), rows["reflect"].max()) < 200
    assert rows["zeros"][1:6].mean() == pytest.approx(3, abs=0.5)


def test_two_paddings_of_one_size_agree_hardly_anywhere():
    piece = datasets.photo("china")[100:324, 200:424, 1].astype(int)
    sobel = kernels.kernel("sobel_vertical")
    uneven, even = (conv.conv2d(np.pad(piece, pad), sobel, strides=2) for pad in ((0, 1), 1))
    assert uneven.shape == even.shape == (112, 112)
    assert (uneven == even).mean() < 0.05
    inside = np.s_[1:-1, 1:-1]
    assert (uneven - even)[inside].std() > uneven[inside].std()  # the difference is as strong as the pictures


def test_ten_layers_leave_8_of_28():
    size = 28
    for _ in range(10):
        size = shapes.output_size(size, 3)
    assert size == 8


@pytest.mark.parametrize(("p", "corner", "edge", "middle"), [(0, 1, 3, 9), (1, 4, 6, 9), (2, 9, 9, 9)])
def test_usage_of_corner_edge_and_middle(p, corner, edge, middle):
    # The gradient of the sum of all outputs with respect to a pixel counts the windows that use it.
    outputs = 6 + 2 * p - 2
    grad, _, _ = conv.conv2d_backward(
        np.ones((6, 6, 1)), np.ones((3, 3, 1, 1)), np.ones((outputs, outputs, 1)), padding=p
    )
    assert (grad[0, 0, 0], grad[0, 3, 0], grad[3, 3, 0]) == (corner, edge, middle)


def test_same_size_other_numbers():
    row, ones = np.array([[1, 2, 3, 4, 5, 6]]), np.ones((1, 3), int)
    assert conv.conv2d(row, ones, strides=(1, 2), padding=((0, 0), (0, 1))).tolist() == [[6, 12, 11]]
    assert conv.conv2d(row, ones, strides=(1, 2), padding=((0, 0), (1, 1))).tolist() == [[3, 9, 15]]
    assert shapes.same_padding(6, 3, strides=2) == (0, 1)


def test_zeros_draw_an_edge_and_reflection_does_not():
    sky = np.full((8, 8), 230)
    sobel = kernels.kernel("sobel_horizontal")
    zeros, reflect = (conv.conv2d(conv.pad2d(sky, 1, mode=mode), sobel) for mode in ("zeros", "reflect"))
    assert zeros[0, 4] == -920  # 0 above, 1·230 + 2·230 + 1·230 below, subtracted
    assert not reflect.any()
