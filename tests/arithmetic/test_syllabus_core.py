"""The figures of lessons 01 to 04 that the numeric core can produce, one test a lesson and topic."""

import numpy as np
import pytest

from cnnlab import conv, kernels, pooling, shapes


def chain(n, *layers):
    """Output sizes along one axis after each (kernel, stride) layer."""
    sizes = [n]
    for kernel, stride in layers:
        sizes.append(shapes.output_size(sizes[-1], kernel, stride))
    return sizes[1:]


# ── lesson 01 ──


def test_lesson_01_worked_example():
    image = [[1, 3, 3, 0, 0], [0, 3, 1, 0, 0], [0, 0, 2, 1, 1], [0, 0, 3, 0, 1], [3, 2, 1, 3, 0]]
    kernel = [[0, 1, 0], [1, 0, 1], [1, 1, 0]]
    out = conv.conv2d(image, kernel)
    np.testing.assert_array_equal(out, [[4, 8, 4], [5, 5, 6], [8, 5, 9]])
    # cell (0, 0): 3 above, 0 and 1 beside, 0 and 0 below; cell (0, 1): 3; 3 and 0; 0 and 2
    assert (3 + 0 + 1 + 0 + 0, 3 + 3 + 0 + 0 + 2) == tuple(out[0, :2]) == (4, 8)


def test_lesson_01_half_light_half_dark():
    image = np.zeros((6, 6), int)
    image[:, :3] = 10
    np.testing.assert_array_equal(conv.conv2d(image, kernels.kernel("vertical_edge")), [[0, 30, 30, 0]] * 4)


def test_lesson_01_named_kernels():
    np.testing.assert_array_equal(kernels.kernel("sobel_vertical"), [[1, 0, -1], [2, 0, -2], [1, 0, -1]])
    np.testing.assert_array_equal(kernels.kernel("scharr_vertical"), [[3, 0, -3], [10, 0, -10], [3, 0, -3]])
    families = ["identity", "box_blur", "gaussian_blur", "sharpen", "laplacian", "prewitt", "sobel", "scharr", "emboss"]
    assert all(any(name.startswith(family) for name in kernels.names()) for family in families)


# ── lesson 02 ──


def test_lesson_02_sizes():
    assert shapes.output_size(6, 3) == 4
    assert shapes.output_size(6, 3, padding=1) == 6
    assert shapes.output_size(7, 3, strides=2) == 3


@pytest.mark.parametrize("f", [1, 3, 5, 7])
def test_lesson_02_same_at_stride_1_is_half_of_f_minus_1(f):
    assert shapes.same_padding(20, f) == ((f - 1) // 2,) * 2
    assert shapes.padding_for_size(20, f) == (f - 1) / 2
    assert 20 - shapes.output_size(20, f) == 2 * (f // 2)  # lost: half of f, rounded down, on each side


@pytest.mark.parametrize(("n", "f", "s"), [(6, 3, 1), (7, 3, 2), (10, 4, 3)])
def test_lesson_02_general_padding(n, f, s):
    p = ((n - 1) * s - n + f) / 2
    assert shapes.padding_for_size(n, f, s) == p
    total = round(2 * p)
    assert shapes.output_size(n, f, s, (total // 2, total - total // 2)) == n


def test_lesson_02_three_layers_to_1960_values():
    assert chain(39, (3, 1), (5, 2), (5, 2)) == [37, 17, 7]
    out = np.zeros((39, 39, 3), np.float32)
    for filters, size, stride in ((10, 3, 1), (20, 5, 2), (40, 5, 2)):
        out = conv.conv2d(out, np.zeros((size, size, out.shape[-1], filters), np.float32), strides=stride)
    assert out.shape == (7, 7, 40)
    assert out.size == 1960


def test_lesson_02_keras_same_is_uneven():
    assert shapes.same_padding(224, 3, strides=2) == (0, 1)


# ── lesson 03 ──


def test_lesson_03_shapes():
    assert pooling.pool2d(np.zeros((4, 4, 10)), 2, 2).shape == (2, 2, 10)
    assert pooling.pool2d(np.zeros((4, 4, 10)), 2).shape == (2, 2, 10)  # the default stride is the pool size
    assert chain(55, (3, 2), (3, 2), (3, 2)) == [27, 13, 6]
    assert pooling.pool2d(np.zeros((55, 55)), 3, 2).shape == (27, 27)


# ── lesson 04 ──


def test_lesson_04_filters_are_as_deep_as_their_input():
    image = np.zeros((6, 6, 3))
    assert conv.conv2d(image, np.zeros((3, 3, 3))).shape == (4, 4, 1)
    assert conv.conv2d(image, np.zeros((3, 3, 3, 10))).shape == (4, 4, 10)
    assert shapes.conv_params(3, 3, 10) == 280
    assert conv.conv2d(np.zeros((6, 6, 32)), np.zeros((1, 1, 32, 5))).shape == (6, 6, 5)


def test_lesson_04_dense_on_a_photo():
    assert shapes.dense_params(1000 * 1000 * 3, 1000, use_bias=False) == 3 * 10**9


def test_lesson_04_one_and_three_dimensions():
    signal = conv.conv1d(np.zeros((14, 1)), np.zeros((5, 1, 16)))
    assert signal.shape == (10, 16)
    assert conv.conv1d(signal, np.zeros((5, 16, 32))).shape == (6, 32)
    volume = conv.conv3d(np.zeros((14, 14, 14, 1)), np.zeros((5, 5, 5, 1, 16)))
    assert volume.shape == (10, 10, 10, 16)
    assert conv.conv3d(volume, np.zeros((5, 5, 5, 16, 32))).shape == (6, 6, 6, 32)


def test_lesson_04_lenet_like_table():
    assert chain(32, (5, 1), (2, 2), (5, 1), (2, 2)) == [28, 14, 10, 5]
    table = [
        shapes.conv_params(5, 3, 6),
        shapes.conv_params(5, 6, 16),
        shapes.dense_params(5 * 5 * 16, 120),
        shapes.dense_params(120, 84),
        shapes.dense_params(84, 10),
    ]
    assert table == [456, 2416, 48120, 10164, 850]
    assert sum(table) == 62006


def test_errata_lenet_like_table_with_8_and_16_filters():
    assert [shapes.conv_params(5, 3, 8), shapes.conv_params(5, 8, 16)] == [608, 3216]
    assert shapes.conv_params(3, 1, 32) == 320
    assert shapes.conv_params(5, 1, 32) == 832
