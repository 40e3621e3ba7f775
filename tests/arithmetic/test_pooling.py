"""Pooling by hand, against windows taken one by one, and its gradients. Keras comes in test_parity.py."""

import itertools

import numpy as np
import pytest

from cnnlab import pooling
from cnnlab.arithmetic.shapes import output_size, resolve_padding

REDUCE = {"max": np.max, "average": np.mean, "min": np.min}
PADDINGS = ["valid", "same", 1, ((0, 1), (1, 0))]
CONFIGS = [*itertools.product(pooling.OPS, [2, 3, (2, 3)], [None, 1, (3, 2)], PADDINGS)]


def rng(seed=0):
    return np.random.default_rng(seed)


def windows_of(image, pool_size, strides, padding):
    """Every window of one channel, one by one, clipped to the real pixels: (output index, rows, columns)."""
    size = (pool_size,) * 2 if isinstance(pool_size, int) else pool_size
    step = size if strides is None else (strides,) * 2 if isinstance(strides, int) else strides
    pads = resolve_padding(padding, image.shape, size, step)
    counts = [output_size(*axis) for axis in zip(image.shape, size, step, pads, strict=True)]
    for index in itertools.product(*map(range, counts)):
        starts = [i * s - before for i, s, (before, _) in zip(index, step, pads, strict=True)]
        rows, columns = (slice(max(a, 0), a + k) for a, k in zip(starts, size, strict=True))
        yield index, rows, columns


# ── by hand ──


def test_one_window_by_hand():
    picture = [[1, 5], [3, 7]]
    assert pooling.pool2d(picture, 2) == 7
    assert pooling.pool2d(picture, 2, op="min") == 1
    assert pooling.pool2d(picture, 2, op="average") == 4  # 16 / 4


def test_padding_is_never_seen():
    # 'same' on 3 pixels, windows of 2: (-5 -3) and (-1 padding); a zero would win the maximum and halve the mean
    picture = [[-5, -3, -1]]
    np.testing.assert_array_equal(pooling.pool2d(picture, (1, 2), padding="same"), [[-3, -1]])
    np.testing.assert_array_equal(pooling.pool2d(picture, (1, 2), padding="same", op="average"), [[-4, -1]])
    np.testing.assert_array_equal(pooling.pool2d([[5, 3, 1]], (1, 2), padding="same", op="min"), [[3, 1]])


def test_gradients_by_hand():
    picture = np.array([[1.0, 4.0, 2.0]])
    # two overlapping windows, (1 4) and (4 2), gradients 10 and 100: the 4 wins both
    np.testing.assert_array_equal(pooling.pool2d_backward(picture, [[10, 100]], (1, 2), 1), [[0, 110, 0]])
    np.testing.assert_array_equal(pooling.pool2d_backward(picture, [[10, 100]], (1, 2), 1, op="min"), [[10, 0, 100]])
    np.testing.assert_array_equal(pooling.pool2d_backward(picture, [[10, 100]], (1, 2), 1, op="average"), [[5, 55, 50]])


@pytest.mark.parametrize("op", ["max", "min"])
def test_among_equals_the_first_gets_everything(op):
    np.testing.assert_array_equal(pooling.pool2d_backward(np.ones((2, 2)), [[3]], 2, op=op), [[3, 0], [0, 0]])


@pytest.mark.parametrize(("op", "value"), [("max", -np.inf), ("min", np.inf)])
def test_padding_never_wins_even_against_infinity(op, value):
    grad = pooling.pool2d_backward(np.full((1, 1), value), [[3.0]], 2, padding=((1, 0), (1, 0)), op=op)
    np.testing.assert_array_equal(grad, [[3]])


# ── against windows taken one by one ──


@pytest.mark.parametrize(("op", "pool_size", "strides", "padding"), CONFIGS)
def test_pool2d_is_the_reduction_of_each_window(op, pool_size, strides, padding):
    image = rng().normal(size=(7, 8))
    out = pooling.pool2d(image, pool_size, strides, padding, op)
    indices = set()
    for index, rows, columns in windows_of(image, pool_size, strides, padding):
        assert out[index] == pytest.approx(REDUCE[op](image[rows, columns]))
        indices.add(index)
    assert len(indices) == out.size


@pytest.mark.parametrize(("op", "pool_size", "strides", "padding"), CONFIGS)
def test_backward_is_the_slope(op, pool_size, strides, padding):
    image = rng().permutation(7 * 8 * 2).reshape(7, 8, 2).astype(float)  # no ties
    grad_output = rng(1).normal(size=pooling.pool2d(image, pool_size, strides, padding, op).shape)
    grad = pooling.pool2d_backward(image, grad_output, pool_size, strides, padding, op)
    step = rng(2).uniform(-0.1, 0.1, image.shape)  # too small to change who wins
    moved = pooling.pool2d(image + step, pool_size, strides, padding, op)
    change = ((moved - pooling.pool2d(image, pool_size, strides, padding, op)) * grad_output).sum()
    np.testing.assert_allclose((grad * step).sum(), change)
    np.testing.assert_allclose(grad.sum(), grad_output.sum())  # nothing lost, nothing made


@pytest.mark.parametrize("op", pooling.OPS)
def test_channels_and_pictures_do_not_mix(op):
    images = rng().normal(size=(3, 7, 6, 4))
    out = pooling.pool2d(images, (3, 2), 2, "same", op)
    for n, c in itertools.product(range(3), range(4)):
        np.testing.assert_allclose(out[n, ..., c], pooling.pool2d(images[n, ..., c], (3, 2), 2, "same", op))
    grad = pooling.pool2d_backward(images, out, (3, 2), 2, "same", op)
    alone = pooling.pool2d_backward(images[1, ..., 2], out[1, ..., 2], (3, 2), 2, "same", op)
    np.testing.assert_allclose(grad[1, ..., 2], alone)


# ── global pooling ──


@pytest.mark.parametrize(("op", "shape"), [*itertools.product(pooling.OPS, [(4, 5), (4, 5, 3), (2, 4, 5, 3)])])
def test_global_pool_reduces_height_and_width(op, shape):
    images = rng().normal(size=shape)
    axes = (1, 2) if len(shape) == 4 else (0, 1)
    out = pooling.global_pool(images, op)
    expected = REDUCE[op](images, axis=axes)
    assert out.shape == expected.shape
    np.testing.assert_allclose(out, expected)


# ── dtypes, empty, NaN ──


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int64", "bool", "float16", "float32", "float64"])
def test_dtypes(dtype):
    images = np.array([[0, 1, 1]] * 3).astype(dtype)
    for op in ("max", "min"):
        assert pooling.pool2d(images, 2, padding="same", op=op).dtype == dtype
        assert pooling.global_pool(images, op).dtype == dtype
    np.testing.assert_array_equal(pooling.pool2d(images, 2, padding="same"), np.ones((2, 2)))
    np.testing.assert_array_equal(pooling.pool2d(images, 2, padding="same", op="min"), [[0, 1], [0, 1]])
    floating = dtype if dtype.startswith("float") else "float64"
    assert pooling.pool2d(images, 2, op="average").dtype == floating
    assert pooling.pool2d_backward(images, images[:1, :1], 2, op="average").dtype == floating
    whole = dtype if dtype.startswith("float") else "int64"
    assert pooling.pool2d_backward(images, images[:1, :1], 2).dtype == whole


def test_mean_of_bytes_does_not_overflow():
    assert pooling.pool2d(np.full((2, 2), 255, np.uint8), 2, op="average") == 255


def test_no_pictures():
    images = np.ones((0, 6, 6, 3))
    assert pooling.pool2d(images, 2).shape == (0, 3, 3, 3)
    assert pooling.pool2d_backward(images, np.ones((0, 3, 3, 3)), 2).shape == images.shape
    assert pooling.global_pool(images).shape == (0, 3)


@pytest.mark.parametrize("op", pooling.OPS)
def test_nan_reaches_every_window_that_holds_it(op):
    image = np.zeros((4, 4))
    image[1, 2] = np.nan
    np.testing.assert_array_equal(np.isnan(pooling.pool2d(image, 2, op=op)), [[False, True], [False, False]])
    if op != "average":
        grad = pooling.pool2d_backward(image, np.ones((2, 2)), 2, op=op)
        assert grad[1, 2] == 1


def test_arguments_are_left_as_they_were():
    image = np.array([[1.0, 2.0], [3.0, 4.0]])
    pooling.pool2d(image, 1)[:] = 9
    pooling.pool2d(image, 1, op="average")[:] = 9
    pooling.pool2d_backward(image, image, 1)[:] = 9
    np.testing.assert_array_equal(image, [[1, 2], [3, 4]])


X = np.ones((5, 6, 3))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: pooling.pool2d(np.ones(5), 2), ValueError, r"`images` must have shape \(H, W\)"),
        (lambda: pooling.pool2d(X, 6), ValueError, "^`pool_size` 6 does not fit an input of 5 with padding 'valid'"),
        (lambda: pooling.pool2d(X, 0), ValueError, "`pool_size` must be a whole number >= 1"),
        (lambda: pooling.pool2d(X, 2.0), TypeError, "`pool_size`"),
        (lambda: pooling.pool2d(X, (2, 2, 2)), ValueError, "`pool_size`"),
        (lambda: pooling.pool2d(X, 2, 0), ValueError, "`strides`"),
        (lambda: pooling.pool2d(X, 2, padding="sane"), ValueError, "Did you mean 'same'"),
        (lambda: pooling.pool2d(X, 2, padding=2), ValueError, "`padding` must be smaller than `pool_size` 2"),
        (lambda: pooling.pool2d(X, 2, padding=((0, 0), (0, 2))), ValueError, "no pixel at all"),
        (lambda: pooling.pool2d(X, 2, op="mean"), ValueError, "`op` must be one of 'max', 'average', 'min'"),
        (lambda: pooling.pool2d(np.ones((0, 6, 3)), 2), ValueError, "at least one pixel"),
        (lambda: pooling.pool2d_backward(X, np.ones((2, 2, 3)), 2), ValueError, r"output, \(2, 3, 3\). Received"),
        (lambda: pooling.global_pool(X, "sum"), ValueError, "`op`"),
        (lambda: pooling.global_pool(np.ones(3)), ValueError, "`images`"),
    ],
)
def test_errors_name_argument_rule_and_value(call, error, words):
    with pytest.raises(error, match=words):
        call()
