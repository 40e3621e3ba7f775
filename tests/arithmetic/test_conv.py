"""Convolution by hand, against the loops, SciPy and its own definition. Keras comes in test_parity.py."""

import itertools
import sys

import numpy as np
import pytest
from scipy import ndimage, signal

import cnnlab
from cnnlab import conv
from cnnlab.arithmetic import engine

PADDINGS = ["valid", "same", 1, ((0, 2), (1, 0))]


def rng(seed=0):
    return np.random.default_rng(seed)


# ── by hand ──


def test_one_cell_by_hand():
    # rows 0 1 2 and columns 1 2 3 of the picture: 1*2 + 2*3 + 5*4 + 6*5 = 58
    picture = np.array([[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]])
    assert conv.conv2d(picture, [[2, 3], [4, 5]])[0, 1] == 1 * 2 + 2 * 3 + 5 * 4 + 6 * 5


def test_stride_dilation_padding_by_hand():
    # 1 2 3 4 5 with two zeros before and one after: 0 0 1 2 3 4 5 0; taps two apart, steps of three
    # 1*0 + 10*1 = 10, 1*2 + 10*4 = 42
    out = conv.conv2d([[1, 2, 3, 4, 5]], [[1, 10]], strides=3, padding=((0, 0), (2, 1)), dilation_rate=2)
    np.testing.assert_array_equal(out, [[10, 42]])


def test_channels_are_added_and_filters_kept_apart():
    image = np.array([[[1, 2, 3]]])  # one pixel, three channels
    kernel = np.array([[[[1, 10], [1, 100], [1, 1000]]]])  # (1, 1, 3, 2)
    np.testing.assert_array_equal(conv.conv2d(image, kernel, bias=[0, 1]), [[[6, 3211]]])


def test_groups_by_hand():
    # filter 0 sees channel 0 only, filter 1 channel 1 only
    image, kernel = np.array([[[3, 5]]]), np.array([[[[10, 100]]]])
    np.testing.assert_array_equal(conv.conv2d(image, kernel, groups=2), [[[30, 500]]])


def test_transpose_by_hand():
    # 1 stamps 1 2 3 at 0, 4 stamps 4 8 12 at 2: they add up at 2
    np.testing.assert_array_equal(conv.conv2d_transpose([[1, 4]], [[1, 2, 3]], strides=(1, 2)), [[1, 2, 7, 8, 12]])


def test_depthwise_by_hand():
    image = np.array([[[1, 10]]])
    kernel = np.array([[[[2, 3], [4, 5]]]])  # (1, 1, C=2, M=2): 1*2, 1*3, 10*4, 10*5
    np.testing.assert_array_equal(conv.depthwise_conv2d(image, kernel), [[[2, 3, 40, 50]]])


# ── against other ways to compute the same ──


@pytest.mark.parametrize(
    ("padding", "strides", "dilation"), [*itertools.product(PADDINGS, [1, 2, (3, 1)], [1, (2, 1), (1, 3)])]
)
def test_fast_form_equals_the_loops(padding, strides, dilation):
    image, kernel = rng().integers(-9, 9, (8, 9, 2)), rng(1).integers(-9, 9, (3, 2, 2, 3))
    loops = conv.conv2d_loops(image, kernel, strides, padding, dilation)
    fast = conv.conv2d(image, kernel, None, strides, padding, dilation)
    np.testing.assert_array_equal(fast, loops)
    assert fast.dtype == loops.dtype == np.int64


@pytest.mark.parametrize("channels", [1, 3])
def test_volumes_and_signals_are_scipys_correlation(channels):
    volume, kernel = rng().normal(size=(5, 6, 7, channels)), rng(1).normal(size=(3, 2, 4, channels))
    expected = sum(signal.correlate(volume[..., c], kernel[..., c], "valid") for c in range(channels))
    np.testing.assert_allclose(conv.conv3d(volume, kernel)[..., 0], expected)
    signals, kernel = rng().normal(size=(2, 9, channels)), rng(1).normal(size=(4, channels))
    expected = [[sum(np.correlate(s[:, c], kernel[:, c], "valid") for c in range(channels))] for s in signals]
    np.testing.assert_allclose(conv.conv1d(signals, kernel)[..., 0], np.array(expected)[:, 0])


@pytest.mark.parametrize(("mode", "theirs"), [("zeros", "constant"), ("reflect", "mirror"), ("edge", "nearest")])
def test_pad_modes_are_ndimages_borders(mode, theirs):
    picture, kernel = rng().normal(size=(6, 7)), rng(1).normal(size=(3, 5))
    mine = conv.conv2d(conv.pad2d(picture, ((1, 1), (2, 2)), mode), kernel)
    np.testing.assert_allclose(mine, ndimage.correlate(picture, kernel, mode=theirs))


@pytest.mark.parametrize("shape", [(5, 6), (5, 6, 3), (2, 5, 6, 3)])
def test_im2col_holds_the_pixels_under_the_kernel(shape):
    images = rng().normal(size=shape)
    columns = conv.im2col(images, (2, 3), (2, 1), 0, (1, 2))  # two rows and two columns of windows
    pictures = images if images.ndim == 4 else images[None]
    for row, (n, i, j) in enumerate(np.ndindex(len(pictures), 2, 2)):
        np.testing.assert_array_equal(columns[row], pictures[n, 2 * i : 2 * i + 2, j : j + 5 : 2].reshape(-1))
    assert len(columns) == 4 * len(pictures)
    kernel = rng(1).normal(size=(2, 3, *shape[2:][-1:]))
    expected = conv.conv2d(images, kernel, None, (2, 1), "same")
    product = conv.im2col(images, (2, 3), (2, 1), "same") @ kernel.reshape(-1)
    np.testing.assert_allclose(product, expected.reshape(-1))


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_groups_are_separate_convolutions(groups):
    images, kernel = rng().normal(size=(2, 6, 5, 4)), rng(1).normal(size=(3, 2, 4 // groups, 8))
    parts = [conv.conv2d(x, k) for x, k in zip(np.split(images, groups, -1), np.split(kernel, groups, -1), strict=True)]
    np.testing.assert_allclose(conv.conv2d(images, kernel, groups=groups), np.concatenate(parts, -1))


@pytest.mark.parametrize("multiplier", [1, 2])
def test_depthwise_is_one_group_a_channel(multiplier):
    images, kernel = rng().normal(size=(2, 7, 6, 3)), rng(1).normal(size=(2, 3, 3, multiplier))
    grouped = conv.conv2d(images, kernel.reshape(2, 3, 1, -1), None, 2, "same", (2, 1), groups=3)
    np.testing.assert_allclose(conv.depthwise_conv2d(images, kernel, None, 2, "same", (2, 1)), grouped)
    same_for_all = np.repeat(kernel[:, :, :1, :1], 3, axis=2)
    np.testing.assert_allclose(
        conv.depthwise_conv2d(images, kernel[:, :, 0, 0]), conv.depthwise_conv2d(images, same_for_all)
    )


# ── properties ──


@pytest.mark.parametrize(
    ("strides", "padding", "dilation", "groups"),
    [*itertools.product([1, 2, (3, 2)], PADDINGS, [1], [1]), ((2, 1), "same", (1, 2), 2), (1, 1, (2, 1), 2)],
)
def test_transpose_and_backward_are_adjoint_to_conv2d(strides, padding, dilation, groups):
    # <conv(x), g> = <x, conv^T(g)> for every linear map and its adjoint
    x, kernel = rng().normal(size=(2, 9, 8, 4)), rng(1).normal(size=(3, 3, 4 // groups, 6))
    out = conv.conv2d(x, kernel, None, strides, padding, dilation, groups)
    g = rng(2).normal(size=out.shape)
    grad_images, grad_kernel, grad_bias = conv.conv2d_backward(x, kernel, g, strides, padding, dilation, groups)
    np.testing.assert_allclose((out * g).sum(), (x * grad_images).sum())
    np.testing.assert_allclose((out * g).sum(), (kernel * grad_kernel).sum())
    np.testing.assert_allclose(grad_bias, g.sum((0, 1, 2)))
    if padding == 1 and strides == 1 and groups == 1:
        np.testing.assert_allclose(conv.conv2d_transpose(g, kernel, None, strides, padding), grad_images)


def test_blocks_of_the_matrix_product_leave_no_seam(monkeypatch):
    x, kernel = rng().normal(size=(5, 9, 8, 2)), rng(1).normal(size=(3, 3, 2, 4))
    g = rng(2).normal(size=(5, 5, 4, 4))
    whole = conv.conv2d(x, kernel, None, 2, "same"), *conv.conv2d_backward(x, kernel, g, 2, "same")
    for size in (1, 1000, 3000, 20000):  # less than a row, one row, several rows, several pictures
        monkeypatch.setattr(engine, "BLOCK_BYTES", size)
        cut = conv.conv2d(x, kernel, None, 2, "same"), *conv.conv2d_backward(x, kernel, g, 2, "same")
        for a, b in zip(whole, cut, strict=True):
            np.testing.assert_allclose(a, b)


def test_arguments_are_left_as_they_were():
    x, kernel, bias = rng().normal(size=(6, 6, 2)), rng(1).normal(size=(1, 1, 2, 2)), np.ones(2)
    copies = x.copy(), kernel.copy(), bias.copy()
    out = conv.conv2d(x, kernel, bias)
    out[:] = np.nan
    conv.conv2d_backward(x, kernel, np.ones((6, 6, 2)))
    conv.conv2d_transpose(x, kernel, bias)[:] = 7
    conv.depthwise_conv2d(x, kernel, 1)[:] = 7
    conv.pad2d(x, 0)[:] = 7
    conv.im2col(x, 1)[:] = 7
    for before, after in zip(copies, (x, kernel, bias), strict=True):
        np.testing.assert_array_equal(before, after)


# ── ranks, dtypes, empty, NaN ──


@pytest.mark.parametrize(
    ("image", "kernel", "expected"),
    [
        ((5, 6), (3, 3), (3, 4)),
        ((5, 6), (3, 3, 1), (3, 4)),
        ((5, 6), (3, 3, 1, 1), (3, 4)),
        ((5, 6, 1), (3, 3), (3, 4, 1)),
        ((5, 6, 2), (3, 3, 2), (3, 4, 1)),
        ((5, 6, 2), (3, 3, 2, 7), (3, 4, 7)),
        ((1, 5, 6, 2), (3, 3, 2, 7), (1, 3, 4, 7)),
        ((4, 5, 6, 1), (3, 3), (4, 3, 4, 1)),
        ((0, 5, 6, 2), (3, 3, 2, 7), (0, 3, 4, 7)),
    ],
)
def test_output_has_the_rank_of_its_input(image, kernel, expected):
    x, k = np.ones(image), np.ones(kernel)
    out = conv.conv2d(x, k)
    assert out.shape == expected
    grads = conv.conv2d_backward(x, k, out)
    assert [g.shape for g in grads] == [image, kernel, (kernel[3] if len(kernel) == 4 else 1,)]
    if len(image) < 4:
        np.testing.assert_array_equal(conv.conv2d_loops(x, k), out)


def test_other_ranks():
    assert conv.conv1d(np.ones(9), np.ones(3)).shape == (7,)
    assert conv.conv1d(np.ones((9, 2)), np.ones((3, 2, 5)), strides=2, padding=(1, 0)).shape == (4, 5)
    assert conv.conv1d(np.ones((0, 9, 2)), np.ones((3, 2, 5))).shape == (0, 7, 5)
    assert conv.conv3d(np.ones((5, 6, 7)), np.ones((3, 3, 3))).shape == (3, 4, 5)
    assert conv.conv3d(np.ones((2, 5, 6, 7, 2)), np.ones((3, 3, 3, 2, 4)), padding="same").shape == (2, 5, 6, 7, 4)
    assert conv.conv2d_transpose(np.ones((5, 6)), np.ones((3, 3)), strides=2).shape == (11, 13)
    assert conv.conv2d_transpose(np.ones((0, 5, 6, 2)), np.ones((3, 3, 4, 2)), padding="same").shape == (0, 5, 6, 4)
    assert conv.depthwise_conv2d(np.ones((5, 6)), np.ones((3, 3))).shape == (3, 4)
    assert conv.depthwise_conv2d(np.ones((0, 5, 6, 2)), np.ones((3, 3, 2, 4))).shape == (0, 3, 4, 8)


@pytest.mark.parametrize(
    ("image", "kernel", "bias", "expected"),
    [
        ("uint8", "int64", None, "int64"),
        ("bool", "bool", None, "int64"),
        ("float32", "float32", None, "float32"),
        ("float32", "int64", None, "float32"),
        ("uint8", "float32", None, "float32"),
        ("float32", "float64", None, "float64"),
        ("float16", "float16", None, "float16"),
        ("uint8", "int8", "float32", "float32"),
        ("uint8", "int8", "int8", "int64"),
    ],
)
def test_dtypes(image, kernel, bias, expected):
    x, k = np.ones((4, 4), image), np.ones((3, 3), kernel)
    b = None if bias is None else np.ones(1, bias)
    assert conv.conv2d(x, k, b).dtype == expected
    assert conv.depthwise_conv2d(x, k, b).dtype == expected
    assert conv.conv2d_transpose(x, k, b).dtype == expected
    assert {g.dtype for g in conv.conv2d_backward(x, k, np.ones((2, 2), x.dtype))} == {conv.conv2d(x, k).dtype}
    assert conv.conv2d_loops(x, k).dtype == conv.conv2d(x, k).dtype


def test_whole_numbers_are_exact_beyond_float64():
    big = 2**53 + 1
    np.testing.assert_array_equal(conv.conv2d([[big, 1]], [[1, -1]]), [[2**53]])


def test_half_precision_sums_in_single():
    # float16 stops counting at 2,048: 2,048 + 1 is 2,048
    ones = np.ones((64, 64), np.float16)
    assert conv.conv2d(ones, ones)[0, 0] == 4096
    assert conv.depthwise_conv2d(ones, ones)[0, 0] == 4096


def test_nan_reaches_every_window_that_holds_it():
    picture = np.zeros((5, 5))
    picture[2, 2] = np.nan
    out = conv.conv2d(picture, [[1.0, 0.0]])  # even under the weight zero
    np.testing.assert_array_equal(np.argwhere(np.isnan(out)), [[2, 1], [2, 2]])


def test_arguments_are_checked_once():
    """An image goes through conv, arguments and engine, and back: each function of the package that runs is counted."""
    image, kernel, entered = np.ones((6, 6)), np.ones((3, 3)), []

    def count(frame, event, _):
        if event == "call" and frame.f_code.co_filename.startswith(cnnlab.__path__[0]):
            entered.append(frame.f_code.co_name)

    conv.conv2d(image, kernel)
    sys.setprofile(count)
    try:
        conv.conv2d(image, kernel)
    finally:
        sys.setprofile(None)
    assert len(entered) <= 30, entered


# ── bad input ──

X, K = np.ones((5, 6, 3)), np.ones((3, 3, 3, 2))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: conv.conv2d(np.ones(5), K), ValueError, r"`images` must have shape \(H, W\) or \(H, W, C\) or"),
        (lambda: conv.conv2d(np.ones((1, 1, 5, 6, 3)), K), ValueError, "Received: shape"),
        (lambda: conv.conv2d(X, np.ones(3)), ValueError, "`kernel` must have shape"),
        (lambda: conv.conv2d(X, np.ones((3, 3, 4, 2))), ValueError, "so 3. Received: kernel depth 4"),
        (lambda: conv.conv2d(X, np.ones((3, 3))), ValueError, "depthwise_conv2d"),
        (lambda: conv.conv2d(np.ones((8, 5, 6)), np.ones((3, 3))), ValueError, r"needs images\[..., None\]"),
        (lambda: conv.conv2d(np.ones((5, 6)), np.ones((3, 3, 1, 2))), ValueError, "Received: 2 filters"),
        (lambda: conv.conv2d(X, np.ones((7, 3, 3, 2))), ValueError, "7 does not fit .* padding 'valid'"),
        (lambda: conv.conv2d(X, np.ones((3, 9, 3, 2)), padding=1), ValueError, r"9 does not fit .* padding \(1, 1\)"),
        (lambda: conv.conv2d(X, np.ones((0, 3, 3, 2))), ValueError, "`kernel` must not be empty"),
        (lambda: conv.conv2d(np.ones((0, 6, 3)), K), ValueError, "at least one pixel and one channel"),
        (lambda: conv.conv2d(X, K, strides=0), ValueError, "`strides` must be a whole number >= 1. Received: 0"),
        (lambda: conv.conv2d(X, K, strides=1.5), TypeError, "`strides`"),
        (lambda: conv.conv2d(X, K, strides=(1, 2, 3)), ValueError, "`strides` must be one whole number or 2"),
        (lambda: conv.conv2d(X, K, dilation_rate=-1), ValueError, "`dilation_rate`"),
        (lambda: conv.conv2d(X, K, dilation_rate=3), ValueError, r"dilated by 3: 7"),
        (lambda: conv.conv2d(X, K, padding="full"), ValueError, "`padding` must be one of 'valid', 'same'"),
        (lambda: conv.conv2d(X, K, padding=(1, 1)), ValueError, r"\(\(top, bottom\), \(left, right\)\)"),
        (lambda: conv.conv2d(X, K, padding=-1), ValueError, "`padding`"),
        (lambda: conv.conv2d(X, K, padding=None), TypeError, "`padding`"),
        (lambda: conv.conv2d(X, K, groups=2), ValueError, "`groups` must divide the channels of `images`: 3 / 2"),
        (lambda: conv.conv2d(X, np.ones((3, 3, 1, 4)), groups=3), ValueError, "the filters of `kernel`: 4 / 3"),
        (lambda: conv.conv2d(X, np.ones((3, 3, 3, 3)), groups=3), ValueError, "so 3 / 3 groups = 1. Received"),
        (lambda: conv.conv2d(X, K, groups=0), ValueError, "`groups`"),
        (lambda: conv.conv2d(X, K, bias=[1, 2, 3]), ValueError, "`bias` must hold one number for each filter: 2"),
        (lambda: conv.conv2d(X, K, bias="1"), TypeError, "`bias` must hold real numbers"),
        (lambda: conv.conv2d([["a"]], K), TypeError, "`images` must hold real numbers"),
        (lambda: conv.conv2d([[1, 2], [3]], K), ValueError, "rows of different lengths"),
        (lambda: conv.conv2d(X * 1j, K), TypeError, "complex128"),
        (lambda: conv.conv2d_loops(np.ones((1, 5, 6, 3)), K), ValueError, "`image` must have shape"),
        (lambda: conv.conv1d(np.ones((5, 3)), np.ones((3, 2, 4))), ValueError, "`signals` has 3 channels"),
        (lambda: conv.conv1d(np.ones(5), np.ones((3, 1, 4))), ValueError, r"pass signals\[..., None\]"),
        (lambda: conv.conv1d(np.ones(5), np.ones(6)), ValueError, "`kernel_size` 6 does not fit"),
        (lambda: conv.conv3d(np.ones((5, 5)), np.ones((3, 3, 3))), ValueError, r"`volumes` .* shape \(D, H, W\)"),
        (lambda: conv.conv3d(np.ones((5, 5, 5)), np.ones((3, 3, 3)), padding=((1, 1), (1, 1))), ValueError, "3 pairs"),
        (lambda: conv.depthwise_conv2d(X, np.ones((3, 3, 2, 1))), ValueError, "each of the 3 channels"),
        (lambda: conv.depthwise_conv2d(np.ones((5, 5)), np.ones((3, 3, 1, 2))), ValueError, "no channel axis"),
        (lambda: conv.depthwise_conv2d(X, np.ones((3, 0, 3, 1))), ValueError, "must not be empty"),
        (lambda: conv.conv2d_transpose(X, np.ones((3, 3, 3, 2))), ValueError, "must take the 3 channels"),
        (lambda: conv.conv2d_transpose(np.ones((5, 5)), np.ones((3, 3, 2, 1))), ValueError, "no channel axis"),
        (lambda: conv.conv2d_transpose(X, np.ones((3, 3, 2, 3)), padding="some"), ValueError, "Did you mean 'same'"),
        (lambda: conv.conv2d_transpose(np.ones((1, 1)), np.ones((3, 3)), padding=2), ValueError, "cuts everything off"),
        (lambda: conv.conv2d_backward(X, K, np.ones((3, 4, 3))), ValueError, r"output, \(3, 4, 2\). Received: shape"),
        (lambda: conv.conv2d_backward(X, K, np.ones((1, 3, 4, 2))), ValueError, "`grad_output`"),
        (lambda: conv.pad2d(X, "same"), ValueError, "`padding` must be given in pixels here"),
        (lambda: conv.pad2d(X, 1, mode="mirror"), ValueError, "`mode` must be one of 'zeros', 'reflect', 'edge'"),
        (lambda: conv.pad2d(X, (1, 2)), ValueError, "`padding`"),
        (lambda: conv.pad2d(np.ones((0, 3)), 1, mode="edge"), ValueError, "no pixel to repeat"),
        (lambda: conv.im2col(X, 6), ValueError, "`kernel_size` 6 does not fit"),
        (lambda: conv.im2col(X, (3, 0)), ValueError, "`kernel_size`"),
        (lambda: conv.im2col(np.ones(3), 2), ValueError, "`images`"),
    ],
)  # fmt: skip
def test_errors_name_argument_rule_and_value(call, error, words):
    with pytest.raises(error, match=words):
        call()
